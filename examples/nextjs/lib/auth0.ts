import { Auth0Client } from "@auth0/nextjs-auth0/server";

export const audience = process.env.AUTH0_AUDIENCE!;

export const auth0 = new Auth0Client({
  // A domain on this machine has a port, which the SDK takes only so; TLS stays.
  allowInsecureRequests: process.env.AUTH0_DOMAIN?.startsWith("https://localhost"),
  authorizationParameters: { audience, scope: "openid profile email read:accounts" },
});
