/** The account that something belongs to. */
import type { EventMeta } from "./envelope.ts";

/** The holders of the operator's own keys, however often those are replaced; in development mode, everybody. */
export const OPERATOR = "operator";

/** The service itself: what it does automatically, such as the jobs that reactions submit, belongs to it. */
export const SYSTEM = "system";

/** Callers without a key, where others need one: nobody knows who they are, so they count as one. */
export const VISITOR = "visitor";

/** The operator's own keys have no id: their actors are 8 hex digits of their SHA-256. */
const OPERATORS_ACTOR = /^(?:key:[0-9a-f]{8}|anonymous)$/;

/**
 * The account of the author of an event's data: the one that its meta names, or else the actor's own. `operator`,
 * `system`, `visitor`, `key:<id>` for an issued key, which outlives its secrets, or `user:<id>`.
 */
export function accountOf({ account, actor }: Pick<EventMeta, "account" | "actor">): string {
  return account ?? (OPERATORS_ACTOR.test(actor) ? OPERATOR : actor);
}

/**
 * The account whose share of common resources something uses: that of whoever caused it, or, if that was the service,
 * of the author of what it acts on. `null`: nobody's, as for the operator.
 */
export function chargedTo(meta: Pick<EventMeta, "account" | "actor">): string | null {
  const account = accountOf(meta.actor.startsWith("system:") ? meta : { actor: meta.actor });
  return account === OPERATOR || account === SYSTEM || account.startsWith("system:") ? null : account;
}

/**
 * The owner under whose concurrency keys an account's keys count: a user's keys count among that user's own jobs, so
 * that nobody notices another's. `""`: the operator and all issued keys share theirs.
 */
export function keyOwner(account: string): string {
  return account.startsWith("user:") ? account : "";
}
