"use client";

import { type Claims, day, hasMfa, moment, rememberedUntil } from "../../shared/assurance";

/** What the ID token says of the present login. Rendered in the browser, which knows the time zone. */
export function Status({ claims }: { claims: Claims }) {
  const until = rememberedUntil(claims);
  return (
    <section className="card" aria-labelledby="status">
      <h2 id="status">How you are logged in</h2>
      <dl className="status">
        <div>
          <dt>Level</dt>
          <dd><span className={`chip ${hasMfa(claims) ? "good" : "warn"}`}>{hasMfa(claims) ? "Two factors" : "Password only"}</span></dd>
        </div>
        <div><dt>Methods</dt><dd>{claims.amr?.map((one) => <span className="chip" key={one}>{one}</span>) ?? "not said"}</dd></div>
        <div><dt>acr</dt><dd>{claims.acr?.split("/").at(-1) ?? "none"}</dd></div>
        <div><dt>Since</dt><dd suppressHydrationWarning>{claims.auth_time ? moment(claims.auth_time) : "not said"}</dd></div>
        <div><dt>Remembered</dt><dd suppressHydrationWarning>{until ? `until ${day(until)}` : "not yet"}</dd></div>
      </dl>
    </section>
  );
}
