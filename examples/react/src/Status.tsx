import { useAuth0 } from "@auth0/auth0-react";
import { useEffect, useState } from "react";
import { type Claims, day, hasMfa, moment, rememberedUntil } from "../../shared/assurance";

/** What the ID token says of the present login. */
export function Status() {
  const { getIdTokenClaims } = useAuth0();
  const [claims, setClaims] = useState<Claims>();
  useEffect(() => void getIdTokenClaims().then(setClaims), [getIdTokenClaims]);
  const until = rememberedUntil(claims);
  return (
    <section className="card" aria-labelledby="status">
      <h2 id="status">How you are logged in</h2>
      <dl className="status">
        <div>
          <dt>Level</dt>
          <dd><span className={`chip ${hasMfa(claims) ? "good" : "warn"}`}>{hasMfa(claims) ? "Two factors" : "Password only"}</span></dd>
        </div>
        <div><dt>Methods</dt><dd>{claims?.amr?.map((one) => <span className="chip" key={one}>{one}</span>) ?? "not said"}</dd></div>
        <div><dt>acr</dt><dd>{claims?.acr?.split("/").at(-1) ?? "none"}</dd></div>
        <div><dt>Since</dt><dd>{claims?.auth_time ? moment(claims.auth_time) : "not said"}</dd></div>
        <div><dt>Remembered</dt><dd>{until ? `until ${day(until)}` : "not yet"}</dd></div>
      </dl>
    </section>
  );
}
