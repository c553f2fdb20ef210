import { type Need, type StepUp, stepUpIn } from "../../shared/assurance";

interface Call extends Need {
  body?: unknown;
  /** Where to go on after a step-up; left out by whoever comes from one, for nobody shall be sent in circles. */
  returnTo?: string;
}

/**
 * Calls our own route handler. Where the session's token is not enough, the browser goes to the server for a better one, which
 * asks for what is missing and for nothing else: often for nothing at all. Undefined: it has gone.
 */
export async function call(path: string, { scope, once = false, body, returnTo }: Call): Promise<Response | undefined> {
  const method = body === undefined ? "GET" : "POST";
  const answer = await fetch(path, { method, body: body === undefined ? undefined : JSON.stringify(body) });
  const more = stepUpIn(answer) ?? ((await codeOf(answer)) === "token_required" ? {} : undefined);
  if (!more || !returnTo) return answer;
  stepUp(once ? scope : `read:accounts ${scope}`, more, returnTo);
  return undefined;
}

const codeOf = async (answer: Response) => (answer.status === 401 ? (await answer.clone().json()).code : undefined);

function stepUp(scope: string, { acr_values, max_age }: StepUp, returnTo: string): void {
  const wanted = new URLSearchParams({ scope: `openid profile email ${scope}`, returnTo });
  if (acr_values) wanted.set("acr_values", acr_values);
  if (max_age) wanted.set("max_age", String(max_age));
  window.location.assign(`/auth/login?${wanted}`);
}
