// What an access token is, and whether it is enough: the judgement of yett-guard, pure (RFC 9068, 4; RFC 9470; Auth0's dialect).
import { Refusal } from "./refusal.mjs";

const PAPE = "http://schemas.openid.net/pape/policies/2007/06/";
const [AAL1, AAL2, AAL3] = [1, 2, 3].map((level) => `http://idmanagement.gov/ns/assurance/aal/${level}`);
export const MULTI_FACTOR = `${PAPE}multi-factor`;
export const PHISHING_RESISTANT = `${PAPE}phishing-resistant`;
const PHYSICAL = `${PAPE}multi-factor-physical`;

// Which acr value implies which, where the server's discovery says nothing of it.
export const BUILT_IN = new Map([
  [PHISHING_RESISTANT, ["phr"]],
  ["phr", [PHISHING_RESISTANT]],
  ["phrh", ["phr", PHISHING_RESISTANT]],
  [PHYSICAL, [MULTI_FACTOR, "phrh", "phr", PHISHING_RESISTANT]],
  [AAL2, [AAL1, MULTI_FACTOR]],
  [AAL3, [AAL2, AAL1, MULTI_FACTOR, PHYSICAL, "phrh", "phr", PHISHING_RESISTANT]],
]);

const LONGEST = 16384;
const LATEST = 253402300799;
export const ALGORITHMS = ["RS256", "PS256", "ES256", "Ed25519", "EdDSA"];
// RFC 9068, and Auth0's dialect, which shares its typ with ID tokens.
const TYPS = ["at+jwt", "application/at+jwt", "jwt"];
// A key, a place to fetch one, a rule or a wrapping that the token itself brings along.
const FOREIGN = ["jwk", "jku", "x5u", "x5c", "crit", "b64", "enc", "zip"];
// Claims of ID tokens, logout tokens and security events; and of tokens that are bound to a key, which is not shown here.
const OF_OTHERS = ["nonce", "at_hash", "c_hash", "s_hash", "events", "toe", "cnf"];
const OTHER = "It is no access token for this API.";
const MALFORMED = "The access token is malformed.";

/** The header of a compact JWS, if it is one; nothing is verified yet. */
export function headerOf(token) {
  const parts = token.length <= LONGEST ? token.split(".") : [];
  if (parts.length !== 3 || !parts.every(strict)) throw Refusal.invalidToken(MALFORMED);
  const header = jsonObject(Buffer.from(parts[0], "base64url"));
  if (!header || FOREIGN.some((name) => Object.hasOwn(header, name))) throw Refusal.invalidToken(MALFORMED);
  if (![header.alg, header.kid, header.typ].every(isText)) throw Refusal.invalidToken(MALFORMED);
  return header;
}

/** The claims of a token whose signature is good, if it is an access token for this API. `now` in seconds. */
export function judge(typ, payload, settings, now) {
  const said = jsonObject(payload);
  if (!TYPS.includes(typ.toLowerCase()) || !said || OF_OTHERS.some((name) => Object.hasOwn(said, name))) throw Refusal.invalidToken(OTHER);
  const audiences = Array.isArray(said.aud) ? said.aud : [said.aud];
  if (said.iss !== settings.issuer || !audiences.every((one) => typeof one === "string") || !audiences.includes(settings.audience)) {
    throw Refusal.invalidToken(OTHER);
  }
  if (![said.sub, said.client_id, said.jti].every(isText)) throw Refusal.invalidToken(OTHER);
  if (settings.clients.length && !settings.clients.includes(said.client_id)) throw Refusal.invalidToken("Its application is none that this API serves.");
  timely(said, settings.leeway, now);
  const { acr = "", scope = "", amr = [], one_use: once = false, authorization_details: details = [] } = said;
  const wellFormed =
    typeof acr === "string" && typeof scope === "string" && typeof once === "boolean" && isList(amr, (one) => typeof one === "string") && isList(details, isObject);
  if (!wellFormed) throw Refusal.invalidToken(MALFORMED);
  return said;
}

function timely(said, leeway, now) {
  const times = ["exp", "iat", "nbf", "auth_time"].filter((name) => Object.hasOwn(said, name));
  if (!times.includes("exp") || !times.includes("iat")) throw Refusal.invalidToken(MALFORMED);
  if (!times.every((name) => Number.isSafeInteger(said[name]) && said[name] >= 0 && said[name] <= LATEST)) throw Refusal.invalidToken(MALFORMED);
  if (said.exp <= now - leeway) throw Refusal.invalidToken("The access token has expired.");
  if (times.some((name) => name !== "exp" && said[name] > now + leeway)) throw Refusal.invalidToken("The access token is not good yet.");
}

