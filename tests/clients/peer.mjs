// npm's `oidc-provider`, certified by the OpenID Foundation: whoever comes is logged in as the demo user, without a page.
import { createServer } from "node:http";
import Provider from "oidc-provider";

const [port, client_id, client_secret, callback, api] = process.argv.slice(2);
// With an API, its access tokens are JWTs for that one.
const jwt = { accessTokenFormat: "jwt", jwt: { sign: { alg: "RS256" } }, audience: api };
const scope = "read:things";
const resourceIndicators = { enabled: Boolean(api), getResourceServerInfo: () => ({ scope, ...jwt }), useGrantedResource: () => true };
const issuer = `http://localhost:${port}`;
const provider = new Provider(issuer, {
  clients: [{ client_id, client_secret, redirect_uris: [callback], grant_types: ["authorization_code", "refresh_token"], response_types: ["code"] }],
  acrValues: ["urn:stronger"],
  claims: { openid: ["sub", "acr", "auth_time"], email: ["email"], profile: ["name"] },
  features: { devInteractions: { enabled: false }, revocation: { enabled: true }, claimsParameter: { enabled: true }, resourceIndicators },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: "demo@example.com" }) }),
  pkce: { required: () => true },
  rotateRefreshToken: () => true,
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  cookies: { keys: ["peer"], long: { signed: true, sameSite: "none" }, short: { signed: true } },
  enableHttpPostMethods: true,
});

const answer = provider.callback();
createServer(async (request, response) => {
  if (!request.url.startsWith("/interaction/")) return answer(request, response);
  const { prompt, params, session } = await provider.interactionDetails(request, response);
  const result = { login: { accountId: "demo" } };
  if (prompt.name === "consent") {
    const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
    grant.addOIDCScope("openid profile email offline_access");
    if (api) grant.addResourceScope(api, scope);
    result.consent = { grantId: await grant.save() };
    delete result.login;
  }
  return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
}).listen(Number(port), () => console.log("ready"));
