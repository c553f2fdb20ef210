// Which tokens are access tokens for this API: everything that could be taken for one is refused.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { createGuard, Refusal } from "../index.mjs";
import { headerOf } from "../lib/judge.mjs";
import { createIssuer } from "../testing.mjs";

const now = 1_800_000_000;
const issuer = await createIssuer({ clock: () => now });
const guard = issuer.guard();
const encoded = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
const checked = (token, by = guard) => by.check(["Authorization", `Bearer ${token}`]);
const refused = (token, by = guard) => assert.rejects(checked(token, by), { name: "Refusal", status: 401, error: "invalid_token" });

const CONFUSED = {
  "an ID token with a nonce": { nonce: "n" },
  "an ID token, which names no client": { client_id: undefined },
  "an ID token with at_hash": { at_hash: "x" },
  "an ID token with c_hash": { c_hash: "x" },
  "an ID token with s_hash": { s_hash: "x" },
  "a logout token": { events: {} },
  "a security event": { toe: now },
  "another issuer": { iss: "https://other.test/" },
  "another audience": { aud: "https://other.test/" },
  "the client as audience": { aud: "application" },
  "no audience": { aud: undefined },
  "an empty list of audiences": { aud: [] },
  "audiences that are no strings": { aud: ["https://api.test/", 1] },
  expired: { exp: now - 60 },
  "no expiry": { exp: undefined },
  "an expiry that is text": { exp: String(now + 600) },
  "an expiry with a fraction": { exp: now + 0.5 },
  "an expiry beyond all years": { exp: 1e30 },
  "not good yet": { nbf: now + 60 },
  "issued in the future": { iat: now + 60 },
  "no time of issue": { iat: undefined },
  "authenticated in the future": { auth_time: now + 60 },
  "auth_time as text": { auth_time: String(now) },
  "no subject": { sub: undefined },
  "an empty subject": { sub: "" },
  "no jti": { jti: undefined },
  "acr as a list": { acr: ["phr"] },
  "amr as text": { amr: "mfa" },
  "amr with something that is no text": { amr: ["pwd", 1] },
  "scope as a list": { scope: ["read"] },
  "one_use as text": { one_use: "true" },
  "authorization_details as an object": { authorization_details: {} },
  "bound to a key that is not shown": { cnf: { jkt: "x" } },
};

test("an access token is good in both dialects", async () => {
  for (const typ of ["at+jwt", "JWT", "application/at+jwt"]) {
    const token = await checked(await issuer.signed(issuer.claims({ scope: "a b" }), { typ }));
    assert.deepEqual([token.subject, token.client, token.scope, token.consumed], ["auth0|somebody", "application", ["a", "b"], false]);
  }
});

for (const [name, claims] of Object.entries(CONFUSED)) {
  test(`refused: ${name}`, async () => refused(await issuer.token(claims)));
}

for (const typ of ["logout+jwt", "id_token", "secevent+jwt", "JOSE", ""]) {
  test(`refused: typ ${typ}`, async () => refused(await issuer.signed(issuer.claims(), { typ })));
}

for (const header of [{ jwk: {} }, { jku: "https://a/" }, { x5u: "https://a/" }, { x5c: [] }, { zip: "DEF" }, { enc: "A256GCM" }, { b64: true }, { kid: undefined }, { kid: "other" }]) {
  test(`refused: header ${JSON.stringify(header)}`, async () => refused(await issuer.signed(issuer.claims(), header)));
}

test("refused: a header with a rule that must be understood, and whatever is no three parts", async () => {
  const header = { alg: issuer.jwk.alg, typ: "at+jwt", kid: issuer.jwk.kid };
  assert.equal(headerOf(`${encoded(header)}.e30.AA`).kid, issuer.jwk.kid);
  assert.throws(() => headerOf(`${encoded({ ...header, crit: ["exp"], exp: 1 })}.e30.AA`), Refusal);
  for (const more of [".", ".e30", ".e30.AA"]) await refused(`${await issuer.token()}${more}`);
});

test("refused: no other algorithm than that of the key, and no public key as a secret", async () => {
  const [, payload, signature] = (await issuer.token()).split(".");
  for (const alg of ["none", "HS256", "RS256", "ES512"]) {
    const signing = `${encoded({ alg, typ: "at+jwt", kid: issuer.jwk.kid })}.${payload}`;
    await refused(`${signing}.${signature}`);
    await refused(`${signing}.`);
    await refused(`${signing}.${createHmac("sha256", JSON.stringify(issuer.jwk)).update(signing).digest("base64url")}`);
  }
});

test("refused: a signature of another key of the same name, and one for other claims", async () => {
  const other = await createIssuer();
  await refused(await other.signed(issuer.claims(), { kid: issuer.jwk.kid }));
  const [header, , signature] = (await issuer.token()).split(".");
  await refused(`${header}.${encoded(issuer.claims({ scope: "admin" }))}.${signature}`);
});