/** What these options say, as lists. Throws TypeError for what no challenge could tell or no token could meet. */
export function requirement({ acr = [], maxAge, amr = [], scope = [], oneUse = false, details, live = false, ...strange } = {}) {
  // One that is passed over (`scopes: "transfer:funds"`) would leave the operation open.
  if (Object.keys(strange).length) throw new TypeError(`no options of a requirement: ${Object.keys(strange).join(", ")}`);
  if (maxAge !== undefined && !(Number.isSafeInteger(maxAge) && maxAge >= 1)) {
    throw new TypeError("maxAge is a number of seconds, one at least: a token takes time to arrive. For a fresh proof each time there is oneUse.");
  }
  return { acr: words(acr), maxAge, amr: words(amr), scope: words(scope), oneUse, details, live };
}

function words(said) {
  const found = typeof said === "string" ? said.split(" ").filter(Boolean) : [...said];
  if (!found.every((one) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(one))) throw new TypeError(`no words: ${JSON.stringify(found)}`);
  return found;
}

/** Undefined: these claims meet the requirement, but for their being consumed; else the refusal. */
export function enough(claims, need, now, implies = BUILT_IN) {
  const scope = (claims.scope ?? "").split(" ");
  if (!need.scope.every((one) => scope.includes(one))) return Refusal.insufficientScope(needs(need));
  const why = lacking(claims, need, now, implies);
  return why && Refusal.stepUp(why, needs(need));
}

function lacking(claims, need, now, implies) {
  const { acr, amr = [], auth_time: authTime, one_use: once, authorization_details: details = [] } = claims;
  const said = [...(acr ? [acr] : []), ...(amr.includes("mfa") ? [MULTI_FACTOR] : [])];
  const held = new Set(said.flatMap((one) => [one, ...(implies.get(one) ?? [])]));
  if (need.acr.length && !need.acr.some((one) => held.has(one))) return "A different authentication level is required.";
  if (!need.amr.every((one) => amr.includes(one))) return "A different authentication method is required.";
  if (need.maxAge !== undefined && !(now - authTime <= need.maxAge)) return "More recent authentication is required.";
  if (need.oneUse && once !== true) return "An approval for this operation alone is required.";
  if (need.details && !details.some((one) => same(one, need.details))) return "An approval of exactly this is required.";
  return undefined;
}

/** As a client is told it: what to send to /authorize. */
export function needs(need) {
  const acr = need.acr.length || !need.amr.includes("mfa") ? need.acr : [MULTI_FACTOR];
  return {
    ...(need.scope.length && { scope: need.scope.join(" ") }),
    ...(acr.length && { acr_values: acr.join(" ") }),
    ...(need.maxAge !== undefined && { max_age: need.maxAge }),
    ...(need.amr.length && { amr_values: need.amr.join(" ") }),
    ...(need.details && { authorization_details: [need.details] }),
  };
}

/** Whether two JSON values are the same: nothing more, nothing less. */
export function same(one, other) {
  return spelled(one) === spelled(other);
}

function spelled(value) {
  if (Array.isArray(value)) return `[${value.map(spelled).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? "nothing";
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${spelled(value[name])}`).join(",")}}`;
}

/** `acr_values_implied` of discovery, if it is there and well formed; else the table that is built in. */
export function table(served) {
  const rows = isObject(served) ? Object.entries(served) : [];
  return rows.length && rows.every(([, row]) => isList(row, (one) => typeof one === "string")) ? new Map(rows) : BUILT_IN;
}

/** The one bearer token of a request (RFC 6750, 2.1): none in a URL or a form is taken. Node keeps the first of two headers: both are seen here. */
export function bearer(rawHeaders) {
  const given = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1].toLowerCase() === "authorization");
  if (given.length > 1) throw Refusal.invalidRequest("There is more than one Authorization header.");
  const found = /^\s*bearer +(\S.*?)\s*$/i.exec(given[0] ?? "");
  if (!found) throw Refusal.noToken();
  return found[1];
}

/** A JSON object in UTF-8 in which no name stands twice; undefined for anything else. */
export function jsonObject(bytes) {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const value = JSON.parse(text);
    return isObject(value) && once(text) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether no object of this JSON has a name twice: JSON.parse would take the last, and somebody else the first. */
function once(text) {
  const open = [];
  let named = false;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g)) {
    const names = open.at(-1);
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(undefined);
    else if (token === "}" || token === "]") open.pop();
    else if (token === ":") named = true;
    else if (token !== "," && names && !named) {
      const name = JSON.parse(token);
      if (names.has(name)) return false;
      names.add(name);
    }
    if (token !== ":") named = false;
  }
  return true;
}

function strict(segment) {
  return /^[A-Za-z0-9_-]+$/.test(segment) && Buffer.from(segment, "base64url").toString("base64url") === segment;
}

const isText = (value) => typeof value === "string" && value !== "";
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isList = (value, each) => Array.isArray(value) && value.every(each);
