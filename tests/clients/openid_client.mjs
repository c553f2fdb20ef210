// A relying party on npm's certified openid-client: every response is validated by it, not by us.
import { readFileSync } from "node:fs";
import * as oidc from "openid-client";
import { jar, screen, submit, totp, unescape, visitor } from "./visitor.mjs";

const demo = JSON.parse(readFileSync(process.argv[2], "utf8"));
const issuer = new URL(demo.issuer);
const callback = new URL("demo/callback", issuer).href;
const MULTI_FACTOR = "http://schemas.openid.net/pape/policies/2007/06/multi-factor";
const said = {};
const visit = visitor(callback);

async function authorize(config, parameters, browse) {
  const verifier = oidc.randomPKCECodeVerifier();
  const state = oidc.randomState();
  const nonce = oidc.randomNonce();
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: callback,
    scope: "openid profile email offline_access",
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
    ...parameters,
  });
  const page = await browse(await visit(url.href));
  const maxAge = parameters.max_age === undefined ? undefined : Number(parameters.max_age);
  return oidc.authorizationCodeGrant(config, new URL(page.url), { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, maxAge, idTokenExpected: true });
}

const refused = (promise) => promise.then(() => "accepted", (error) => error.error ?? error.code ?? String(error));

const config = await oidc.discovery(issuer, demo.client_id, demo.client_secret);
said.issuer = config.serverMetadata().issuer;

const first = await authorize(config, {}, async (page) => submit(await submit(page, { username: demo.email }), { password: demo.password }));
said.first = first.claims();

// Essential, and it can be met: the authenticator is enrolled on the way.
let secret = "";
const essential = JSON.stringify({ id_token: { acr: { essential: true, value: MULTI_FACTOR } } });
const stepped = await authorize(config, { claims: essential }, async (page) => {
  if (screen(page) === "mfa-begin-enroll-options") page = await submit(page, { action: "totp" });
  said.enrolling = screen(page);
  secret = /secret=([A-Z2-7]+)/.exec(page.html)[1];
  page = await submit(page, { code: totp(secret) });
  return screen(page) === "mfa-recovery-code-enrollment" ? submit(page, { action: "saved" }) : page;
});
said.stepped = stepped.claims();

const userinfo = await oidc.fetchUserInfo(config, stepped.access_token, said.stepped.sub);
said.userinfo = userinfo.email;

const refreshed = await oidc.refreshTokenGrant(config, stepped.refresh_token);
said.refreshed = refreshed.claims();

// Asked at once again: the session suffices; asked with max_age=0 it does not.
said.again = (await authorize(config, { acr_values: MULTI_FACTOR, max_age: "600" }, async (page) => page)).claims();

// Essential, and nothing here can meet it.
const unmet = JSON.stringify({ id_token: { acr: { essential: true, value: "phrh" } } });
said.unmet = await refused(authorize(config, { claims: unmet }, async (page) => page));
said.none = await refused(authorize(config, { prompt: "none", acr_values: MULTI_FACTOR, max_age: "0" }, async (page) => page));

await oidc.tokenRevocation(config, refreshed.refresh_token);
said.revoked = await refused(oidc.refreshTokenGrant(config, refreshed.refresh_token));
console.log(JSON.stringify(said));
