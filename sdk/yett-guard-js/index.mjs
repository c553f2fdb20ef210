// yett-guard for Express: a token in, a verdict out.
import { compactVerify } from "jose";
import { ALGORITHMS, bearer, enough, headerOf, jsonObject, judge, needs, requirement } from "./lib/judge.mjs";
import { ask, Keys, safe } from "./lib/keys.mjs";
import { Refusal } from "./lib/refusal.mjs";

export { enough, MULTI_FACTOR, PHISHING_RESISTANT, requirement, same } from "./lib/judge.mjs";
export { Refusal };

const TIMEOUT = 5000;
const LARGEST = 262144;
// Names of the answer that tell which token it speaks of.
const OF_WHICH = ["iss", "sub", "client_id", "jti"];

/** Settings by option, else by YETT_ISSUER, YETT_AUDIENCE, YETT_CLIENT_ID, YETT_CLIENT_SECRET, YETT_CLIENTS. Throws TypeError for what is not safe. */
export function createGuard(options = {}) {
  return new Guard(settled(options), options.web ?? web, options.clock ?? (() => Date.now() / 1000));
}

class Guard {
  #settings;
  #web;
  #clock;
  #keys;
  // What was found of a request's token: several checks of one request consume it once.
  #found = new WeakMap();

  constructor(settings, web, clock) {
    this.#settings = settings;
    this.#web = web;
    this.#clock = clock;
    this.#keys = new Keys(() => ask(this.#web, this.#settings), () => performance.now() / 1000);
  }

  /** Options of a requirement that this guard can see to. */
  need(options) {
    // A function that says what is needed, and forgets to return it, must not open everything.
    if (options === undefined) throw new TypeError("nothing was said of what is needed; {} says that nothing is");
    const need = requirement(options);
    if ((need.oneUse || need.live) && !this.#settings.clientId) {
      throw new TypeError("the server has to be asked about these tokens: set YETT_CLIENT_ID and YETT_CLIENT_SECRET");
    }
    return need;
  }

  /** Middleware: `request.token` is there, and enough. A function gives the options of this request: by the value of a transfer, say. */
  require(wanted = {}) {
    const fixed = typeof wanted === "function" ? undefined : this.need(wanted);
    return async (request, response, next) => {
      try {
        request.token = await this.#described(() => this.#checked(request, fixed ?? (async () => this.need(await wanted(request)))));
      } catch (refused) {
        return refused instanceof Refusal ? answer(refused, response) : next(refused);
      }
      return next();
    };
  }

  /** More of a token that was good so far: for what only the handler knows. Throws Refusal. */
  async demand(token, options) {
    return this.#described(() => this.#enough(token, this.need(options), this.#keys.known()));
  }

  /** The token of these raw headers, if it is good and enough; a function is asked what is needed once it is known to be good. Throws Refusal. */
  async check(rawHeaders, need = requirement()) {
    return this.#described(() => this.#checked({ rawHeaders }, need));
  }

  /** Error-handling middleware: answers refusals that handlers throw. */
  refusals = (fault, _request, response, next) => (fault instanceof Refusal ? answer(fault, response) : next(fault));

