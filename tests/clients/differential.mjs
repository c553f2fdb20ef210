// Facts of the protocol, asked of one server after another: what a relying party may expect, whoever wrote the server.
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import * as oidc from "openid-client";
import { jar, submit, visitor } from "./visitor.mjs";

const site = JSON.parse(readFileSync(process.argv[2], "utf8"));
const config = await oidc.discovery(new URL(site.issuer), site.client_id, site.client_secret, undefined, { execute: [oidc.allowInsecureRequests] });
const metadata = config.serverMetadata();
const visit = visitor(site.callback);
const name = () => randomBytes(32).toString("base64url");
const digest = (text) => createHash("sha256").update(text).digest("base64url");
const basic = `Basic ${Buffer.from(`${site.client_id}:${site.client_secret}`).toString("base64")}`;
const refused = (promise) => promise.then(() => "accepted", (error) => error.error ?? error.code ?? String(error));

// One request to /authorize; extra parameters come as they are, an array as the same name twice, null takes one away.
function request(more = {}) {
  const verifier = name();
  const fields = { client_id: site.client_id, redirect_uri: site.callback, response_type: "code", scope: "openid profile email offline_access", prompt: "consent",
    state: name(), nonce: name(), code_challenge: digest(verifier), code_challenge_method: "S256", ...more };
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(fields)) for (const one of [value].flat()) if (one !== null) query.append(key, one);
  return { verifier, fields, url: `${metadata.authorization_endpoint}?${query}`, query };
}

// Whatever pages the server has, until it leads back: ours has a form for the name, the password, and what is asked for; the peer has none.
async function through(page) {
  const fields = { username: { username: site.email }, password: { password: site.password } };
  for (let pages = 0; pages < 5 && !page.url.startsWith(site.callback); pages++) {
    page = await submit(page, fields[/<input[^>]*name="(username|password)"(?![^>]*hidden)/.exec(page.html)?.[1]] ?? { action: "accept" });
  }
  return page;
}

const answer = (page) => (page.url.startsWith(site.callback) ? Object.fromEntries(new URL(page.url).searchParams) : { stopped: true });
const error = async (more) => answer(await visit(request(more).url)).error ?? "none";
const stops = async (more) => Boolean(answer(await visit(request(more).url)).stopped);

async function login(more = {}) {
  const asked = request(more);
  const page = await through(await visit(asked.url));
  return { ...asked, page, ...answer(page) };
}

const redeem = (done, more = {}) => oidc.authorizationCodeGrant(config, new URL(done.page.url), {
  pkceCodeVerifier: done.verifier, expectedState: done.fields.state, expectedNonce: done.fields.nonce, idTokenExpected: true, ...more });

async function token(fields, authorization = basic) {
  const response = await fetch(metadata.token_endpoint, { method: "POST", body: new URLSearchParams(fields), headers: { authorization } });
  const { error: said = "none" } = await response.json();
  // Auth0 says 403 where the RFC says 400.
  return [said === "invalid_grant" ? one(response.status) : response.status, said, response.headers.get("cache-control")?.includes("no-store") ?? false];
}

const code = (done, more = {}) => ({ grant_type: "authorization_code", code: done.code, redirect_uri: site.callback, code_verifier: done.verifier, ...more });
const one = (status) => Math.floor(status / 100);
const silent = { prompt: "none", scope: "openid" };
const essential = (value) => JSON.stringify({ id_token: { acr: { essential: true, value } } });

