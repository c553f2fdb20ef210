import { useAuth0 } from "@auth0/auth0-vue";
import { type Need, type StepUp, stepUpIn } from "../../shared/assurance";

interface Call extends Need {
  method?: "GET" | "POST";
  body?: unknown;
}

/** Calls the API with a token that is good enough for the call: first in silence; where more is needed, in the SDK's popup. */
export function useStepUp() {
  const { getAccessTokenSilently } = useAuth0();

  return async function call(path: string, { scope, once = false, method = "GET", body }: Call): Promise<Response> {
    const send = async (more: StepUp = {}) => {
      // What is good for one use must not come from the cache, and what was refused must not either.
      const cacheMode = once || Object.keys(more).length ? "off" : "on";
      const token = await getAccessTokenSilently({ cacheMode, authorizationParams: { scope, ...more } });
      return fetch(path, {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { "content-type": "application/json" }) },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
    };
    const answer = await send();
    const more = stepUpIn(answer);
    return more ? send(more) : answer;
  };
}
