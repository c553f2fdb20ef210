import { useAuth0 } from "@auth0/auth0-react";
import { useState } from "react";
import { hasMfa, MULTI_FACTOR } from "../../shared/assurance";
import { Status } from "./Status";

/** Step-up in its shortest form: look at the claims, else redirect with `acr_values`. */
export function Basic() {
  const { getAccessTokenSilently, getIdTokenClaims, loginWithRedirect } = useAuth0();
  const [said, setSaid] = useState("");

  async function transfer() {
    const scope = "transfer:funds";
    if (!hasMfa(await getIdTokenClaims())) {
      return loginWithRedirect({ authorizationParams: { scope, acr_values: MULTI_FACTOR }, appState: { returnTo: "/basic" } });
    }
    const token = await getAccessTokenSilently({ authorizationParams: { scope } });
    const answer = await fetch("/api/transfers", {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ to: "Ada Lovelace", amount: 50 }),
    });
    setSaid(answer.ok ? "€50.00 sent to Ada Lovelace." : `Refused: ${(await answer.json()).error}`);
  }

  return (
    <main className="home">
      <h1>Move money</h1>
      <p className="said" role="status">{said}</p>
      <section className="card" aria-labelledby="transfer">
        <h2 id="transfer">€50.00 to Ada Lovelace</h2>
        <p className="quiet">One button, one check, one redirect.</p>
        <p><button className="main" onClick={() => void transfer()}>Transfer</button></p>
      </section>
      <Status key={said} />
    </main>
  );
}
