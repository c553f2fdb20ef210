// An application on npm's @auth0/auth0-auth-js, as it is: what its MFA client lists, enrolls, challenges, verifies and deletes.
import { readFileSync } from "node:fs";
import { AuthClient } from "@auth0/auth0-auth-js";
import { totp } from "./visitor.mjs";

const demo = JSON.parse(readFileSync(process.argv[2], "utf8"));
const NUMBER = "+4917612345678";
const said = {};
const client = new AuthClient({ domain: demo.domain, clientId: demo.client_id, clientSecret: demo.client_secret });
const { mfa } = client;

// The password is the application's own to send: the SDK has no call for it.
async function login(audience, scope) {
  const response = await fetch(`${demo.issuer}oauth/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      grant_type: "http://auth0.com/oauth/grant-type/password-realm",
      realm: demo.connection,
      client_id: demo.client_id,
      client_secret: demo.client_secret,
      username: demo.email,
      password: demo.password,
      audience,
      scope,
    }),
  });
  const answer = await response.json();
  return { status: response.status, ...answer };
}

const stepUp = async () => (await login(demo.api, "openid offline_access transfer:funds")).mfa_token;
const claims = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
const sent = async () => (await (await fetch(`${demo.issuer}dev/outbox.json`)).json()).find((one) => one.data?.code);
const refused = (promise) => promise.then(() => "accepted", (error) => [error.cause?.error ?? error.code, error.message]);

// Nobody has a factor yet: it is enrolled, and completes the login.
const first = await login(demo.api, "openid offline_access transfer:funds");
said.first = [first.status, first.error, Object.keys(first.mfa_requirements)];
const app = await mfa.enrollAuthenticator({ authenticatorTypes: ["otp"], mfaToken: first.mfa_token });
said.codes = app.recoveryCodes.length;
said.coming = await mfa.listAuthenticators({ mfaToken: first.mfa_token });
said.wrong = await refused(mfa.verify({ factorType: "otp", otp: "12345", mfaToken: first.mfa_token }));
const tokens = await mfa.verify({ factorType: "otp", otp: totp(app.secret), mfaToken: first.mfa_token });
said.otp = claims(tokens.accessToken).amr;
said.refreshes = Boolean(tokens.refreshToken);

// A recovery code gives a token for the MFA API, and another code in its place.
const own = await login(`${demo.issuer}mfa/`, "openid enroll read:authenticators remove:authenticators");
said.own = [own.status, own.mfa_requirements];
const recovered = await mfa.verify({ factorType: "recovery-code", recoveryCode: app.recoveryCodes[0], mfaToken: own.mfa_token });
said.recovered = recovered.recoveryCode.length;
const bearer = { mfaToken: recovered.accessToken };
said.lives = claims(recovered.accessToken).exp - claims(recovered.accessToken).iat;

// With it more is enrolled, by whatever a code travels through.
for (const options of [
  { oobChannels: ["sms"], phoneNumber: NUMBER },
  { oobChannels: ["voice"], phoneNumber: "+4917612345679" },
  { oobChannels: ["email"], email: "home@example.com" },
]) {
  const begun = await mfa.enrollAuthenticator({ authenticatorTypes: ["oob"], ...options, ...bearer });
  const message = await sent();
  said[`enrolled ${options.oobChannels[0]}`] = [begun.oobChannel, begun.bindingMethod, message.channel];
  await mfa.verify({ factorType: "oob", oobCode: begun.oobCode, bindingCode: message.data.code, ...bearer });
}
const listed = await mfa.listAuthenticators(bearer);
said.listed = listed.map((one) => [one.id.split("|")[0], one.authenticatorType, one.type, one.active, one.oobChannels ?? null]);

// Each is asked and verified.
for (const channel of ["sms", "voice", "email"]) {
  const mfaToken = await stepUp();
  const { id } = (await mfa.listAuthenticators({ mfaToken })).find((one) => one.oobChannels?.includes(channel));
  const asked = await mfa.challengeAuthenticator({ challengeType: "oob", authenticatorId: id, mfaToken });
  const message = await sent();
  said[`wrong ${channel}`] = await refused(mfa.verify({ factorType: "oob", oobCode: asked.oobCode, bindingCode: "000", mfaToken }));
  const verified = await mfa.verify({ factorType: "oob", oobCode: asked.oobCode, bindingCode: message.data.code, mfaToken });
  said[`verified ${channel}`] = [asked.challengeType, asked.bindingMethod, message.channel, claims(verified.accessToken).amr];
}
said.challenged = (await mfa.challengeAuthenticator({ challengeType: "otp", mfaToken: await stepUp() })).challengeType;
said.again = (await mfa.verify({ factorType: "recovery-code", recoveryCode: recovered.recoveryCode, mfaToken: await stepUp() })).recoveryCode.length;
said.used = await refused(mfa.verify({ factorType: "recovery-code", recoveryCode: app.recoveryCodes[0], mfaToken: await stepUp() }));

// And removed: a number goes with both of its channels, and never with an mfa_token.
said.kept = await refused(mfa.deleteAuthenticator({ authenticatorId: listed[0].id, mfaToken: await stepUp() }));
await mfa.deleteAuthenticator({ authenticatorId: listed.find((one) => one.oobChannels?.includes("sms")).id, ...bearer });
said.left = (await mfa.listAuthenticators(bearer)).map((one) => one.id.split("|")[0]);
said.malformed = await refused(mfa.listAuthenticators({ mfaToken: "x" }));

console.log(JSON.stringify(said));
