import type { SessionData } from "@auth0/nextjs-auth0/types";
import type { Claims } from "../../shared/assurance";

/** What the ID token says of the login: the SDK checked it before it was kept, and leaves these claims out of `user`. */
export function claimsOf(session: SessionData): Claims {
  const payload = session.tokenSet.idToken?.split(".")[1];
  if (!payload) return {};
  const { acr, amr, auth_time } = JSON.parse(Buffer.from(payload, "base64url").toString());
  return { acr, amr, auth_time };
}
