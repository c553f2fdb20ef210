// The server's keys: kept for a while, fetched again when an unknown one is named, never by two at once, never often.
import { importJWK } from "jose";
import { BUILT_IN, jsonObject, table } from "./judge.mjs";
import { Refusal } from "./refusal.mjs";

// Seconds: keys are as good as new; are used while the server cannot be asked; are not asked for again, whoever names
// unknown ones; are not asked for again after a failure.
export const [FRESH, KEPT, PAUSE, RETRY] = [300, 3600, 30, 5];
const MOST = 64;
const [SMALLEST_RSA, LARGEST_RSA] = [2048, 8192];
const OF_TYPE = { RSA: ["RS256", "PS256"], EC: ["ES256"], OKP: ["Ed25519", "EdDSA"] };

export class Keys {
  #ask;
  #monotonic;
  #known;
  #at = -Infinity;
  #notBefore = -Infinity;
  #flight;

  /** `ask` fetches what the server says; `monotonic` counts seconds. */
  constructor(ask, monotonic) {
    this.#ask = ask;
    this.#monotonic = monotonic;
  }

  /** The key of this name, and what else the server said. Throws Refusal. */
  async named(kid) {
    if (!this.#known?.keys.has(kid) || this.#age() > FRESH) await this.#fetched();
    const known = this.known();
    const key = known.keys.get(kid);
    if (!key) throw Refusal.invalidToken("It is signed by no key of the issuer.");
    return { key, known };
  }

  /** What is known, though it may be a while old. Throws Refusal (503) when that is too long. */
  known() {
    if (!this.#known || this.#age() > KEPT) throw Refusal.unavailable();
    return this.#known;
  }

  #age() {
    return this.#monotonic() - this.#at;
  }

  /** The one fetch that is under way, or a new one, or none: it may be too early to ask again. */
  #fetched() {
    if (!this.#flight && this.#monotonic() >= this.#notBefore) {
      this.#flight = this.#fly().finally(() => {
        this.#flight = undefined;
      });
    }
    return this.#flight;
  }

  async #fly() {
    try {
      this.#known = await this.#ask();
      this.#at = this.#monotonic();
      this.#notBefore = this.#at + PAUSE;
    } catch (fault) {
      this.#notBefore = this.#monotonic() + RETRY;
      console.warn(`yett-guard: the keys cannot be fetched: ${fault.message}`);
    }
  }
}

/** Discovery and JWKS, now. Throws for what is not the issuer's, or no JWKS. */
export async function ask(web, { issuer, algorithms }) {
  const said = jsonObject(await web.get(`${issuer}.well-known/openid-configuration`));
  if (said?.issuer !== issuer) throw new Error(`the discovery document is not that of ${issuer}`);
  const { jwks_uri: place, introspection_endpoint: introspection } = said;
  if (!safe(place) || !(introspection === undefined || safe(introspection))) throw new Error("the discovery document names places that are not safe");
  const served = jsonObject(await web.get(place));
  if (!Array.isArray(served?.keys)) throw new Error(`${place} is no JWKS`);
  const keys = new Map();
  for (const jwk of served.keys.slice(0, MOST)) {
    const key = await keyOf(jwk, algorithms);
    if (key && !keys.has(jwk.kid)) keys.set(jwk.kid, key);
  }
  return { keys, implies: Object.hasOwn(said, "acr_values_implied") ? table(said.acr_values_implied) : BUILT_IN, introspection };
}

/** A public key for signatures and the one algorithm it is for: no secret, nothing for encryption, no weak one. */
async function keyOf(jwk, algorithms) {
  const types = OF_TYPE[jwk?.kty];
  if (!types || typeof jwk.kid !== "string" || (jwk.use ?? "sig") !== "sig" || "d" in jwk || "k" in jwk) return undefined;
  const alg = jwk.alg ?? types[0];
  if (!types.includes(alg) || !algorithms.includes(alg)) return undefined;
  if (![jwk.key_ops ?? "verify"].flat().includes("verify")) return undefined;
  try {
    const key = await importJWK({ ...jwk, key_ops: undefined }, alg);
    const { modulusLength: bits = SMALLEST_RSA } = key.algorithm;
    return SMALLEST_RSA <= bits && bits <= LARGEST_RSA ? { alg, key } : undefined;
  } catch {
    return undefined;
  }
}

/** https, or http that does not leave this machine. */
export function safe(url) {
  if (!URL.canParse(url)) return false;
  const { protocol, hostname, username } = new URL(url);
  const here = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  return !username && (protocol === "https:" || (protocol === "http:" && here));
}
