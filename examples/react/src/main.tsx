import { Auth0Provider } from "@auth0/auth0-react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { config } from "./config";
import "../../shared/transfer.css";

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <Auth0Provider
      domain={config.domain}
      clientId={config.clientId}
      // Where the silent frame hears that a second factor is missing, the SDK opens its popup and does not end the session.
      interactiveErrorHandler="popup"
      authorizationParams={{ redirect_uri: window.location.origin, audience: config.audience, scope: "openid profile email" }}
      onRedirectCallback={(state) => window.history.replaceState({}, "", state?.returnTo ?? "/")}
    >
      <App />
    </Auth0Provider>
  </StrictMode>,
);
