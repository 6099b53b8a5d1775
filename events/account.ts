/** Whom something belongs to. */
import type { EventMeta } from "./envelope.ts";

/** Whoever holds one of the operator's own keys, however often those are replaced; in development mode, everybody. */
export const OPERATOR = "operator";

/** The service itself: what it does of its own accord, such as the jobs that reactions submit, belongs to it. */
export const SYSTEM = "system";

/** The operator's own keys have no id: their actors name them by 8 hex digits of their SHA-256. */
const OPERATORS_ACTOR = /^(?:key:[0-9a-f]{8}|anonymous)$/;

/**
 * The account of whoever wrote what an event says: the one that its meta names, else the actor's own. `operator`, `system`,
 * `key:<id>` of an issued key, which outlives its secrets, or `user:<id>`.
 */
export function accountOf({ account, actor }: Pick<EventMeta, "account" | "actor">): string {
  return account ?? (OPERATORS_ACTOR.test(actor) ? OPERATOR : actor);
}

/**
 * Whose share of what callers share something takes: that of whoever brought it about, or, where it was the service, of whoever
 * wrote what it acts on. `null`: nobody's, as with what the operator does.
 */
export function chargedTo(meta: Pick<EventMeta, "account" | "actor">): string | null {
  const account = accountOf(meta.actor.startsWith("system:") ? meta : { actor: meta.actor });
  return account === OPERATOR || account === SYSTEM || account.startsWith("system:") ? null : account;
}

/**
 * Among whose concurrency keys an account's are: those of a user count among that user's own jobs, as nothing of another's
 * is to be felt. `""`: among those of the operator and of all issued keys, which share theirs.
 */
export function keyOwner(account: string): string {
  return account.startsWith("user:") ? account : "";
}
