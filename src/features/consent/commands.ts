/** Commands on consents. */
import type { MarketingConfirmed } from "../../../events/consent.ts";
import type { EventMeta } from "../../../events/envelope.ts";
import { type ConsentCommand, type ConsentRejection, type ConsentState, consentDecider } from "../../domain/consent.ts";
import { foldStream } from "../../log/fold.ts";
import { type EventLog, type Handled, handle } from "../../log/mod.ts";
import { type Holder, streamOf, subjectOf } from "./holders.ts";

/** Where somebody agreed, as far as the request says. */
export type Origin = Pick<MarketingConfirmed, "ip" | "user_agent">;

export type Consenting = Handled<ConsentState, ConsentRejection>;

/** What somebody's stream of consents says now. */
export async function readConsents(log: Pick<EventLog, "readStream">, stream_id: string): Promise<ConsentState> {
  const { initial, evolve } = consentDecider;
  return (await foldStream(log, { stream_id, evolve, known: { state: initial, version: 0 } })).state;
}

/** Runs a command on somebody's consents, which are sealed under their key. Throws what `log.append` throws. */
export function commandHolder(
  log: EventLog,
  {
    holder,
    command,
    meta,
    subject = subjectOf(holder),
  }: {
    holder: Holder;
    command: ConsentCommand;
    meta: Pick<EventMeta, "actor" | "request_id" | "traceparent">;
    /** Whose data it is, if it is not the holder's. */
    subject?: string;
  },
): Promise<Consenting> {
  const stream_id = streamOf(holder);
  const account = holder.kind === "user" ? { account: subjectOf(holder) } : {};
  const about = { ...meta, ...account, subject, correlation_id: stream_id };
  return handle(log, { stream_id, decider: consentDecider, command, meta: about });
}
