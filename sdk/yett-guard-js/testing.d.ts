import type { Guard, Options } from "yett-guard";

export interface Issuer {
  down: boolean;
  settings: Options;
  token(claims?: Record<string, unknown>): Promise<string>;
  signed(claims: Record<string, unknown> | string, header?: Record<string, unknown>): Promise<string>;
  guard(options?: Options): Guard;
}

export function createIssuer(options?: { issuer?: string; audience?: string; clock?: () => number }): Promise<Issuer>;
