// Auth0's MyAccountApiClient (spa-js), unmodified, with the token of a login in a browser without script.
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { MyAccountApiClient, MyAccountApiError } from "@auth0/auth0-spa-js/dist/auth0-spa-js.production.esm.js";
import { submit, totp, visitor } from "./visitor.mjs";

const demo = JSON.parse(readFileSync(process.argv[2], "utf8"));
const callback = new URL("demo/callback", demo.issuer).href;
const audience = `${demo.issuer}me/`;
const verbs = ["create", "read", "update", "delete"].map((verb) => `${verb}:me:authentication_methods`);
const visit = visitor(callback);
const said = { requests: [] };

async function token(more, browse) {
  const verifier = randomBytes(32).toString("base64url");
  const url = new URL("authorize", demo.issuer);
  url.search = new URLSearchParams({
    response_type: "code",
    client_id: demo.client_id,
    redirect_uri: callback,
    scope: ["openid", "read:me:factors", ...verbs].join(" "),
    audience,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
    ...more,
  });
  const page = await browse(await visit(url.href));
  const body = new URLSearchParams({
    grant_type: "authorization_code",
    client_id: demo.client_id,
    client_secret: demo.client_secret,
    code: new URL(page.url).searchParams.get("code"),
    redirect_uri: callback,
    code_verifier: verifier,
  });
  const answer = await fetch(new URL("oauth/token", demo.issuer), { method: "POST", body });
  return (await answer.json()).access_token;
}

// What spa-js's own fetcher does: it adds the token, and leaves everything else alone.
function client(bearer) {
  const fetchWithAuth = async (url, init, { scope }) => {
    const answer = await fetch(url, { ...init, headers: { ...init.headers, authorization: `Bearer ${bearer}` } });
    said.requests.push([init.method, answer.status, scope.join(" ")]);
    return answer;
  };
  return new MyAccountApiClient({ fetchWithAuth }, audience);
}

const refused = (promise) => promise.then(() => "accepted", (error) => (error instanceof MyAccountApiError ? [error.status, error.type, error.validation_errors?.[0].field] : String(error)));

const login = async (page) => submit(await submit(page, { username: demo.email }), { password: demo.password });
const first = client(await token({}, login));
said.factors = (await first.getFactors()).map((one) => one.type);
said.none = await first.getAuthenticationMethods();
const begun = await first.enrollmentChallenge({ type: "totp" });
said.begun = Object.keys(begun).sort();
said.wrong = await refused(first.enrollmentVerify({ type: "totp", location: begun.location, auth_session: begun.auth_session, otp_code: "000000x" }));
const done = await first.enrollmentVerify({ type: "totp", location: begun.location, auth_session: begun.auth_session, otp_code: totp(begun.manual_input_code, -1) });
said.done = [done.type, done.confirmed, done.id === begun.id];
said.stale = await refused(first.deleteAuthenticationMethod(done.id));

const strong = client(await token({}, async (page) => submit(await submit(page, { code: totp(begun.manual_input_code) }), { action: "saved" })));
said.listed = (await strong.getAuthenticationMethods("totp")).map((one) => one.id === done.id);
said.one = (await strong.getAuthenticationMethod(done.id)).type;
said.renamed = (await strong.updateAuthenticationMethod(done.id, { name: "Work phone" })).name;
const sheet = await strong.enrollmentChallenge({ type: "recovery-code" });
said.codes = sheet.recovery_code.length;
said.saved = (await strong.enrollmentVerify({ type: "recovery-code", location: sheet.location, auth_session: sheet.auth_session })).type;
said.bad = await refused(strong.enrollmentChallenge({ type: "email", email: "nobody" }));
said.foreign = await refused(strong.getAuthenticationMethod("totp|dev_other"));
said.removed = (await strong.deleteAuthenticationMethod(done.id)) ?? null;
console.log(JSON.stringify(said));
