/** Queries on support threads. */
import type { StoredEvent } from "../../../events/envelope.ts";
import { decode, type KnownEvent } from "../../../events/mod.ts";
import { type SupportOpened, type SupportParty, supportStream } from "../../../events/support.ts";
import type { SupportThreadRow } from "../../../projections/support_threads.ts";
import type { Sql } from "../../db/mod.ts";
import type { EventLog } from "../../log/mod.ts";
import { isReplyToken } from "./reply_token.ts";

interface Asking {
  readonly thread_id: string;
  /** The reply token that was sent; `undefined`: the caller is an operator. */
  readonly secret: string | undefined;
}

/** A thread as both sides see it. Times are RFC 3339, UTC. */
interface Thread {
  readonly thread_id: string;
  readonly status: "open" | "closed";
  readonly email: string;
  readonly opened_at: string;
  readonly closed_at: string | null;
  /** In order; the first one opened it. */
  readonly messages: readonly { readonly from: SupportParty; readonly message: string; readonly at: string }[];
}

/** Threads with a status, or all, newest first, starting before a position. */
export function selectThreads(
  sql: Sql,
  { status, before, take }: { status: "open" | "closed" | undefined; before: number | undefined; take: number },
) {
  return sql<SupportThreadRow[]>`
    select thread_id, status, messages, last_message_from, last_message_at, opened_at, closed_at, position
    from levqor_read.support_threads
    where true ${status === undefined ? sql`` : sql`and status = ${status}`}
      ${before === undefined ? sql`` : sql`and position < ${before}`}
    order by position desc
    limit ${take}`;
}

/** The number of open threads, and of those that wait for an answer. */
export async function countWaiting(sql: Sql) {
  const [found] = await sql<{ open: number; unanswered: number; oldest_unanswered_at: string | null }[]>`
    select count(*)::int as open,
      (count(*) filter (where last_message_from = 'sender'))::int as unanswered,
      min(last_message_at) filter (where last_message_from = 'sender') as oldest_unanswered_at
    from levqor_read.support_threads
    where status = 'open'`;
  return found;
}

/** A thread as it is now in the log; `undefined`: it does not exist, or the token belongs to another. */
export async function readThread(
  log: Pick<EventLog, "readStream">,
  { thread_id, secret }: Asking,
): Promise<Thread | undefined> {
  const events = await log.readStream(supportStream(thread_id));
  return partyIn(events[0], secret) && threadOf(thread_id, events);
}

/** The caller's side of a thread; `undefined`: it does not exist, or the token belongs to another. */
export async function partyOf(
  log: Pick<EventLog, "readStream">,
  { thread_id, secret }: Asking,
): Promise<SupportParty | undefined> {
  const [first] = await log.readStream(supportStream(thread_id), { limit: 1 });
  return partyIn(first, secret);
}

/** The caller's side of a thread, by its first event; `undefined`: it is on neither side. */
function partyIn(first: StoredEvent | undefined, secret: string | undefined): SupportParty | undefined {
  if (!first) return undefined;
  if (secret === undefined) return "operator";
  const { reply_token } = decode(first).data as SupportOpened;
  return isReplyToken(secret, reply_token) ? "sender" : undefined;
}

function threadOf(thread_id: string, events: readonly StoredEvent[]): Thread {
  const none: Thread = { thread_id, status: "open", email: "", opened_at: "", closed_at: null, messages: [] };
  return events.map(decode).reduce(withEvent, none);
}

function withEvent(thread: Thread, event: KnownEvent): Thread {
  const { recorded_at: at } = event;
  switch (event.type) {
    case "support.opened": {
      const { email, message } = event.data;
      return { ...thread, email, opened_at: at, messages: [{ from: "sender", message, at }] };
    }
    case "support.message_added":
      return { ...thread, messages: [...thread.messages, { ...event.data, at }] };
    case "support.closed":
      return { ...thread, status: "closed", closed_at: at };
    case "support.reopened":
      return { ...thread, status: "open", closed_at: null };
    default:
      return thread;
  }
}
