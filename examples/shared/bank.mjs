// The bank behind every back-end in JavaScript: accounts in memory, and the rules that its API has for them.
import { createHash } from "node:crypto";

export const MULTI_FACTOR = "http://schemas.openid.net/pape/policies/2007/06/multi-factor";
/** From this amount on, in euros, a transfer is approved by itself. */
export const LARGE = 1000;
/** For how long, in seconds, a second factor is enough: for transfers below that, and to read the statement. */
export const TRANSFERS = Number(process.env.TRANSFER_MAX_AGE ?? 300);
export const THIRTY_DAYS = 30 * 24 * 3600;
/** Whose tokens are taken: applications that this bank knows. */
export const CLIENTS = (process.env.YETT_CLIENTS ?? "").split(" ").filter(Boolean);

const sent = new Map();
export const numberOf = (owner) => createHash("sha256").update(owner).digest("hex").slice(0, 8);

export function account(owner) {
  const spent = (sent.get(owner) ?? []).reduce((sum, line) => sum + line.amount, 0);
  return { number: numberOf(owner), balance: Math.round((5000 - spent) * 100) / 100 };
}

export const statement = (owner) => ({ lines: [...(sent.get(owner) ?? [])].reverse() });

/** The amount of an order; undefined for anything that is none. */
export function amountOf(order) {
  const amount = order?.to ? order.amount : undefined;
  return typeof amount === "number" && amount > 0 && amount < 1_000_000 ? amount : undefined;
}

/** Send it. Gives undefined for an account of somebody else. */
export function transfer(owner, order) {
  if ((order.from ?? numberOf(owner)) !== numberOf(owner)) return undefined;
  const line = { to: String(order.to), amount: order.amount };
  sent.set(owner, [...(sent.get(owner) ?? []), line]);
  return { from: numberOf(owner), ...line, balance: account(owner).balance };
}
