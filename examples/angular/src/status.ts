import { Component, computed, inject } from "@angular/core";
import { toSignal } from "@angular/core/rxjs-interop";
import { AuthService } from "@auth0/auth0-angular";
import { type Claims, day, hasMfa, moment, rememberedUntil } from "../../shared/assurance";

/** What the ID token says of the present login; the SDK renews it with every step-up. */
@Component({
  selector: "app-status",
  styles: ":host { display: contents; }",
  template: `
    <section class="card" aria-labelledby="status">
      <h2 id="status">How you are logged in</h2>
      <dl class="status">
        <div>
          <dt>Level</dt>
          <dd><span class="chip" [class]="mfa() ? 'good' : 'warn'">{{ mfa() ? "Two factors" : "Password only" }}</span></dd>
        </div>
        <div>
          <dt>Methods</dt>
          <dd>
            @for (one of claims()?.amr; track one) {
              <span class="chip">{{ one }}</span>
            } @empty {
              not said
            }
          </dd>
        </div>
        <div><dt>acr</dt><dd>{{ acr() }}</dd></div>
        <div><dt>Since</dt><dd>{{ since() }}</dd></div>
        <div><dt>Remembered</dt><dd>{{ remembered() }}</dd></div>
      </dl>
    </section>
  `,
})
export class Status {
  protected readonly claims = toSignal<Claims | null | undefined>(inject(AuthService).idTokenClaims$);
  protected readonly mfa = computed(() => hasMfa(this.claims() ?? undefined));
  protected readonly acr = computed(() => this.claims()?.acr?.split("/").at(-1) ?? "none");
  protected readonly since = computed(() => {
    const time = this.claims()?.auth_time;
    return time ? moment(time) : "not said";
  });
  protected readonly remembered = computed(() => {
    const until = rememberedUntil(this.claims() ?? undefined);
    return until ? `until ${day(until)}` : "not yet";
  });
}
