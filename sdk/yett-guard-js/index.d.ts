import type { ErrorRequestHandler, Request, RequestHandler } from "express";

export const MULTI_FACTOR: string;
export const PHISHING_RESISTANT: string;

type Words = string | Iterable<string>;
type Json = Record<string, unknown>;

/** All of it has to be met; of `acr` any one value. Lists of words may be strings with spaces. */
export interface Need {
  acr?: Words;
  /** Seconds since the oldest proof that counts. */
  maxAge?: number;
  amr?: Words;
  scope?: Words;
  /** The token must have been given for this operation alone, and is consumed by it. */
  oneUse?: boolean;
  /** What its user must have approved, exactly (RFC 9396). */
  details?: Json;
  /** The server is asked whether the token still stands. */
  live?: boolean;
}

export interface Requirement {
  acr: string[];
  maxAge: number | undefined;
  amr: string[];
  scope: string[];
  oneUse: boolean;
  details: Json | undefined;
  live: boolean;
}

export interface Token {
  readonly raw: string;
  readonly claims: Json;
  readonly subject: string;
  readonly client: string;
  readonly scope: string[];
  readonly oneUse: boolean;
  readonly consumed: boolean;
  readonly details: Json[];
}

/** Asks the authorization server; both give the body of a 200. */
export interface Web {
  get(url: string): Promise<Uint8Array>;
  post(url: string, fields: Record<string, string>, client: [string, string]): Promise<Uint8Array>;
}

export interface Options {
  issuer?: string;
  audience?: string;
  clientId?: string;
  clientSecret?: string;
  /** The applications that are served; empty: all of the issuer's. */
  clients?: string[];
  algorithms?: string[];
  /** Seconds that two clocks may differ; 10. */
  leeway?: number;
  /** URL that challenges name (RFC 9728). */
  resourceMetadata?: string;
  env?: Record<string, string | undefined>;
  web?: Web;
  clock?: () => number;
}

export interface Guard {
  require(wanted?: Need | ((request: Request) => Need | Promise<Need>)): RequestHandler;
  demand(token: Token, need: Need): Promise<Token>;
  check(rawHeaders: string[], need?: Requirement | (() => Requirement | Promise<Requirement>)): Promise<Token>;
  need(options: Need): Requirement;
  readonly refusals: ErrorRequestHandler;
}

export class Refusal extends Error {
  readonly status: number;
  readonly error: string;
  readonly description: string;
  readonly needs: Json;
  readonly headers: Record<string, string>;
  readonly body: Json;
}

export function createGuard(options?: Options): Guard;
export function requirement(need?: Need): Requirement;
export function enough(claims: Json, need: Requirement, now: number, implies?: Map<string, string[]>): Refusal | undefined;
export function same(one: unknown, other: unknown): boolean;

declare global {
  namespace Express {
    interface Request {
      token?: Token;
    }
  }
}
