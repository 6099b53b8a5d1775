/** Who is calling, and what they may do. */
import { CUSTOMERS_ACCOUNT, OPERATOR, ofAccount } from "../../events/account.ts";
import type { EventMeta } from "../../events/envelope.ts";
import { alarm } from "../async/mod.ts";
import type { Reach } from "../domain/reach.ts";
import { STEP_UP_MS } from "../domain/session.ts";
import { isOperatorScope, type Scope } from "./scopes.ts";

/** A user's session, here or at another auth server. */
export interface UserSession {
  /** `null`: at another auth server. */
  readonly id: string | null;
  /** When they signed in, in milliseconds since 1970; `null`: unknown. */
  readonly signed_in_at: number | null;
}

export interface Caller {
  /**
   * In events and logs: `key:<first 8 hex digits of a configured key's SHA-256>`, `key:<id of an issued key>`,
   * `user:<id at the auth server>`, or `anonymous`: see `ACTORS` in `events/envelope.ts`. Never a secret.
   */
  readonly actor: string;
  /** Identifies a caller without being a secret: for Idempotency-Keys. */
  readonly identity: string;
  /** The account that they act for: `operator`, `user:<id>` or `org:<id>`. Nothing of another exists for them. */
  readonly account: string;
  /** Whose rate limits and shares they use: the account's; each of the operator's keys has its own. */
  readonly counted_as: string;
  readonly scopes: ReadonlySet<Scope> | "all";
  /** The workflows to which they are limited, by name. */
  readonly workflows: ReadonlySet<string> | "all";
  /** The tier of their rate limits; `null`: anonymous. */
  readonly tier: string | null;
  /** Whether they are the operator, or everybody is: they may use all of what callers share. */
  readonly operator: boolean;
  /** When their access ends, in milliseconds since 1970; `null`: not by itself. */
  readonly expires_at: number | null;
  /**
   * One of them fires when the key or session that they used is no longer valid, or their membership has ended: anything
   * that lasts longer than a response must then end.
   */
  readonly ended?: readonly AbortSignal[];
  /** The session of a user; absent: they use a key, or none. */
  readonly session?: UserSession;
  /**
   * Calls `end` when the user, or the user whose account it is, is locked out. Returns a function that cancels this. Absent:
   * the caller acts for no user.
   */
  readonly onLockout?: (end: () => void) => () => void;
  /** The address that the auth server has verified, in its one spelling: personal. */
  readonly verified_email?: string;
}

export type LockoutReason = "suspended" | "erased";

/**
 * What a request's credential says about the caller. `none`: it has no credential. `refused`: it has one that is
 * rejected, with the reason as a sentence for the caller, without the credential. `undecided`: that cannot be
 * determined now. `unchecked`: it was not to be verified. `not_allowed`: the caller may not act for the account that the
 * request names. `locked_out`: the credential is valid, but its user is suspended, or erased.
 */
export type Identity =
  | { readonly kind: "known"; readonly caller: Caller }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "undecided"; readonly cause: unknown }
  | { readonly kind: "unchecked" }
  | { readonly kind: "not_allowed"; readonly caller: Caller }
  | { readonly kind: "locked_out"; readonly reason: LockoutReason; readonly caller: Caller }
  | { readonly kind: "none" };

/** Whether a caller has the scope that a call needs, and acts for an account that can have it. */
export function mayDo({ scopes, account }: Pick<Caller, "scopes" | "account">, scope: Scope): boolean {
  return (scopes === "all" || scopes.has(scope)) && (account === OPERATOR || !isOperatorScope(scope));
}

/** The tier of users without one. */
export const USER_TIER = "free";

const CUSTOMERS = new RegExp(`^${CUSTOMERS_ACCOUNT}$`);

/** Whether a text has the form of a customer's account. */
export function isCustomersAccount(account: string): boolean {
  return CUSTOMERS.test(account);
}

/** A caller as they act for another account than their own; `changes`: what else is different there. */
export function actingFor(caller: Caller, account: string, changes: Partial<Caller> = {}): Caller {
  // What one account asked for once says nothing about another.
  return { ...caller, ...changes, account, identity: `${caller.identity} ${account}` };
}

/**
 * Whether a caller may do what needs a recent sign-in. Keys may: they were issued, with their scopes, by somebody who
 * could.
 */
export function isRecent({ session }: Pick<Caller, "session">, now: number): boolean {
  if (!session) return true;
  return session.signed_in_at !== null && now - session.signed_in_at < STEP_UP_MS;
}

/** What exists for a caller. */
export function reachOf({ workflows, account, operator }: Caller): Reach {
  return { workflows, account, system: operator && workflows === "all" && account === OPERATOR };
}

/** What events that a caller causes say of them. */
export function metaOf({ actor, account }: Caller): Pick<EventMeta, "actor" | "account" | "subject"> {
  return { actor, ...ofAccount(account) };
}

/**
 * Calls `end` once when the caller's credential is no longer valid, for whatever lasts longer than a response. Returns
 * a function that cancels this.
 */
export function onAccessEnd({ ended = [], expires_at, onLockout }: Caller, end: () => void): () => void {
  const over = () => {
    cancel();
    end();
  };
  const cancel = () => {
    callOff?.();
    unwatch?.();
    for (const signal of ended) signal.removeEventListener("abort", over);
  };
  // Some signals report the expiry, too.
  const callOff = expires_at === null ? undefined : alarm(Math.max(0, expires_at - Date.now()), over);
  for (const signal of ended) signal.addEventListener("abort", over);
  const unwatch = onLockout?.(over);
  if (ended.some(({ aborted }) => aborted)) over();
  return cancel;
}
