/** Commands on support threads. */
import type { EventMeta } from "../../../events/envelope.ts";
import { type SupportMessageAdded, type SupportOpened, supportStream } from "../../../events/support.ts";
import { firstDecision } from "../../domain/decider.ts";
import { type SupportCommand, type SupportRejection, type SupportState, supportDecider } from "../../domain/support.ts";
import {
  createOnce,
  type EventLog,
  type Handled,
  type HandledOnce,
  handle,
  handleOnce,
  type Once,
} from "../../log/mod.ts";
import { newReplyToken, replyToken } from "./reply_token.ts";

/** Runs a command on a thread. Throws what `log.append` throws. */
export function changeThread(
  log: EventLog,
  { thread_id, ...handling }: { thread_id: string; command: SupportCommand; meta: EventMeta },
): Promise<Handled<SupportState, SupportRejection>> {
  return handle(log, { stream_id: supportStream(thread_id), decider: supportDecider, ...handling });
}

/** Adds a message, once for each Idempotency-Key, from which `causation_id` is derived. Throws what `log.append` throws. */
export function addMessage(
  log: EventLog,
  { thread_id, meta, ...message }: { thread_id: string; meta: EventMeta } & SupportMessageAdded,
): Promise<HandledOnce<SupportRejection>> {
  return handleOnce(log, {
    stream_id: supportStream(thread_id),
    decider: supportDecider,
    command: { type: "add_message", ...message },
    meta,
    asked: message,
  });
}

interface Opening extends Pick<SupportOpened, "email" | "message"> {
  readonly thread_id: string;
  readonly idempotency_key: string | null;
  readonly meta: EventMeta;
}

/** Opens a thread, once for each Idempotency-Key, from which its id is derived. Throws what `log.append` throws. */
export async function openThread(
  log: EventLog,
  { thread_id, idempotency_key, meta, ...asked }: Opening,
): Promise<Once & { readonly reply_token: string }> {
  const { text, recorded } = newReplyToken(idempotency_key);
  const opened = await createOnce(log, {
    stream_id: supportStream(thread_id),
    events: firstDecision(supportDecider, { type: "open", ...asked, reply_token: recorded }),
    meta,
    apart_from: ["reply_token"],
  });
  if (!opened.ok || !opened.replayed || idempotency_key === null) return { ...opened, reply_token: text };
  const { reply_token } = opened.event.data as SupportOpened;
  return { ...opened, reply_token: replyToken(reply_token, idempotency_key) };
}
