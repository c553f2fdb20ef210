// Auth0's PasskeyClient (auth-js) and ManagementClient (auth0), unmodified, with the authenticator of npm's nid-webauthn-emulator.
import { readFileSync } from "node:fs";
import { AuthClient } from "@auth0/auth0-auth-js";
import { ManagementClient } from "auth0";
import emulated from "nid-webauthn-emulator";

const { default: WebAuthnEmulator, AuthenticatorEmulator, PasskeysCredentialsMemoryRepository } = emulated;
const [folder, clientId, clientSecret] = process.argv.slice(2);
const admin = JSON.parse(readFileSync(`${folder}/admin.json`, "utf8"));
const origin = new URL(admin.issuer).origin;
const { passkey } = new AuthClient({ domain: admin.domain, clientId, clientSecret });
const management = new ManagementClient({ domain: admin.domain, clientId: admin.client_id, clientSecret: admin.client_secret });
const said = {};
// Each with a memory of its own: by default they all share one.
const authenticator = (how = {}) => new WebAuthnEmulator(new AuthenticatorEmulator({ credentialsRepository: new PasskeysCredentialsMemoryRepository(), ...how }));
const refused = (promise) => promise.then(() => "accepted", (error) => [error.code, error.cause?.error, error.cause?.error_description]);
const claims = (tokens) => JSON.parse(Buffer.from(tokens.idToken.split(".")[1], "base64url"));

async function signUp(emulator, email) {
  const asked = await passkey.register({ email, name: "Newt", userMetadata: { plan: "free" } });
  return passkey.getTokenByPasskey({ authSession: asked.authSession, credential: emulator.createJSON(origin, asked.authnParamsPublicKey), scope: "openid profile email" });
}

async function logIn(emulator, from = origin) {
  const asked = await passkey.challenge();
  return passkey.getTokenByPasskey({ authSession: asked.authSession, credential: emulator.getJSON(from, asked.authnParamsPublicKey), scope: "openid" });
}

for (const algorithm of ["ES256", "RS256", "EdDSA"]) {
  const emulator = authenticator({ algorithmIdentifiers: [algorithm] });
  const user = claims(await signUp(emulator, `${algorithm.toLowerCase()}@example.com`));
  said[algorithm] = [claims(await logIn(emulator)).sub === user.sub, claims(await logIn(emulator)).amr];
}
const mine = authenticator();
const user = claims(await signUp(mine, "node@example.com"));
said.signedUp = [user.email, user.email_verified, user.name, user.amr];
said.taken = await refused(signUp(authenticator(), "node@example.com"));
said.wrong = await refused((async () => {
  const asked = await passkey.challenge();
  const credential = mine.getJSON(origin, asked.authnParamsPublicKey);
  credential.response.signature = Buffer.from("forged").toString("base64url");
  return passkey.getTokenByPasskey({ authSession: asked.authSession, credential });
})());
said.disabled = await refused(passkey.challenge({ realm: "nobody's" }));

const methods = management.users.authenticationMethods;
const page = await methods.list(user.sub);
said.listed = page.data.map((one) => [one.type, one.credential_device_type, one.relying_party_identifier, one.confirmed, typeof one.public_key, typeof one.key_id, one.aaguid]);
const [one] = page.data;
said.renamed = (await methods.update(user.sub, one.id, { name: "Laptop" })).name;
const { type, key_id, public_key, aaguid, relying_party_identifier, credential_device_type, credential_backed_up, user_handle } = one;
said.removed = (await methods.delete(user.sub, one.id)) ?? null;
said.left = (await methods.list(user.sub)).data.length;
said.gone = await refused(logIn(mine));
const kept = { key_id, public_key, aaguid, relying_party_identifier, credential_device_type, credential_backed_up, user_handle };
said.brought = (await methods.create(user.sub, { type, name: "Laptop again", ...kept })).type;
said.back = claims(await logIn(mine)).sub === user.sub;
await methods.deleteAll(user.sub);
said.roaming = (await methods.create(user.sub, { type: "webauthn-roaming", ...kept })).key_id === key_id;
console.log(JSON.stringify(said));
