// What is enough, what a client is told otherwise, and operations with an approval of their own, through Express.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, test } from "node:test";
import express from "express";
import { enough, MULTI_FACTOR, PHISHING_RESISTANT, Refusal, requirement, same } from "../index.mjs";
import { createIssuer } from "../testing.mjs";

const AAL = "http://idmanagement.gov/ns/assurance/aal/";
const NOW = 1_800_000_000;
const STEP_UP = "insufficient_user_authentication";
const error = (claims, need) => enough(claims, requirement(need), NOW)?.error;
const PAYMENT = { type: "payment", amount: "100.00", to: ["a", { b: 1 }] };

test("an acr is enough for what the table says", () => {
  const met = [[MULTI_FACTOR, MULTI_FACTOR], [`${AAL}2`, MULTI_FACTOR], [`${AAL}3`, "phrh"], ["phrh", "phr"], ["phr", PHISHING_RESISTANT], ["x", "x"]];
  const unmet = [[MULTI_FACTOR, "phr"], ["phr", MULTI_FACTOR], ["phr", "phrh"], [`${AAL}1`, MULTI_FACTOR], ["__proto__", "phr"], ["", "phr"]];
  for (const [acr, want] of met) assert.equal(error({ acr }, { acr: want }), undefined);
  for (const [acr, want] of unmet) assert.equal(error({ acr }, { acr: want }), STEP_UP);
  assert.equal(error({ acr: "phr", amr: ["hwk", "mfa"] }, { acr: MULTI_FACTOR }), undefined);
  assert.equal(error({ acr: "phr" }, { acr: ["x", "phr"] }), undefined);
});

test("methods, age, scope, one use and what was approved", () => {
  assert.equal(error({ amr: ["pwd", "mfa"] }, { amr: "mfa" }), undefined);
  assert.equal(error({ amr: ["pwd"] }, { amr: "mfa" }), STEP_UP);
  assert.equal(error({ auth_time: NOW - 300 }, { maxAge: 300 }), undefined);
  assert.equal(error({ auth_time: NOW - 301 }, { maxAge: 300 }), STEP_UP);
  assert.equal(error({}, { maxAge: 300 }), STEP_UP);
  assert.equal(error({ scope: "b a" }, { scope: "a b" }), undefined);
  assert.equal(error({ scope: "ab" }, { scope: "a" }), "insufficient_scope");
  assert.equal(error({ one_use: true }, { oneUse: true }), undefined);
  assert.equal(error({ acr: `${AAL}3` }, { oneUse: true }), STEP_UP);
  const turned = { to: ["a", { b: 1 }], amount: "100.00", type: "payment" };
  assert.equal(error({ authorization_details: [turned] }, { details: PAYMENT }), undefined);
  for (const other of [{ ...PAYMENT, amount: "100.01" }, { ...PAYMENT, amount: 100 }, { ...PAYMENT, more: 1 }, { type: "payment" }]) {
    assert.ok(!same(PAYMENT, other));
    assert.equal(error({ authorization_details: [other] }, { details: PAYMENT }), STEP_UP);
  }
});

test("a client is told all that it needs, and nothing can end the challenge", () => {
  const refused = enough({ scope: "a" }, requirement({ acr: MULTI_FACTOR, maxAge: 300, scope: "a", details: PAYMENT }), NOW);
  const description = "A different authentication level is required.";
  const needs = { scope: "a", acr_values: MULTI_FACTOR, max_age: 300, authorization_details: [PAYMENT] };
  assert.deepEqual(refused.body, { error: STEP_UP, error_description: description, code: "mfa_required", ...needs });
  const challenge = `Bearer error="${STEP_UP}", error_description="${description}", scope="a", acr_values="${MULTI_FACTOR}", max_age="300"`;
  assert.equal(refused.headers["WWW-Authenticate"], challenge);
  assert.match(new Refusal(401, "e", 'a"\r\n\\é😀').headers["WWW-Authenticate"], /^Bearer error="e", error_description="a\?\?\?\?\?\?"$/);
  for (const bad of [{ acr: ['a"b'] }, { scope: ["a\nb"] }, { maxAge: 0 }, { maxAge: 1.5 }, { maxAge: "300" }]) assert.throws(() => requirement(bad), TypeError);
});

const issuer = await createIssuer();
const guard = issuer.guard();
const server = express()
  .use(express.json())
  .post("/step", guard.require({ acr: MULTI_FACTOR, maxAge: 300 }), (request, response) => response.json({ sub: request.token.subject }))
  .post("/value", guard.require(({ body }) => (body.amount < 1000 ? {} : { oneUse: true, details: { type: "t", amount: body.amount } })), done)
  .post("/once", guard.require({ oneUse: true }), done)
  .post("/twice", guard.require({ maxAge: 600 }), guard.require({ oneUse: true }), done)
  .post("/live", guard.require({ live: true }), done)
  .post("/demand", guard.require(), async (request, response) => {
    await guard.demand(request.token, { acr: "phr" });
    done(request, response);
  })
  .post("/broken", guard.require(() => { throw new RangeError("broken"); }), done)
  .use(guard.refusals)
  .use((fault, _request, response, _next) => response.status(500).json({ error: fault.message }))
  .listen(0, "127.0.0.1");

