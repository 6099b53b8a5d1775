/** Accounts: everything belongs to one, and exists for no other. */
import type { EventMeta } from "./envelope.ts";

/** The holders of the operator's own keys, however often those are replaced; in development mode, everybody. */
export const OPERATOR = "operator";

/** The service itself: what it does automatically, such as the jobs that reactions submit, belongs to it. */
export const SYSTEM = "system";

/** Callers without a key, where others need one: nobody knows who they are, so they count as one. */
export const VISITOR = "visitor";

/**
 * What the name of a customer's account looks like, as a regular expression: a user's own, or an organisation's. In
 * capitals an id would be nobody's.
 */
export const CUSTOMERS_ACCOUNT = "(?:user|org):[0-9a-z-]{1,64}";

/** The operator's own keys have no id: their actors are 8 hex digits of their SHA-256. */
const OPERATORS_ACTOR = /^(?:key:[0-9a-f]{8}|anonymous)$/;

/**
 * The account that an event belongs to: `user:<id>`, `org:<id>`, `operator` or `system`. Events from before there were
 * accounts name an issued key or a visitor there, as the author of what was the operator's.
 */
export function accountOf({ account = OPERATOR }: Pick<EventMeta, "account">): string {
  return account.startsWith("key:") || account === VISITOR ? OPERATOR : account;
}

/**
 * What an event's meta says of its account: nothing if it is the operator's, as most are where there is no other. What
 * belongs to a user alone is about them, so they are its subject.
 */
export function ofAccount(account: string): Pick<EventMeta, "account" | "subject"> {
  if (account === OPERATOR) return {};
  return account.startsWith("user:") ? { account, subject: account } : { account };
}

/**
 * The author of an event's data: its account. Of what is the operator's, the issued key, `key:<id>`, which outlives its
 * secrets and may be in other hands than the next one; or `operator`, or `visitor`.
 */
export function authorOf({ account, author, actor }: Pick<EventMeta, "account" | "author" | "actor">): string {
  if (account !== undefined && account !== OPERATOR) return account;
  const one = author ?? actor;
  return OPERATORS_ACTOR.test(one) ? OPERATOR : one;
}

/** What an event's meta says if its data was written by somebody else than its actor. */
export function writtenBy({
  account,
  author,
}: {
  account: string;
  author: string;
}): Pick<EventMeta, "account" | "author" | "subject"> {
  return account === OPERATOR ? { author } : ofAccount(account);
}

/**
 * Whose share of common resources something uses: that of whoever caused it, or, if that was the service, of the author
 * of what it acts on. `null`: nobody's, as for the operator.
 */
export function chargedTo({ actor, account, author }: Pick<EventMeta, "account" | "author" | "actor">): string | null {
  const one = authorOf(actor.startsWith("system:") ? { actor, account, author } : { actor, account });
  return one === OPERATOR || one === SYSTEM || one.startsWith("system:") ? null : one;
}
