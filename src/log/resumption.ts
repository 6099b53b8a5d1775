/** Resumes what an event has stopped, a read model or a reaction: the decision is recorded before anything moves. */
import { type EventMeta, eventId, type NewEvent } from "../../events/envelope.ts";
import type { EventLog } from "./types.ts";
import { untilDecided } from "./until_decided.ts";

export interface ResumeOptions {
  /** The position of the event to skip: the one that stopped it. Absent: it is retried. */
  readonly skip?: number | undefined;
  readonly reason?: string | undefined;
  readonly meta: EventMeta;
}

/** The recorded part of a decision, whatever had been stopped. */
export interface Resumption {
  /** The event that had stopped it: its position and its id. */
  readonly position: number;
  readonly event_id: string;
  readonly skip: boolean;
  readonly reason?: string;
}

export interface Stopped {
  /** Its name in faults. */
  readonly what: string;
  /** Where decisions about it are recorded. */
  readonly stream_id: string;
  /** What to record, if an event stops it, and which; `undefined`: none does. */
  readonly read: () => Promise<{ position: number; record: (resumption: Resumption) => NewEvent } | undefined>;
}

export type ResumptionOutcome =
  | {
      readonly ok: true;
      /** The event that had stopped it. */
      readonly position: number;
      /** The position of the decision. */
      readonly recorded_at_position: number;
    }
  /** Nothing was done: no event stops it, or a different one from the one to skip. */
  | { readonly ok: false; readonly stopped_at: number | undefined };

/** Records a resumption. Throws what `log.append` throws, and `ContendedError`. */
export async function recordResumption(
  log: Pick<EventLog, "append" | "readLast" | "readRange">,
  { what, stream_id, read }: Stopped,
  { skip, reason, meta }: ResumeOptions,
): Promise<ResumptionOutcome> {
  return await untilDecided(log, [stream_id], async () => {
    const { events: last } = await log.readLast([stream_id]);
    const stopped = await read();
    const position = stopped?.position;
    if (!stopped || position === undefined || (skip !== undefined && skip !== position)) {
      return { ok: false, stopped_at: position };
    }
    const [stopping] = await log.readRange(position - 1, 1);
    if (!stopping) throw new Error(`Cannot resume ${what}: the log has no position ${position}`);
    const event_id = eventId(stopping);
    const event = stopped.record({
      position,
      event_id,
      skip: skip !== undefined,
      ...(reason !== undefined && { reason }),
    });
    const expected_version = last.get(stream_id)?.version ?? 0;
    const result = await log.append({ stream_id, expected_version, events: [event], meta });
    return result.ok ? { ok: true, position, recorded_at_position: result.position } : undefined;
  });
}
