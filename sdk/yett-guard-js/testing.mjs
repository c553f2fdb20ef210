// For an application's own tests: an issuer without a server. It loads where node's test runner runs, or YETT_GUARD_TESTING=1 says so.
import { CompactSign, exportJWK, generateKeyPair } from "jose";
import { createGuard } from "./index.mjs";

if (!process.env.NODE_TEST_CONTEXT && process.env.YETT_GUARD_TESTING !== "1") {
  throw new Error("yett-guard/testing mints tokens: it is for tests, where node --test runs or YETT_GUARD_TESTING=1 is set");
}

/** An authorization server in memory: `settings` are for `createGuard`. With `down` it cannot be reached. */
export async function createIssuer({ issuer = "https://issuer.test/", audience = "https://api.test/", clock = () => Date.now() / 1000 } = {}) {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: crypto.randomUUID(), alg: "ES256", use: "sig" };
  const consumed = new Set();
  const secret = crypto.randomUUID();
  const spoken = (value) => new TextEncoder().encode(JSON.stringify(value));
  const double = {
    down: false,
    asked: 0,
    jwk,
    web: {
      async get(url) {
        if (double.down) throw new Error("down");
        if (!url.endsWith("openid-configuration")) return spoken({ keys: [jwk] });
        double.asked += 1;
        return spoken({ issuer, jwks_uri: `${issuer}keys`, introspection_endpoint: `${issuer}introspect` });
      },
      async post(_, { token, consume }, [id, said]) {
        if (double.down || id !== "api" || said !== secret) throw new Error("down");
        const active = !consumed.has(token);
        if (consume === "true") consumed.add(token);
        return spoken({ active });
      },
    },
    /** Any JWS of this issuer. */
    async signed(claims, header = {}) {
      const text = typeof claims === "string" ? claims : JSON.stringify(claims);
      return new CompactSign(new TextEncoder().encode(text)).setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid: jwk.kid, ...header }).sign(privateKey);
    },
    /** What `token` says. */
    claims(changes = {}) {
      const now = Math.floor(clock());
      const who = { iss: issuer, sub: "auth0|somebody", aud: audience, client_id: "application", jti: crypto.randomUUID() };
      return { ...who, iat: now, exp: now + 600, scope: "", auth_time: now, amr: ["pwd"], ...changes };
    },
    /** An access token of somebody who has just logged in with a password; `claims` replace or add, undefined takes away. */
    token: (claims) => double.signed(double.claims(claims)),
    guard: (options = {}) => createGuard({ ...double.settings, ...options }),
  };
  double.settings = { issuer, audience, clientId: "api", clientSecret: secret, web: double.web, clock };
  return double;
}