  async #checked(request, need) {
    const raw = bearer(request.rawHeaders);
    const before = this.#found.get(request);
    const token = before?.raw === raw ? before : await this.#verified(raw);
    this.#found.set(request, token);
    return this.#enough(token, typeof need === "function" ? await need() : need, this.#keys.known());
  }

  async #verified(raw) {
    const header = headerOf(raw);
    const { key } = await this.#keys.named(header.kid);
    const verified = header.alg === key.alg && (await compactVerify(raw, key.key, { algorithms: [key.alg] }).catch(() => undefined));
    if (!verified) throw Refusal.invalidToken("Its signature is wrong.");
    return new Token(raw, judge(header.typ, verified.payload, this.#settings, this.#clock()));
  }

  /** Judged first, consumed last: what is refused for another reason is not used up. */
  async #enough(token, need, known) {
    const refused = enough(token.claims, need, this.#clock(), known.implies);
    if (refused) throw refused;
    if (token.oneUse && !token.consumed) {
      await this.#stands(token, need, known, true);
      token.consumed = true;
    } else if (need.live) {
      await this.#stands(token, need, known, false);
    }
    return token;
  }

  /** The server's word on it (RFC 7662). No answer is no: whether it was consumed meanwhile nobody knows, so it is not asked twice. */
  async #stands(token, need, known, consume) {
    const { clientId, clientSecret } = this.#settings;
    if (!known.introspection || !clientId) {
      console.error("yett-guard: a token has to be asked about, and there is no way: set YETT_CLIENT_ID and YETT_CLIENT_SECRET");
      throw Refusal.unavailable();
    }
    const fields = { token: token.raw, token_type_hint: "access_token", ...(consume && { consume: "true" }) };
    const said = await this.#web.post(known.introspection, fields, [clientId, clientSecret]).then(jsonObject, () => undefined);
    if (typeof said?.active !== "boolean") throw Refusal.unavailable();
    if (!said.active || OF_WHICH.some((name) => Object.hasOwn(said, name) && said[name] !== token.claims[name])) {
      throw consume ? Refusal.stepUp("This approval has been used.", needs(need)) : Refusal.invalidToken("The access token stands no longer.");
    }
  }

  async #described(story) {
    try {
      return await story();
    } catch (refused) {
      if (refused instanceof Refusal) refused.resourceMetadata = this.#settings.resourceMetadata;
      throw refused;
    }
  }
}

/** An access token that is good. What it was made of is not shown where it is printed. */
class Token {
  #raw;
  constructor(raw, claims) {
    this.#raw = raw;
    this.claims = claims;
    this.consumed = false;
  }
  get raw() {
    return this.#raw;
  }
  get subject() {
    return this.claims.sub;
  }
  get client() {
    return this.claims.client_id;
  }
  get scope() {
    return (this.claims.scope ?? "").split(" ").filter(Boolean);
  }
  get oneUse() {
    return this.claims.one_use === true;
  }
  get details() {
    return this.claims.authorization_details ?? [];
  }
}

function answer(refused, response) {
  response.status(refused.status).set(refused.headers).json(refused.body);
}

function settled({ env = process.env, ...given }) {
  const settings = {
    issuer: env.YETT_ISSUER ?? "",
    audience: env.YETT_AUDIENCE ?? "",
    clientId: env.YETT_CLIENT_ID ?? "",
    clientSecret: env.YETT_CLIENT_SECRET ?? "",
    clients: (env.YETT_CLIENTS ?? "").split(" ").filter(Boolean),
    algorithms: ALGORITHMS,
    leeway: 10,
    ...given,
  };
  if (!safe(settings.issuer) || /[?#]/.test(settings.issuer)) throw new TypeError("issuer (YETT_ISSUER) must be an https URL, or http on a loopback address");
  if (!settings.audience) throw new TypeError("audience (YETT_AUDIENCE) must be the identifier of this API");
  if (!settings.clientId !== !settings.clientSecret) throw new TypeError("clientId and clientSecret (YETT_CLIENT_ID, YETT_CLIENT_SECRET) come together");
  if (!settings.algorithms.every((one) => ALGORITHMS.includes(one))) throw new TypeError(`algorithms must be some of ${ALGORITHMS.join(", ")}`);
  return { ...settings, issuer: settings.issuer.replace(/\/?$/, "/") };
}

// Asks the server: no redirects, bounded time and size. Authorities of your own: NODE_EXTRA_CA_CERTS.
const web = {
  get: (url) => fetched(url, {}),
  post: (url, fields, client) => {
    const named = Buffer.from(client.map((one) => new URLSearchParams({ "": one }).toString().slice(1)).join(":")).toString("base64");
    return fetched(url, { method: "POST", body: new URLSearchParams(fields), headers: { Authorization: `Basic ${named}` } });
  },
};

async function fetched(url, asked) {
  const response = await fetch(url, { ...asked, redirect: "error", signal: AbortSignal.timeout(TIMEOUT) });
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}`);
  const chunks = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size > LARGEST) throw new Error(`${url} answered too much`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
