/** Commands on support threads. */
import type { EventMeta } from "../../../events/envelope.ts";
import { decode } from "../../../events/mod.ts";
import { type SupportOpened, supportStream } from "../../../events/support.ts";
import { type SupportCommand, type SupportRejection, type SupportState, supportDecider } from "../../domain/support.ts";
import { isSameJson } from "../../json/mod.ts";
import { type EventLog, type Handled, handle } from "../../log/mod.ts";
import { newReplyToken, replyToken } from "./reply_token.ts";

/** Runs a command on a thread. Throws what `log.append` throws. */
export function changeThread(
  log: EventLog,
  { thread_id, ...handling }: { thread_id: string; command: SupportCommand; meta: EventMeta },
): Promise<Handled<SupportState, SupportRejection>> {
  return handle(log, { stream_id: supportStream(thread_id), decider: supportDecider, ...handling });
}

interface Opening extends Pick<SupportOpened, "email" | "message"> {
  readonly thread_id: string;
  /** `null`: the request has none, so it is not a repetition. */
  readonly idempotency_key: string | null;
  readonly meta: EventMeta;
}

/** A thread that was opened; `replayed`: by an earlier request with the same Idempotency-Key. */
export interface OpenedThread {
  readonly position: number;
  readonly reply_token: string;
  readonly replayed: boolean;
}

/** Opens a thread; `undefined` if its Idempotency-Key has opened another. Throws what `log.append` throws. */
export async function openThread(
  log: EventLog,
  { thread_id, idempotency_key, meta, ...asked }: Opening,
): Promise<OpenedThread | undefined> {
  const { text, recorded } = newReplyToken(idempotency_key);
  const handled = await handle(log, {
    stream_id: supportStream(thread_id),
    decider: supportDecider,
    command: { type: "open", ...asked, reply_token: recorded },
    meta,
  });
  if (handled.ok) return { position: handled.position as number, reply_token: text, replayed: false };
  return await openedBefore(log, { thread_id, idempotency_key, ...asked });
}

async function openedBefore(
  log: Pick<EventLog, "readStream">,
  { thread_id, idempotency_key, ...asked }: Omit<Opening, "meta">,
): Promise<OpenedThread | undefined> {
  const [first] = await log.readStream(supportStream(thread_id), { limit: 1 });
  if (!first || idempotency_key === null) throw new Error(`Cannot open support thread ${thread_id}: its id is taken`);
  const { reply_token, ...before } = decode(first).data as SupportOpened;
  if (!isSameJson(before, asked)) return undefined;
  return { position: first.position, reply_token: replyToken(reply_token, idempotency_key), replayed: true };
}
