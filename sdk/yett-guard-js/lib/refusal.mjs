// What an API answers instead (RFC 6750, 3; RFC 9470, 3): a status, a challenge, and a JSON body that a client can act on.
const STEP_UP = "insufficient_user_authentication";

export class Refusal extends Error {
  constructor(status, error, description, needs = {}) {
    super(`${error || "no token"}: ${description}`);
    Object.assign(this, { name: "Refusal", status, error, description, needs, resourceMetadata: undefined });
  }

  /** WWW-Authenticate, and that nobody keeps this answer. */
  get headers() {
    const kept = { "Cache-Control": "no-store", ...(this.status === 503 && { "Retry-After": "5" }) };
    if (this.status !== 401 && this.status !== 403) return kept;
    const { scope, acr_values, max_age } = this.needs;
    const named = this.error ? { error: this.error, error_description: this.description } : {};
    const said = Object.entries({ ...named, scope, acr_values, max_age, resource_metadata: this.resourceMetadata }).filter(([, value]) => value !== undefined);
    return { "WWW-Authenticate": `Bearer ${said.map(([name, value]) => `${name}=${quoted(value)}`).join(", ")}`.trim(), ...kept };
  }

  get body() {
    return {
      error: this.error || "unauthorized",
      error_description: this.description,
      ...(this.error === STEP_UP && { code: "mfa_required" }),
      ...this.needs,
    };
  }

  static noToken = () => new Refusal(401, "", "An access token is required.");
  static invalidRequest = (why) => new Refusal(400, "invalid_request", why);
  static invalidToken = (why) => new Refusal(401, "invalid_token", why);
  static insufficientScope = (needs) => new Refusal(403, "insufficient_scope", "The access token has not the scope that this needs.", needs);
  static stepUp = (why, needs) => new Refusal(401, STEP_UP, why, needs);
  static unavailable = () => new Refusal(503, "temporarily_unavailable", "The authorization server cannot be asked at the moment.");
}

/** A quoted-string that needs no escapes: what would need one becomes a question mark. */
function quoted(value) {
  return `"${String(value).replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/gu, "?")}"`;
}
