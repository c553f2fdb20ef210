import { Component, inject, type OnInit, signal } from "@angular/core";
import { LARGE, money, transferOf } from "../../shared/assurance";
import { Status } from "./status";
import { StepUpService } from "./step-up.service";

@Component({
  selector: "app-home",
  imports: [Status],
  styles: ":host { display: contents; }",
  template: `
    <main class="home">
      <h1>Move money</h1>
      <p class="said" [class]="said().kind" role="status">{{ said().text }}</p>
      <section class="card" aria-labelledby="transfer">
        <h2 id="transfer">New transfer</h2>
        <p class="balance">Balance <strong>{{ balance() }}</strong></p>
        <form (submit)="transfer($event, to.value, amount.valueAsNumber)">
          <label>To <input #to name="to" required value="Ada Lovelace" autocomplete="off" /></label>
          <label>
            Amount in euros
            <input #amount name="amount" type="number" min="1" step="0.01" required value="50" aria-describedby="limit" />
          </label>
          <p class="quiet" id="limit">From {{ limit }} on, each transfer needs an approval of its own.</p>
          <button class="main" [disabled]="busy()">Transfer</button>
        </form>
      </section>
      <app-status />
      <section class="card statement" aria-labelledby="statement">
        <h2 id="statement">Statement</h2>
        <p class="quiet">A second factor of the last 30 days is enough.</p>
        @if (lines(); as found) {
          <ul class="lines">
            @for (line of found; track $index) {
              <li><span>{{ line.to }}</span><span>{{ line.amount }}</span></li>
            }
          </ul>
        }
        <p><button [disabled]="busy()" (click)="statement()">Show statement</button></p>
      </section>
    </main>
  `,
})
export class Home implements OnInit {
  private readonly stepUp = inject(StepUpService);
  private number = "";
  protected readonly limit = money(LARGE);
  protected readonly balance = signal("…");
  protected readonly lines = signal<{ to: string; amount: string }[] | undefined>(undefined);
  protected readonly busy = signal(false);
  protected readonly said = signal({ kind: "", text: "" });

  async ngOnInit(): Promise<void> {
    const answer = await this.stepUp.call("/api/account", { scope: "read:accounts" });
    if (answer.ok) this.show(await answer.json());
  }

  protected transfer(event: Event, to: string, amount: number): void {
    event.preventDefault();
    void this.act(async () => {
      const body = { from: this.number, to, amount };
      const answer = await this.stepUp.call("/api/transfers", { ...transferOf(amount), method: "POST", body });
      const done = await answer.json();
      if (!answer.ok) throw new Error(done.message ?? done.error);
      this.show({ number: done.from, balance: done.balance });
      return `${money(amount)} sent to ${to}.`;
    });
  }

  protected statement(): void {
    void this.act(async () => {
      const answer = await this.stepUp.call("/api/statement", { scope: "read:statements" });
      const done = await answer.json();
      if (!answer.ok) throw new Error(done.message ?? done.error);
      this.lines.set(done.lines.map((line: { to: string; amount: number }) => ({ to: line.to, amount: money(-line.amount) })));
      return "Here is your statement.";
    });
  }

  private show(account: { number: string; balance: number }): void {
    this.number = account.number;
    this.balance.set(money(account.balance));
  }

  /** One thing at a time, and what came of it. */
  private async act(work: () => Promise<string>): Promise<void> {
    this.busy.set(true);
    this.said.set({ kind: "", text: "" });
    try {
      this.said.set({ kind: "good", text: await work() });
    } catch (error) {
      this.said.set({ kind: "bad", text: error instanceof Error ? error.message : String(error) });
    } finally {
      this.busy.set(false);
    }
  }
}
