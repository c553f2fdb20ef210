// The bank's API on Express, its tokens checked by express-jwt and jwks-rsa: what a guard does, written out.
import express from "express";
import { expressjwt } from "express-jwt";
import jwksRsa from "jwks-rsa";
import { account, amountOf, CLIENTS, LARGE, MULTI_FACTOR, statement, THIRTY_DAYS, transfer, TRANSFERS } from "../shared/bank.mjs";

const { YETT_ISSUER, YETT_AUDIENCE, YETT_CLIENT_ID, YETT_CLIENT_SECRET, PORT = "3001" } = process.env;

const authenticate = [
  expressjwt({
    secret: jwksRsa.expressJwtSecret({
      jwksUri: `${YETT_ISSUER}.well-known/jwks.json`,
      cache: true,
      rateLimit: true,
      // No such key: no good token. No answer: nobody can say, and a client must not take that for the end of its session.
      handleSigningKeyError: (fault, next) => next(fault.name === "SigningKeyNotFoundError" ? null : unavailable()),
    }),
    issuer: YETT_ISSUER,
    audience: YETT_AUDIENCE,
    algorithms: ["RS256"],
  }),
  // An ID token comes from the same issuer and bears the same typ: it has a nonce, and no client_id.
  ({ auth }, _, next) => next(auth?.client_id && !auth.nonce && CLIENTS.includes(auth.client_id) ? undefined : refusal(401, "invalid_token")),
];

/** Whether the token is good for this: its scope, a second factor, and how old that may be. */
function need(auth, scope, maxAge) {
  if (!auth.scope?.split(" ").includes(scope)) throw refusal(403, "insufficient_scope", { scope });
  const fresh = maxAge === undefined || Date.now() / 1000 - auth.auth_time <= maxAge;
  if (!auth.amr?.includes("mfa") || !fresh) {
    throw refusal(401, "insufficient_user_authentication", { acr_values: MULTI_FACTOR, ...(maxAge !== undefined && { max_age: maxAge }) });
  }
}

/** Spend a token that is good for one use: whoever asks first hears yes. What cannot be asked is refused. */
async function consume(authorization) {
  const answer = await fetch(`${YETT_ISSUER}oauth/introspect`, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(`${YETT_CLIENT_ID}:${YETT_CLIENT_SECRET}`).toString("base64")}` },
    body: new URLSearchParams({ token: authorization.split(" ")[1], consume: "true" }),
    signal: AbortSignal.timeout(5000),
  }).catch(() => undefined);
  if (!answer?.ok) throw unavailable();
  if (!(await answer.json()).active) throw refusal(401, "insufficient_user_authentication", { acr_values: MULTI_FACTOR });
}

function refusal(status, error, more = {}) {
  return Object.assign(new Error(error), { status, error, more });
}

const unavailable = () => refusal(503, "temporarily_unavailable");

const app = express();
app.use(express.json());
app.use("/api", authenticate);

app.get("/api/account", ({ auth }, response) => {
  if (!auth.scope?.split(" ").includes("read:accounts")) throw refusal(403, "insufficient_scope", { scope: "read:accounts" });
  response.json(account(auth.sub));
});

app.get("/api/statement", ({ auth }, response) => {
  need(auth, "read:statements", THIRTY_DAYS);
  response.json(statement(auth.sub));
});

app.post("/api/transfers", async ({ auth, body, headers }, response) => {
  const amount = amountOf(body);
  if (amount === undefined) return response.status(400).json({ error: "no_order" });
  if (amount < LARGE) {
    need(auth, "transfer:funds", TRANSFERS);
  } else {
    need(auth, "transfer:large");
    await consume(headers.authorization);
  }
  const done = transfer(auth.sub, body);
  response.status(done ? 201 : 403).json(done ?? { error: "not_your_account" });
});

app.use((fault, _, response, __) => {
  const { status = 500, more = {} } = fault;
  const usual = status === 401 ? "invalid_token" : status < 500 ? "no_order" : "server_error";
  const error = fault.code === "credentials_required" ? undefined : (fault.error ?? usual);
  const said = Object.entries({ ...(error && { error }), ...more }).map(([name, value]) => `${name}="${value}"`);
  if (status === 401 || status === 403) response.set("www-authenticate", `Bearer ${said.join(", ")}`.trim());
  response.status(status).json({ error: error ?? "unauthorized", ...more, ...(error === "insufficient_user_authentication" && { code: "mfa_required" }) });
});

app.listen(Number(PORT), "127.0.0.1", () => console.log(`listening on ${PORT}`));
