// Signatures: Wycheproof's vectors (C2SP/wycheproof, Apache-2.0), with the keys that the guard takes and by the gate that it has.
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { compactVerify } from "jose";
import { ALGORITHMS, headerOf, jsonObject } from "../lib/judge.mjs";
import { ask } from "../lib/keys.mjs";

const place = new URL("../../../tests/vectors/wycheproof/json_web_signature_test.json", import.meta.url);
const { testGroups } = JSON.parse(readFileSync(place, "utf8"));
// Called invalid for a padding that the file does not show: to the letter they are case 357, which it calls valid.
const CONTRADICTED = [367, 370];
// Called valid, and refused all the same: an empty payload, and headers that say PS384 where the key is one for PS256.
const REFUSED = [259, 272, 346, 350];
const OURS = ["RS256", "PS256", "ES256"];
const issuer = "https://issuer.test/";

/** This key, if the guard would take it from its server. */
async function keyOf(jwk) {
  const served = [{ issuer, jwks_uri: `${issuer}keys` }, { keys: [{ kid: "k", ...jwk }] }];
  const web = { get: async (url) => Buffer.from(JSON.stringify(served[url.endsWith("keys") ? 1 : 0])) };
  return (await ask(web, { issuer, algorithms: ALGORITHMS })).keys.get("k");
}

/** As the guard does it; but for the kid and the typ, which tokens have and vectors lack. */
async function verified(key, jws) {
  const [header = "", ...rest] = jws.split(".");
  const said = jsonObject(Buffer.from(header, "base64url"));
  if (!key || said?.alg !== key.alg || Buffer.from(header, "base64url").toString("base64url") !== header) return false;
  try {
    headerOf([Buffer.from(JSON.stringify({ typ: "at+jwt", kid: "k", ...said })).toString("base64url"), ...rest].join("."));
    return Boolean(await compactVerify(jws, key.key, { algorithms: [key.alg] }));
  } catch {
    return false;
  }
}

test("no invalid token is accepted, and a valid one is, or is refused for a reason that is written down", async () => {
  let accepted = 0;
  for (const group of testGroups) {
    const key = await keyOf({ ...(group.public ?? group.private), kid: "k" });
    const ours = OURS.includes((group.public ?? group.private).alg);
    for (const { tcId, result, jws, comment } of group.tests) {
      if (CONTRADICTED.includes(tcId)) continue;
      const good = await verified(key, jws);
      assert.equal(good, result === "valid" && ours && !REFUSED.includes(tcId), `${tcId} ${comment}`);
      accepted += good;
    }
  }
  assert.equal(accepted, 14);
});

test("a key that is secret, weak, misused or without a name is no key", async () => {
  const rsa = (modulusLength) => generateKeyPairSync("rsa", { modulusLength }).publicKey.export({ format: "jwk" });
  const good = rsa(2048);
  const secret = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });
  const huge = Buffer.alloc(1025, 1).toString("base64url");
  assert.equal((await keyOf(good)).alg, "RS256");
  const bad = [rsa(1024), { ...good, n: huge }, secret, { ...good, k: "AQAB" }, { ...good, use: "enc" }, { ...good, key_ops: ["encrypt"] }];
  const others = [{ ...good, alg: "RS512" }, { ...good, alg: "HS256" }, { ...good, kid: 7 }, { kty: "oct", k: "c2VjcmV0" }, { kty: "RSA" }, null, "key"];
  for (const jwk of [...bad, ...others]) assert.equal(await keyOf(jwk), undefined, JSON.stringify(jwk));
});
