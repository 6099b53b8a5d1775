/** Who is calling, and what they may do. */
import { alarm } from "../async/mod.ts";
import { ALL_CUSTOMERS, EVERYTHING, type Reach } from "../domain/reach.ts";
import type { Scope } from "./scopes.ts";

export interface Caller {
  /**
   * In events and logs: `key:<first 8 hex digits of a configured key's SHA-256>`, `key:<id of an issued key>`,
   * `user:<id at the auth server>`, or `anonymous`: see `ACTORS` in `events/envelope.ts`. Never a secret.
   */
  readonly actor: string;
  /** Identifies a caller without being a secret: for Idempotency-Keys and rate limits. */
  readonly identity: string;
  readonly scopes: ReadonlySet<Scope> | "all";
  /** The workflows to which they are limited, by name. */
  readonly workflows: ReadonlySet<string> | "all";
  /** The tier of their rate limits; `null`: anonymous. */
  readonly tier: string | null;
  /** Whether they can access only jobs that they submitted themselves. */
  readonly own_only: boolean;
  /** Whether they are the operator, or everybody is: they may use all of what callers share. */
  readonly operator: boolean;
  /** When their access ends, in milliseconds since 1970; `null`: not by itself. */
  readonly expires_at: number | null;
  /** Fires when the key that they used is no longer valid: anything that lasts longer than a response must then end. */
  readonly ended?: AbortSignal;
}

/**
 * What a request's credential says about the caller. `none`: it has no credential. `refused`: it has one that is
 * rejected, with the reason as a sentence for the caller, without the credential. `undecided`: that cannot be
 * determined now. `unchecked`: it was not to be verified.
 */
export type Identity =
  | { readonly kind: "known"; readonly caller: Caller }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "undecided"; readonly cause: unknown }
  | { readonly kind: "unchecked" }
  | { readonly kind: "none" };

/** Whether a caller has the scope that a call needs. */
export function mayDo({ scopes }: Caller, scope: Scope): boolean {
  return scopes === "all" || scopes.has(scope);
}

/** What exists for a caller. */
export function reachOf({ workflows, own_only, operator, actor }: Caller): Reach {
  if (workflows !== "all" || own_only) return { workflows, owner: own_only ? actor : null, system: false };
  return operator ? EVERYTHING : ALL_CUSTOMERS;
}

/**
 * Calls `end` once when the caller's credential is no longer valid, for whatever lasts longer than a response. Returns
 * a function that cancels this.
 */
export function onAccessEnd({ ended, expires_at }: Caller, end: () => void): () => void {
  // A signal also reports the expiry.
  const callOff = ended || expires_at === null ? undefined : alarm(Math.max(0, expires_at - Date.now()), end);
  ended?.addEventListener("abort", end);
  if (ended?.aborted) end();
  return () => {
    callOff?.();
    ended?.removeEventListener("abort", end);
  };
}
