import { AccessTokenError } from "@auth0/nextjs-auth0/errors";
import { type NextRequest, NextResponse } from "next/server";
import { transferOf } from "../../../../shared/assurance";
import { audience, auth0 } from "@/lib/auth0";

const API = process.env.API ?? "http://127.0.0.1:3001";
const HOME = new URL(process.env.APP_BASE_URL ?? "https://localhost:3000").origin;
const READS = new Map([["account", "read:accounts"], ["statement", "read:statements"]]);

/** Passes a call on to the API with the session's token for it. The browser never sees the token; the API is who judges it. */
async function pass(request: NextRequest, { params }: { params: Promise<{ path: string[] }> }) {
  const path = (await params).path.join("/");
  const body = request.method === "POST" ? await request.text() : undefined;
  // The session's cookie may come along with what a page of somebody else sends.
  if (body !== undefined && request.headers.get("origin") !== HOME) return NextResponse.json({ error: "cross_site" }, { status: 403 });
  const scope = body === undefined ? READS.get(path) : path === "transfers" ? transferOf(amountOf(body)).scope : undefined;
  if (!scope) return NextResponse.json({ error: "not_found" }, { status: 404 });
  const token = await tokenFor(scope);
  if (!token) return NextResponse.json({ code: "token_required" }, { status: 401 });
  const answer = await fetch(`${API}/api/${path}`, {
    method: request.method,
    body,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    cache: "no-store",
  });
  const headers = new Headers({ "content-type": "application/json" });
  const challenge = answer.headers.get("www-authenticate");
  if (challenge) headers.set("www-authenticate", challenge);
  return new NextResponse(await answer.text(), { status: answer.status, headers });
}

/** What an order is about: 0 if it is none, which the API will say. */
function amountOf(body: string): number {
  try {
    return Number(JSON.parse(body)?.amount) || 0;
  } catch {
    return 0;
  }
}

/** What the session holds for a scope, if it holds anything. */
async function tokenFor(scope: string): Promise<string | undefined> {
  try {
    return (await auth0.getAccessToken({ audience, scope, mergeScopes: false })).token;
  } catch (error) {
    if (error instanceof AccessTokenError) return undefined;
    throw error;
  }
}

export { pass as GET, pass as POST };
