import { auth0 } from "@/lib/auth0";

/** Gives /auth/login, /auth/callback, /auth/logout and /auth/access-token. */
export const proxy = (request: Request) => auth0.middleware(request);

export const config = { matcher: ["/((?!_next/static|_next/image|favicon.ico).*)"] };
