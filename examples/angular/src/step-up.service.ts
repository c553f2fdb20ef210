import { inject, Injectable } from "@angular/core";
import { AuthService } from "@auth0/auth0-angular";
import { firstValueFrom } from "rxjs";
import { type Need, type StepUp, stepUpIn } from "../../shared/assurance";

interface Call extends Need {
  method?: "GET" | "POST";
  body?: unknown;
}

/** Calls the API with a token that is good enough for the call: first in silence; where more is needed, in the SDK's popup. */
@Injectable({ providedIn: "root" })
export class StepUpService {
  private readonly auth = inject(AuthService);

  async call(path: string, need: Call): Promise<Response> {
    const answer = await this.send(path, need);
    const more = stepUpIn(answer);
    return more ? this.send(path, need, more) : answer;
  }

  private async send(path: string, { scope, once = false, method = "GET", body }: Call, more: StepUp = {}): Promise<Response> {
    // What is good for one use must not come from the cache, and what was refused must not either.
    const cacheMode = once || Object.keys(more).length ? "off" : "on";
    const token = await firstValueFrom(this.auth.getAccessTokenSilently({ cacheMode, authorizationParams: { scope, ...more } }));
    return fetch(path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { "content-type": "application/json" }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  }
}