function done(_request, response) {
  response.json({ done: true });
}

before(async () => server.listening || once(server, "listening"));
after(() => server.close());

async function asked(path, token, amount = 1) {
  const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`, { method: "POST", headers, body: JSON.stringify({ amount }) });
  return { status: response.status, challenge: response.headers.get("www-authenticate"), body: await response.json() };
}

test("a step-up is told in the header and in the body", async () => {
  assert.equal((await asked("/step")).challenge, "Bearer");
  const weak = await asked("/step", await issuer.token());
  assert.deepEqual([weak.status, weak.body.code, weak.body.acr_values, weak.body.max_age], [401, "mfa_required", MULTI_FACTOR, 300]);
  assert.match(weak.challenge, /^Bearer error="insufficient_user_authentication", .*max_age="300"$/);
  assert.deepEqual((await asked("/step", await issuer.token({ acr: MULTI_FACTOR }))).body, { sub: "auth0|somebody" });
});

test("a large sum needs an approval of just this, which is good once", async () => {
  assert.equal((await asked("/value", await issuer.token(), 999)).status, 200);
  assert.equal((await asked("/value", await issuer.token(), 1000)).body.code, "mfa_required");
  const approval = await issuer.token({ one_use: true, authorization_details: [{ type: "t", amount: 1000 }] });
  assert.equal((await asked("/value", approval, 1001)).status, 401);
  issuer.down = true;
  assert.equal((await asked("/value", approval, 1000)).status, 503);
  issuer.down = false;
  assert.equal((await asked("/value", approval, 1000)).status, 200);
  assert.equal((await asked("/value", approval, 1000)).body.code, "mfa_required");
  const together = await issuer.token({ one_use: true });
  const answers = await Promise.all(Array.from({ length: 10 }, () => asked("/once", together)));
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
});

test("however many checks a request goes through, its approval is consumed once, and is good for no other", async () => {
  const approval = await issuer.token({ one_use: true });
  assert.equal((await asked("/twice", approval)).status, 200);
  assert.equal((await asked("/twice", approval)).body.code, "mfa_required");
  assert.equal((await asked("/twice", await issuer.token())).body.error_description, "An approval for this operation alone is required.");
  const request = { rawHeaders: ["authorization", `Bearer ${await issuer.token({ one_use: true })}`] };
  const through = async (guard) => {
    let refused = { status: 200 };
    const response = { status: (status) => ((refused = { status }), response), set: () => response, json: () => undefined };
    await guard.require()(request, response, () => undefined);
    return refused.status;
  };
  assert.deepEqual([await through(guard), await through(guard)], [200, 200]);
  // Nor is what one guard has found believed by another, or of another token.
  assert.equal(await through(issuer.guard()), 401);
  request.rawHeaders = ["authorization", `Bearer ${await issuer.token({ aud: "other" })}`];
  assert.equal(await through(guard), 401);
});

test("a handler may ask for more, and what breaks is no refusal", async () => {
  assert.equal((await asked("/demand", await issuer.token())).body.code, "mfa_required");
  assert.equal((await asked("/demand", await issuer.token({ acr: "phr" }))).status, 200);
  assert.deepEqual((await asked("/broken", await issuer.token())).body, { error: "broken" });
  assert.equal((await asked("/broken")).status, 401);
});

test("a token that stands no longer is refused where the server is asked", async () => {
  const token = await issuer.token();
  assert.equal((await asked("/live", token)).status, 200);
  await issuer.web.post("", { token, consume: "true" }, ["api", issuer.settings.clientSecret]);
  assert.equal((await asked("/live", token)).body.error, "invalid_token");
});

test("an answer that is no clear yes, or one for another token, is no", async () => {
  for (const said of ["", "[]", "{}", '{"active":"true"}', '{"active":true,"active":true}', '{"active":true,"sub":"another"}']) {
    const by = issuer.guard({ web: { ...issuer.web, post: async () => Buffer.from(said) } });
    await assert.rejects(by.check(["Authorization", `Bearer ${await issuer.token({ one_use: true })}`]), Refusal);
  }
});

test("a route that has to ask the server cannot be made without credentials", () => {
  const bare = issuer.guard({ clientId: "", clientSecret: "" });
  assert.throws(() => bare.require({ oneUse: true }), TypeError);
});

test("what is passed over would leave an operation open, so nothing is", async () => {
  const issuer = await createIssuer();
  const guard = issuer.guard();
  for (const strange of [{ scopes: "transfer:funds" }, { max_age: 60 }, { one_use: true }, { acr_values: "phr" }]) {
    assert.throws(() => guard.require(strange), TypeError);
    assert.throws(() => requirement(strange), TypeError);
  }
  const token = await guard.check(["authorization", `Bearer ${await issuer.token()}`]);
  await assert.rejects(guard.demand(token), TypeError);
  assert.equal(await guard.demand(token, {}), token);
  let told;
  const request = { rawHeaders: ["authorization", `Bearer ${await issuer.token()}`] };
  await guard.require(() => undefined)(request, {}, (fault) => (told = fault));
  assert.ok(told instanceof TypeError);
});
