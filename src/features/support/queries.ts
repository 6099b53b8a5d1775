/** Queries on support threads. */
import { decode } from "../../../events/mod.ts";
import { type SupportOpened, type SupportParty, supportStream, supportSubject } from "../../../events/support.ts";
import type { SupportThreadRow } from "../../../projections/support_threads.ts";
import type { Sql } from "../../db/mod.ts";
import { type SupportState, supportDecider } from "../../domain/support.ts";
import { foldStream } from "../../log/fold.ts";
import type { EventLog } from "../../log/mod.ts";
import { isReplyToken } from "./reply_token.ts";

interface Asking {
  readonly thread_id: string;
  /** The reply token that was sent; `undefined`: the caller is an operator. */
  readonly secret: string | undefined;
}

/** A thread as both sides see it. */
interface Thread extends Pick<SupportState, "status" | "opened_at" | "closed_at"> {
  readonly thread_id: string;
  /** `null`: the sender, or the thread, was erased; the same holds of what they wrote. */
  readonly email: string | null;
  readonly messages: readonly { readonly from: SupportParty; readonly message: string | null; readonly at: string }[];
}

/** Threads with a status, or all, newest first, starting before a position. */
export function selectThreads(
  sql: Sql,
  {
    status,
    before,
    take,
  }: { status: SupportThreadRow["status"] | undefined; before: number | undefined; take: number },
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
  const [found] = await sql<[{ open: number; unanswered: number; oldest_unanswered_at: string | null }]>`
    select count(*)::int as open,
      (count(*) filter (where last_message_from = 'sender'))::int as unanswered,
      min(last_message_at) filter (where last_message_from = 'sender') as oldest_unanswered_at
    from levqor_read.support_threads
    where status = 'open'`;
  return found;
}

function withoutText(message: Thread["messages"][number]) {
  return { ...message, message: null };
}

/** Whether a thread is in the log. */
export async function isOpened(log: Pick<EventLog, "readStream">, thread_id: string): Promise<boolean> {
  return (await log.readStream(supportStream(thread_id), { limit: 1 })).length > 0;
}

/** A thread as it is now in the log; `undefined`: it does not exist, or the token belongs to another. */
export async function readThread(
  log: Pick<EventLog, "readStream">,
  { thread_id, secret }: Asking,
): Promise<Thread | undefined> {
  const { initial, evolve } = supportDecider;
  const stream_id = supportStream(thread_id);
  const { state } = await foldStream(log, { stream_id, evolve, known: { state: initial, version: 0 } });
  const { opened, status, opened_at, closed_at, messages } = state;
  if (!opened || !partyIn(opened, secret)) return undefined;
  const thread = { thread_id, status, email: opened.email, opened_at, closed_at, messages };
  // Its keys may not be destroyed yet.
  return status === "erased" ? { ...thread, email: null, messages: messages.map(withoutText) } : thread;
}

/** The caller's side of a thread, and whose data it has. */
export interface Side {
  readonly party: SupportParty;
  readonly subject: string;
}

/** The caller's side of a thread; `undefined`: it does not exist, or the token belongs to another. */
export async function sideOf(
  log: Pick<EventLog, "readStream">,
  { thread_id, secret }: Asking,
): Promise<Side | undefined> {
  const [first] = await log.readStream(supportStream(thread_id), { limit: 1 });
  if (!first) return undefined;
  const { data, meta } = decode(first);
  const party = partyIn(data as SupportOpened, secret);
  return party && { party, subject: meta.subject ?? supportSubject(thread_id) };
}

/** The caller's side of a thread; `undefined`: it is on neither side. */
function partyIn({ reply_token }: SupportOpened, secret: string | undefined): SupportParty | undefined {
  if (secret === undefined) return "operator";
  return isReplyToken(secret, reply_token) ? "sender" : undefined;
}
