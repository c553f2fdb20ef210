// The bank's API on Express, behind yett-guard.
import express from "express";
import { createGuard, MULTI_FACTOR } from "yett-guard";
import { account, amountOf, LARGE, statement, THIRTY_DAYS, transfer, TRANSFERS } from "../shared/bank.mjs";

const guard = createGuard();
const app = express();
app.use(express.json());

/** What a transfer needs depends on its value. */
const needed = ({ body }) =>
  amountOf(body) < LARGE
    ? { scope: "transfer:funds", acr: MULTI_FACTOR, maxAge: TRANSFERS }
    : { scope: "transfer:large", acr: MULTI_FACTOR, oneUse: true };

app.get("/api/account", guard.require({ scope: "read:accounts" }), ({ token }, response) => {
  response.json(account(token.subject));
});

app.get("/api/statement", guard.require({ scope: "read:statements", acr: MULTI_FACTOR, maxAge: THIRTY_DAYS }), ({ token }, response) => {
  response.json(statement(token.subject));
});

/** An order is one before anything is asked for it. */
const ordered = ({ body }, response, next) => (amountOf(body) === undefined ? response.status(400).json({ error: "no_order" }) : next());

app.post("/api/transfers", ordered, guard.require(needed), ({ token, body }, response) => {
  const done = transfer(token.subject, body);
  response.status(done ? 201 : 403).json(done ?? { error: "not_your_account" });
});

app.use(guard.refusals);
app.listen(Number(process.env.PORT ?? 3001), "127.0.0.1", function () {
  console.log(`listening on ${this.address().port}`);
});
