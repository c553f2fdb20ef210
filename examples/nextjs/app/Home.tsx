"use client";

import { useEffect, useRef, useState, type FormEvent } from "react";
import { type Claims, LARGE, money, transferOf } from "../../shared/assurance";
import { call } from "@/lib/step-up";
import { Status } from "./Status";

const WAITING = "waiting";
const STATEMENT = "statement";
const GO_ON = "?go-on";

interface Order {
  to: string;
  amount: number;
}

export function Home({ claims }: { claims: Claims }) {
  const [account, setAccount] = useState<{ number: string; balance: number }>();
  const [lines, setLines] = useState<{ to: string; amount: number }[]>();
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<{ kind: "good" | "bad"; text: string }>();
  const begun = useRef(false);

  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    // What was waiting for a step-up goes on, once.
    const waiting = sessionStorage.getItem(WAITING);
    sessionStorage.removeItem(WAITING);
    const goesOn = waiting && window.location.search === GO_ON;
    if (goesOn && waiting !== STATEMENT) send(JSON.parse(waiting));
    else void load();
    if (goesOn && waiting === STATEMENT) statement();
    window.history.replaceState({}, "", "/");
  }, []);

  async function load() {
    const answer = await call("/api/account", { scope: "read:accounts", returnTo: "/" });
    if (answer?.ok) setAccount(await answer.json());
  }

  /** One thing at a time, and what came of it. */
  async function act(work: () => Promise<Response | undefined>, then: (done: any) => string) {
    setBusy(true);
    setSaid(undefined);
    try {
      const answer = await work();
      if (!answer) return; // The browser is on its way to a step-up.
      const done = await answer.json();
      setSaid(answer.ok ? { kind: "good", text: then(done) } : { kind: "bad", text: done.message ?? done.error });
      setBusy(false);
    } catch (error) {
      setSaid({ kind: "bad", text: String(error) });
      setBusy(false);
    }
  }

  /** Do it, and where a step-up comes between, go on after it. Who comes from one is not sent to another. */
  function goOn(waiting: string, to: string | undefined, work: (returnTo?: string) => Promise<Response | undefined>, then: (done: any) => string) {
    if (to) sessionStorage.setItem(WAITING, waiting);
    void act(() => work(to), (done) => {
      sessionStorage.removeItem(WAITING);
      return then(done);
    });
  }

  function send(order: Order, to?: string) {
    const body = { from: account?.number, ...order };
    goOn(JSON.stringify(order), to, (returnTo) => call("/api/transfers", { ...transferOf(order.amount), body, returnTo }), (done) => {
      setAccount({ number: done.from, balance: done.balance });
      return `${money(order.amount)} sent to ${order.to}.`;
    });
  }

  function transfer(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    send({ to: String(form.get("to")), amount: Number(form.get("amount")) }, `/${GO_ON}`);
  }

  function statement(to?: string) {
    goOn(STATEMENT, to, (returnTo) => call("/api/statement", { scope: "read:statements", returnTo }), (done) => {
      setLines(done.lines);
      return "Here is your statement.";
    });
  }

  return (
    <main className="home">
      <h1>Move money</h1>
      <p className={`said ${said?.kind ?? ""}`} role="status">{said?.text}</p>
      <section className="card" aria-labelledby="transfer">
        <h2 id="transfer">New transfer</h2>
        <p className="balance">Balance <strong>{account ? money(account.balance) : "…"}</strong></p>
        <form onSubmit={transfer}>
          <label>To <input name="to" required defaultValue="Ada Lovelace" autoComplete="off" /></label>
          <label>
            Amount in euros
            <input name="amount" type="number" min="1" step="0.01" required defaultValue="50" aria-describedby="limit" />
          </label>
          <p className="quiet" id="limit">From {money(LARGE)} on, each transfer needs an approval of its own.</p>
          <button className="main" disabled={busy}>Transfer</button>
        </form>
      </section>
      <Status claims={claims} />
      <section className="card statement" aria-labelledby="statement">
        <h2 id="statement">Statement</h2>
        <p className="quiet">A second factor of the last 30 days is enough.</p>
        {lines && (
          <ul className="lines">
            {lines.map((line, at) => <li key={at}><span>{line.to}</span><span>{money(-line.amount)}</span></li>)}
          </ul>
        )}
        <p><button onClick={() => statement(`/${GO_ON}`)} disabled={busy}>Show statement</button></p>
      </section>
    </main>
  );
}
