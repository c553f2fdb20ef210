"use client";

import { mfa } from "@auth0/nextjs-auth0/client";
import { useRouter } from "next/navigation";
import { useEffect, useState, type FormEvent } from "react";
import { type Claims, LARGE, money, transferOf } from "../../shared/assurance";
import { Status } from "./Status";

export function Home({ claims, audience }: { claims: Claims; audience: string }) {
  const router = useRouter();
  const [account, setAccount] = useState<{ number: string; balance: number }>();
  const [lines, setLines] = useState<{ to: string; amount: number }[]>();
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<{ kind: "good" | "bad"; text: string }>();

  useEffect(() => {
    void fetch("/api/account").then(async (answer) => answer.ok && setAccount(await answer.json()));
  }, []);

  /** Calls our own route handler; where it wants more, steps up in the SDK's popup and calls again. */
  async function call(path: string, scope: string, init?: RequestInit) {
    let answer = await fetch(path, init);
    if (answer.status === 401 && (await answer.clone().json()).code === "mfa_required") {
      await mfa.challengeWithPopup({ audience, scope: `openid profile email ${scope}` });
      router.refresh();
      answer = await fetch(path, init);
    }
    const done = await answer.json();
    if (!answer.ok) throw new Error(done.message ?? done.error);
    return done;
  }

  /** One thing at a time, and what came of it. */
  async function act(work: () => Promise<string>) {
    setBusy(true);
    setSaid(undefined);
    try {
      setSaid({ kind: "good", text: await work() });
    } catch (error) {
      setSaid({ kind: "bad", text: error instanceof Error ? error.message : String(error) });
    } finally {
      setBusy(false);
    }
  }

  function transfer(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const to = String(form.get("to"));
    const amount = Number(form.get("amount"));
    void act(async () => {
      const body = JSON.stringify({ from: account?.number, to, amount });
      const done = await call("/api/transfers", transferOf(amount).scope, { method: "POST", body });
      setAccount({ number: done.from, balance: done.balance });
      return `${money(amount)} sent to ${to}.`;
    });
  }

  function statement() {
    void act(async () => {
      setLines((await call("/api/statement", "read:statements")).lines);
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
          <p className="quiet" id="limit">From {money(LARGE)} on, every transfer is approved by itself.</p>
          <button className="main" disabled={busy}>Transfer</button>
        </form>
      </section>
      <Status claims={claims} />
      <section className="card statement" aria-labelledby="statement">
        <h2 id="statement">Statement</h2>
        <p className="quiet">Your second factor is enough for 30 days.</p>
        {lines && (
          <ul className="lines">
            {lines.map((line, at) => <li key={at}><span>{line.to}</span><span>{money(-line.amount)}</span></li>)}
          </ul>
        )}
        <p><button onClick={statement} disabled={busy}>Show statement</button></p>
      </section>
    </main>
  );
}
