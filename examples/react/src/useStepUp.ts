import { PopupOpenError, useAuth0 } from "@auth0/auth0-react";
import { useCallback } from "react";
import { type Need, type StepUp, stepUpIn } from "../../shared/assurance";

interface Call extends Need {
  method?: "GET" | "POST";
  body?: unknown;
}

/**
 * Calls the API with a token that is good enough for the call.
 *
 * First in silence; where more is needed, in the SDK's popup; where the browser blocks popups, by a redirect.
 */
export function useStepUp() {
  const { getAccessTokenSilently, loginWithRedirect } = useAuth0();

  return useCallback(
    async (path: string, { scope, once = false, method = "GET", body }: Call): Promise<Response> => {
      const token = async (more: StepUp = {}) => {
        try {
          // What is good for one use must not come from the cache, and what was refused must not either.
          const cacheMode = once || Object.keys(more).length ? "off" : "on";
          return await getAccessTokenSilently({ cacheMode, authorizationParams: { scope, ...more } });
        } catch (error) {
          if (error instanceof PopupOpenError) {
            await loginWithRedirect({ authorizationParams: { scope, ...more }, appState: { returnTo: window.location.pathname } });
          }
          throw error;
        }
      };
      const send = (bearer?: string) =>
        fetch(path, {
          method,
          headers: { authorization: `Bearer ${bearer}`, ...(body !== undefined && { "content-type": "application/json" }) },
          body: body === undefined ? undefined : JSON.stringify(body),
        });

      const answer = await send(await token());
      const more = stepUpIn(answer);
      return more ? send(await token(more)) : answer;
    },
    [getAccessTokenSilently, loginWithRedirect],
  );
}
