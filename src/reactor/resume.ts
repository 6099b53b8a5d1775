/** Letting a reaction go on that an event has stopped: with that event, or past it. Either is on record. */
import { type EventMeta, eventId } from "../../events/envelope.ts";
import type { KnownNewEvent } from "../../events/mod.ts";
import { reactionStream } from "../../events/reaction.ts";
import type { Sql } from "../db/mod.ts";
import { ContendedError, type EventLog } from "../log/mod.ts";
import { clearPoison, readCheckpoints } from "./checkpoint.ts";
import type { Reaction } from "./reaction.ts";

export interface Resuming {
  /** The position of the event to be passed over: the one that stopped it. Absent: it is reacted to again. */
  readonly skip?: number | undefined;
  readonly reason?: string | undefined;
  readonly meta: EventMeta;
}

export type Resumed =
  | {
      readonly ok: true;
      /** The event that had stopped it. */
      readonly position: number;
      /** Where the decision is in the log. */
      readonly recorded_at_position: number;
    }
  /** Nothing was done: no event stops it, or it is another one than the one to be passed over. */
  | { readonly ok: false; readonly stopped_at: number | undefined };

/** How often somebody else may be faster. */
const MAX_TRIES = 20;

/** Lets a reaction go on, in whichever process runs it. Throws what `log.append` throws. */
export async function resumeReaction(
  { sql, log }: { sql: Sql; log: Pick<EventLog, "append" | "readLast" | "readRange"> },
  { name }: Pick<Reaction, "name">,
  { skip, reason, meta }: Resuming,
): Promise<Resumed> {
  const stream_id = reactionStream(name);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const { events: last } = await log.readLast([stream_id]);
    const [checkpoint] = await readCheckpoints(sql, [name]);
    const position = checkpoint?.poison?.position;
    if (!checkpoint || position === undefined || (skip !== undefined && skip !== position)) {
      return { ok: false, stopped_at: position };
    }
    const [stopping] = await log.readRange(position - 1, 1);
    if (!stopping) throw new Error(`Cannot resume the reaction ${name}: the log has no position ${position}`);
    const event: KnownNewEvent = {
      type: "reaction.resumed",
      data: {
        ...{ reaction: name, version: checkpoint.version, position },
        ...{ event_id: eventId(stopping), skip: skip !== undefined },
        ...(reason !== undefined && { reason }),
      },
    };
    const expected_version = last.get(stream_id)?.version ?? 0;
    const result = await log.append({ stream_id, expected_version, events: [event], meta });
    if (!result.ok) continue;
    // Should this process end before: it is still stopped, and whoever resumes it again does it.
    await clearPoison(sql, { name, position, skip: skip !== undefined });
    return { ok: true, position, recorded_at_position: result.position };
  }
  throw new ContendedError(`Cannot resume the reaction ${name}: others did at each of ${MAX_TRIES} tries`);
}
