import { useCallback, useEffect, useState, type FormEvent } from "react";
import { LARGE, money, transferOf } from "../../shared/assurance";
import { Status } from "./Status";
import { useStepUp } from "./useStepUp";

interface Account {
  number: string;
  balance: number;
}
interface Line {
  to: string;
  amount: number;
}

export function Home() {
  const call = useStepUp();
  const [account, setAccount] = useState<Account>();
  const [lines, setLines] = useState<Line[]>();
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState<{ kind: "good" | "bad"; text: string }>();

  const load = useCallback(async () => {
    const answer = await call("/api/account", { scope: "read:accounts" });
    if (answer.ok) setAccount(await answer.json());
  }, [call]);
  useEffect(() => void load().catch(() => undefined), [load]);

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
      const body = { from: account?.number, to, amount };
      const answer = await call("/api/transfers", { ...transferOf(amount), method: "POST", body });
      const said = await answer.json();
      if (!answer.ok) throw new Error(said.message ?? said.error);
      setAccount({ number: said.from, balance: said.balance });
      return `${money(amount)} sent to ${to}.`;
    });
  }

  function statement() {
    void act(async () => {
      const answer = await call("/api/statement", { scope: "read:statements" });
      const said = await answer.json();
      if (!answer.ok) throw new Error(said.message ?? said.error);
      setLines(said.lines);
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
      <Status key={said?.text} />
      <section className="card statement" aria-labelledby="statement">
        <h2 id="statement">Statement</h2>
        <p className="quiet">A second factor of the last 30 days is enough.</p>
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
