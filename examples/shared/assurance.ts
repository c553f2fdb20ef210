// What every front-end knows of the bank's rules. They are enforced by its API alone: here they save a round trip, and explain.

export const MULTI_FACTOR = "http://schemas.openid.net/pape/policies/2007/06/multi-factor";
/** From this amount on, a transfer is approved by itself: its scope is good for one use. */
export const LARGE = 1000;
const THIRTY_DAYS = 30 * 24 * 3600;

/** What a token says of the login that it came from (the SDKs type auth_time as a string; it is a number). */
export interface Claims {
  acr?: string;
  amr?: string[];
  auth_time?: number | string;
}

/** What a token must be good for. */
export interface Need {
  scope: string;
  once?: boolean;
}

/** What an API asks for in place of the token it was shown (RFC 9470, 3). */
export interface StepUp {
  acr_values?: string;
  max_age?: number;
}

export const transferOf = (amount: number): Need => (amount < LARGE ? { scope: "transfer:funds" } : { scope: "transfer:large", once: true });

export const hasMfa = (claims?: Claims): boolean => claims?.amr?.includes("mfa") ?? false;

/** Until when, in milliseconds, a second factor is remembered: 30 days from `auth_time`. Undefined: it is not. */
export function rememberedUntil(claims?: Claims, now = Date.now()): number | undefined {
  if (!hasMfa(claims) || !claims?.auth_time) return undefined;
  const until = (Number(claims.auth_time) + THIRTY_DAYS) * 1000;
  return until > now ? until : undefined;
}

/** The step-up that a 401 asks for; undefined where it asks for none. */
export function stepUpIn(answer: Response): StepUp | undefined {
  const header = answer.headers.get("www-authenticate") ?? "";
  if (answer.status !== 401 || !header.includes('error="insufficient_user_authentication"')) return undefined;
  const found = Object.fromEntries([...header.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
  return {
    ...(found["acr_values"] && { acr_values: found["acr_values"] }),
    ...(found["max_age"] && { max_age: Number(found["max_age"]) }),
  };
}

export const money = (amount: number): string => new Intl.NumberFormat("en", { style: "currency", currency: "EUR" }).format(amount);
export const day = (time: number): string => new Intl.DateTimeFormat("en", { dateStyle: "long" }).format(time);
export const moment = (seconds: number | string): string => new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" }).format(Number(seconds) * 1000);
