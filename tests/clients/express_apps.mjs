// An application and an API on Express, with Auth0's own middleware as it comes: an ID token by form_post, and bearer tokens.
import { readFileSync } from "node:fs";
import express from "express";
import oidc from "express-openid-connect";
import { auth as bearer, claimIncludes, requiredScopes } from "express-oauth2-jwt-bearer";
import { screen, submit, totp, visitor } from "./visitor.mjs";

const [demo, admin] = [2, 3].map((at) => JSON.parse(readFileSync(process.argv[at], "utf8")));
const issuer = demo.issuer;
const MULTI_FACTOR = "http://schemas.openid.net/pape/policies/2007/06/multi-factor";
const said = {};

const sent = async (path, body, token) => {
  const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await fetch(issuer + path, { method: "POST", headers, body: JSON.stringify(body) });
  return answer.json();
};
const { client_id, client_secret, audience } = admin;
const manager = (await sent("oauth/token", { grant_type: "client_credentials", client_id, client_secret, audience })).access_token;

// The application: nothing is said but who it is.
const app = express();
const server = app.listen(0);
const base = `http://localhost:${server.address().port}`;
const client = await sent("api/v2/clients", { name: "Express", callbacks: [`${base}/callback`], grant_types: ["implicit"] }, manager);
app.use(
  oidc.auth({ issuerBaseURL: issuer, baseURL: base, clientID: client.client_id, secret: "a long and random secret of the application", authRequired: false }),
);
const claims = (request, response) => response.json(request.oidc.idTokenClaims);
app.get("/profile", oidc.requiresAuth(), claims);
app.get("/transfer", oidc.claimIncludes("amr", "mfa"), claims);
app.get("/step-up", (_, response) => response.oidc.login({ returnTo: "/transfer", authorizationParams: { acr_values: MULTI_FACTOR } }));
app.use((error, _request, response, _next) => response.status(error.status ?? 500).json({ error: error.error ?? error.message }));

// The API.
const api = express();
const backend = api.listen(0);
const ours = `http://localhost:${backend.address().port}`;
api.use(bearer({ issuerBaseURL: issuer, audience: demo.api }));
api.get("/accounts", requiredScopes("read:accounts"), (_, response) => response.json({}));
api.get("/transfer", claimIncludes("amr", "mfa"), (_, response) => response.json({}));
api.use((error, _request, response, _next) => response.status(error.status ?? 500).json({ error: error.code }));
const called = async (path, token) => (await fetch(ours + path, { headers: token ? { authorization: `Bearer ${token}` } : {} })).status;

const visit = visitor("nowhere:");
const answered = async (page) => {
  said.screen ??= screen(page);
  return JSON.parse((await submit(page, {})).html);
};

// The code of another application, by the session that the browser has: what its token says is what was proven.
const back = `${base}/code`;
const other = await sent("api/v2/clients", { name: "Caller", callbacks: [back] }, manager);
async function token() {
  const asked = { client_id: other.client_id, redirect_uri: back, response_type: "code", scope: "openid read:accounts", audience: demo.api, prompt: "none" };
  const { url } = await visitor(back)(`${issuer}authorize?${new URLSearchParams(asked)}`);
  const code = new URL(url).searchParams.get("code");
  const named = { client_id: other.client_id, client_secret: other.client_secret, redirect_uri: back };
  return (await sent("oauth/token", { grant_type: "authorization_code", code, ...named })).access_token;
}

let page = await visit(`${base}/profile`);
page = await submit(await submit(page, { username: demo.email }), { password: demo.password });
said.first = await answered(page);
// Whoever lacks the claim is sent to log in, and comes back with no more than before.
said.refused = screen(await visit(`${base}/transfer`));
const weak = await token();
said.weak = [await called("/accounts"), await called("/accounts", weak), await called("/transfer", weak), await called("/accounts", client.client_id)];

page = await visit(`${base}/step-up`);
if (screen(page) === "mfa-begin-enroll-options") page = await submit(page, { action: "totp" });
page = await submit(page, { code: totp(/secret=([A-Z2-7]+)/.exec(page.html)[1]) });
if (screen(page) === "mfa-recovery-code-enrollment") page = await submit(page, { action: "saved" });
said.stepped = await answered(page);
said.strong = await called("/transfer", await token());
console.log(JSON.stringify(said));
process.exit(0);