test("refused: a payload that can be read in two ways", async () => {
  const text = JSON.stringify(issuer.claims());
  assert.ok(await checked(await issuer.signed(text)));
  assert.ok(await checked(await issuer.signed(`${text.slice(0, -1)}, "x": [{"a": 1}, {"a": {"a": "a"}}, "a", "a"]}`)));
  for (const twice of ['"scope": "admin"', '"s\\u0063ope": "admin"', '"x": {"a": 1, "a": 2}', '"x": [{"a": 1, "a": 2}]']) {
    await refused(await issuer.signed(`${text.slice(0, -1)}, ${twice}}`));
  }
  for (const other of [`[${text}]`, "not json", `\ufeff${text}`]) await refused(await issuer.signed(other));
});

test("refused: what is no JWS, is too long, or is padded", async () => {
  const [header, payload, signature] = (await issuer.token()).split(".");
  const padded = [`${header}=.${payload}.${signature}`, `${header}.${payload}.${signature}=`, `${header}.${payload}`];
  for (const token of ["opaque", "a.b", "a.b.c.d.e", "..", await issuer.token({ padding: "x".repeat(16384) }), ...padded]) await refused(token);
});

test("refused: a second spelling of a signature, with bits that mean nothing", async () => {
  const token = await issuer.token();
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const other = token.slice(0, -1) + letters[letters.indexOf(token.at(-1)) + 1];
  assert.deepEqual(Buffer.from(other.split(".")[2], "base64url"), Buffer.from(token.split(".")[2], "base64url"));
  assert.ok(await checked(token));
  await refused(other);
});

test("two clocks may differ by ten seconds", async () => {
  const by = issuer.guard();
  assert.ok(await checked(await issuer.token({ exp: now - 9 }), by));
  await refused(await issuer.token({ exp: now - 10 }), by);
  await refused(await issuer.token({ iat: now + 11 }), by);
});

test("applications that are not served are refused where they are named", async () => {
  const by = issuer.guard({ clients: ["ours"] });
  assert.ok(await checked(await issuer.token({ client_id: "ours" }), by));
  await refused(await issuer.token({ client_id: "other" }), by);
});

test("without a bearer token it is asked for one; two are a bad request", async () => {
  for (const headers of [[], ["Authorization", "Basic a"], ["Authorization", "Bearer "], ["Cookie", "Bearer a"]]) {
    const { status, headers: said } = await guard.check(headers).catch((fault) => fault);
    assert.deepEqual([status, said["WWW-Authenticate"]], [401, "Bearer"]);
  }
  await assert.rejects(guard.check(["Authorization", "Bearer a", "authorization", "Bearer b"]), { status: 400, error: "invalid_request" });
});

test("a token is shown by nothing that prints it", async () => {
  const raw = await issuer.token();
  assert.ok(!JSON.stringify(await checked(raw)).includes(raw));
});

test("a storm of unknown keys makes it ask once, and many wait for one fetch", async () => {
  const server = await createIssuer();
  const by = server.guard();
  const tokens = await Promise.all(Array.from({ length: 50 }, () => server.token()));
  await Promise.all(tokens.map((token) => checked(token, by)));
  for (let n = 0; n < 50; n++) await refused(await server.signed(server.claims(), { kid: `nobody's ${n}` }), by);
  assert.equal(server.asked, 1);
});

test("nobody is let in by a server that was never there", async () => {
  const server = await createIssuer();
  server.down = true;
  await assert.rejects(checked(await server.token(), server.guard()), { status: 503 });
});

test("keys serve on for an hour while the server is down, and are fetched again when it is there", async (t) => {
  const server = await createIssuer();
  const by = server.guard();
  let passed = 0;
  const began = performance.now();
  t.mock.method(performance, "now", () => began + passed * 1000);
  const token = await server.signed(server.claims({ exp: now + 90000 }));
  assert.ok(await checked(token, by));
  server.down = true;
  passed = 3599;
  assert.ok(await checked(token, by));
  passed = 3601;
  await assert.rejects(checked(token, by), { status: 503 });
  server.down = false;
  passed = 3606;
  assert.ok(await checked(token, by));
});

test("unsafe settings are refused when the guard is made", () => {
  const good = { issuer: "https://issuer.test/", audience: "api", env: {} };
  assert.ok(createGuard({ ...good, issuer: "http://localhost:8000" }));
  const bad = [{ issuer: "http://issuer.test/" }, { issuer: "" }, { audience: "" }, { clientId: "a" }, { clientSecret: "a" }, { algorithms: ["HS256"] }];
  for (const change of bad) assert.throws(() => createGuard({ ...good, ...change }), TypeError);
  assert.ok(Refusal);
});
