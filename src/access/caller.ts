/** Who is calling, and what they may do. */
import { alarm } from "../async/mod.ts";
import { ALL_CUSTOMERS, EVERYTHING, type Reach } from "../domain/reach.ts";
import type { Scope } from "./scopes.ts";

export interface Caller {
  /**
   * In events and logs: `key:<first 8 hex digits of a configured key's SHA-256>`, `key:<id of an issued key>`,
   * `user:<id at the auth server>`, or `anonymous`. Never a secret.
   */
  readonly actor: string;
  /** Tells callers apart without being a secret: for Idempotency-Keys and rate limits. */
  readonly identity: string;
  readonly scopes: ReadonlySet<Scope> | "all";
  /** The workflows to which they are limited, by name. */
  readonly workflows: ReadonlySet<string> | "all";
  /** Of rate limits; `null`: anonymous. */
  readonly tier: string | null;
  /** Whether they may see and touch only the jobs that they submitted themselves. */
  readonly own_only: boolean;
  /** Whether they are the operator, or everyone is: what callers share may all be theirs. */
  readonly operator: boolean;
  /** When they lose all of this, in milliseconds since 1970; `null`: not by themselves. */
  readonly expires_at: number | null;
  /** Fires when the key that let them in is taken no more: what lasts longer than an answer must then end. */
  readonly ended?: AbortSignal;
}

/**
 * What the credential of a request says of the caller. `none`: it has no credential. `refused`: it has one that is not
 * taken, and why: one sentence for the caller, without the credential. `undecided`: that cannot be told now. `unchecked`:
 * it was not to be looked into.
 */
export type Identity =
  | { readonly kind: "known"; readonly caller: Caller }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "undecided"; readonly cause: unknown }
  | { readonly kind: "unchecked" }
  | { readonly kind: "none" };

/** Whether a caller may do what needs a scope. */
export function mayDo({ scopes }: Caller, scope: Scope): boolean {
  return scopes === "all" || scopes.has(scope);
}

/** What there is for a caller. */
export function reachOf({ workflows, own_only, operator, actor }: Caller): Reach {
  if (workflows !== "all" || own_only) return { workflows, owner: own_only ? actor : null, system: false };
  return operator ? EVERYTHING : ALL_CUSTOMERS;
}

/**
 * Calls `end` once when what let the caller in is taken no more: for what lasts longer than an answer. Returns the way
 * to be told no more.
 */
export function onLapse({ ended, expires_at }: Caller, end: () => void): () => void {
  // What has a signal is told by it of its time, too.
  const callOff = ended || expires_at === null ? undefined : alarm(Math.max(0, expires_at - Date.now()), end);
  ended?.addEventListener("abort", end);
  if (ended?.aborted) end();
  return () => {
    callOff?.();
    ended?.removeEventListener("abort", end);
  };
}