const facts = {
  "the metadata names what was discovered": () => [metadata.issuer === site.issuer, metadata.code_challenge_methods_supported.includes("S256"),
    metadata.authorization_response_iss_parameter_supported],
  "nobody is logged in yet, and prompt=none says so": () => error(silent),
  "an unregistered redirect_uri is led to nowhere": () => stops({ redirect_uri: `${site.callback}/elsewhere` }),
  "a redirect_uri with another query is another": () => stops({ redirect_uri: `${site.callback}?more=1` }),
  "an unknown client is led to nowhere": () => stops({ client_id: "nobody-knows-it" }),
  "an unknown response_type": () => error({ response_type: "nonsense" }),
  "an unknown response_mode is led to nowhere or refused": async () => { const said = answer(await visit(request({ response_mode: "nonsense" }).url)); return Boolean(said.stopped || said.error); },
  "none beside another prompt": () => error({ prompt: "none login" }),
  "a parameter twice": async () => { const said = answer(await visit(request({ scope: ["openid", "openid email"] }).url)); return Boolean(said.stopped || said.error === "invalid_request"); },
  "a method of PKCE that hides nothing": () => error({ code_challenge_method: "plain", code_challenge: name() + name() }),
  "a challenge that is none": () => error({ code_challenge: "short" }),
  "a negative max_age": () => error({ max_age: "-1" }),
  "request objects are not spoken": () => error({ request: "e30.e30." }),
  "nor by reference": () => error({ request_uri: "https://elsewhere.example/request" }),
  "a malformed claims parameter": () => error({ claims: "{" }),
  "a login gives tokens that the certified client accepts": async () => {
    const done = await login();
    const tokens = await redeem(done);
    const said = tokens.claims();
    site.sub = said.sub;
    return [done.iss === site.issuer, done.state === done.fields.state, said.aud === site.client_id, tokens.token_type, typeof tokens.refresh_token];
  },
  "the session is known at once, also by POST": async () => {
    const asked = request(silent);
    const page = await visit(metadata.authorization_endpoint, asked.query.toString());
    return [typeof answer(page).code, (await redeem({ ...asked, page })).claims().sub === site.sub];
  },
  "prompt=none and max_age=0 contradict each other": () => error({ ...silent, max_age: "0" }),
  "auth_time is told where max_age is asked": async () => typeof (await redeem(await login({ ...silent, max_age: "600" }), { maxAge: 600 })).claims().auth_time,
  "a code is good once, and a second time ends what it gave": async () => {
    const done = await login();
    const tokens = await redeem(done);
    const again = await token(code(done));
    return [again, await refused(oidc.refreshTokenGrant(config, tokens.refresh_token))];
  },
  "a code wants its verifier": async () => [await token(code(await login(), { code_verifier: name() + name() })), await token({ ...code(await login()), code_verifier: "" })],
  "a code wants the redirect_uri that it was asked with": async () => token(code(await login(), { redirect_uri: `${site.callback}/elsewhere` })),
  "a code wants the client that it was given to": async () => token(code(await login()), `Basic ${Buffer.from("nobody-knows-it:secret").toString("base64")}`),
  "a wrong secret": async () => (await token(code(await login()), `Basic ${Buffer.from(`${site.client_id}:wrong`).toString("base64")}`)).slice(0, 2),
  "an unknown grant": async () => (await token({ grant_type: "nonsense" })).slice(0, 2),
  "a refresh token is exchanged for a new one, and the old one ends them all": async () => {
    const first = (await redeem(await login())).refresh_token;
    const second = (await oidc.refreshTokenGrant(config, first)).refresh_token;
    return [first !== second, await refused(oidc.refreshTokenGrant(config, first)), await refused(oidc.refreshTokenGrant(config, second))];
  },
  "a refresh narrows, and never widens": async () => {
    const tokens = await redeem(await login({ scope: "openid offline_access" }));
    // Refused by the RFC; Auth0 gives what was had, and says so.
    const renewed = await oidc.refreshTokenGrant(config, tokens.refresh_token, { scope: "openid email offline_access" }).catch((failure) => ({ scope: failure.error }));
    return ["invalid_scope", "openid offline_access"].includes(renewed.scope);
  },
  "what was revoked renews nothing": async () => {
    const tokens = await redeem(await login());
    await oidc.tokenRevocation(config, tokens.refresh_token);
    return refused(oidc.refreshTokenGrant(config, tokens.refresh_token));
  },
  "userinfo is its owner's, and nobody's without a token": async () => {
    const tokens = await redeem(await login());
    const said = await oidc.fetchUserInfo(config, tokens.access_token, site.sub);
    const bare = await fetch(metadata.userinfo_endpoint);
    const wrong = await fetch(metadata.userinfo_endpoint, { headers: { authorization: "Bearer nonsense" } });
    return [said.sub === site.sub, one(bare.status), wrong.status, wrong.headers.get("www-authenticate").includes("invalid_token")];
  },
  "an acr that nobody has, asked for as a wish, hinders no login": async () => {
    const said = (await redeem(await login({ scope: "openid", acr_values: "urn:nobody:has" }))).claims();
    return said.acr !== "urn:nobody:has";
  },
  "an acr that nobody has, as essential, is never answered with tokens": async () => {
    const said = answer(await visit(request({ ...silent, claims: essential("urn:nobody:has") }).url));
    return ["unmet_authentication_requirements", "login_required"].includes(said.error);
  },
  "an acr that the session has not, as essential, is no silent matter": async () => {
    const said = answer(await visit(request({ ...silent, claims: essential(site.stronger) }).url));
    return Boolean(said.error) && !said.code;
  },
  "whoever has no cookie is nobody": async () => { jar.clear(); return error(silent); },
};

const said = {};
for (const [fact, ask] of Object.entries(facts)) said[fact] = await Promise.resolve().then(ask).catch((failure) => `failed: ${failure.error ?? failure.code ?? failure}`);
console.log(JSON.stringify(said));
