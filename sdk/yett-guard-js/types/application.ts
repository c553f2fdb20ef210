// Compiled, never run: what an application in TypeScript writes.
import express from "express";
import { createGuard, MULTI_FACTOR, Refusal, type Need, type Token } from "yett-guard";
import { createIssuer } from "yett-guard/testing";

const guard = createGuard({ issuer: "https://issuer.test/", audience: "api", clients: ["web"] });
const app = express();
app.use(express.json());

app.post("/transfers", guard.require(({ body }): Need => (body.amount < 1000 ? { acr: MULTI_FACTOR, maxAge: 300 } : { oneUse: true })), async (request, response) => {
  const token: Token = request.token!;
  await guard.demand(token, { scope: ["a", "b"], details: { type: "transfer" } });
  response.json({ owner: token.subject, scope: token.scope });
});
app.use(guard.refusals);

// @ts-expect-error: seconds are a number
guard.require({ maxAge: "300" });

export async function tested(): Promise<number> {
  const issuer = await createIssuer();
  const refused = await issuer.guard().check([]).catch((fault: Refusal) => fault);
  return refused instanceof Refusal ? refused.status : 0;
}
