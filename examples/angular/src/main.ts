import { provideAuth0 } from "@auth0/auth0-angular";
import { provideZonelessChangeDetection } from "@angular/core";
import { bootstrapApplication } from "@angular/platform-browser";
import { App } from "./app";

// Set by `ng serve --define`.
declare const AUTH0_DOMAIN: string, AUTH0_CLIENT_ID: string, AUTH0_AUDIENCE: string;

bootstrapApplication(App, {
  providers: [
    provideZonelessChangeDetection(),
    provideAuth0({
      domain: AUTH0_DOMAIN,
      clientId: AUTH0_CLIENT_ID,
      // Where the silent frame hears that a second factor is missing, the SDK opens its popup and does not end the session.
      interactiveErrorHandler: "popup",
      authorizationParams: { redirect_uri: window.location.origin, audience: AUTH0_AUDIENCE, scope: "openid profile email" },
    }),
  ],
}).catch((fault: unknown) => console.error(fault));
