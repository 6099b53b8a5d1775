/**
 * Letting a read model go on that an event has stopped: with that event, once its fold is mended, or past it for good.
 *
 * Either is on record in the stream `projection-<name>`, and what is passed over is read from there and from nowhere else:
 * so whoever builds the read model from the log, here or from a restored copy, passes over the same events.
 */
import { type EventMeta, eventId } from "../../events/envelope.ts";
import { decode, type KnownEvent, type KnownNewEvent } from "../../events/mod.ts";
import { projectionStream } from "../../events/projection.ts";
import type { Projection } from "../../projections/projection.ts";
import type { Sql } from "../db/mod.ts";
import { ContendedError, type EventLog } from "../log/mod.ts";
import { clearPoison, readCheckpoint } from "./checkpoint.ts";
import { Table } from "./table.ts";

export interface Resuming {
  /** The position of the event to be passed over: the one that stopped it. Absent: it is folded again. */
  readonly skip?: number | undefined;
  readonly reason?: string | undefined;
  readonly meta: EventMeta;
}

export type Resumed =
  | {
      readonly ok: true;
      readonly version: number;
      /** The event that had stopped it. */
      readonly position: number;
      /** Where the decision is in the log. */
      readonly recorded_at_position: number;
    }
  /** Nothing was done: no event stops it, or it is another one than the one to be passed over. */
  | { readonly ok: false; readonly version: number; readonly stopped_at: number | undefined };

/** How often somebody else may be faster. */
const MAX_TRIES = 20;

/** Lets a version of a read model go on, in whichever process runs it. Throws what `log.append` throws. */
export async function resumeProjection(
  { sql, log }: { sql: Sql; log: Pick<EventLog, "append" | "readStream" | "readRange"> },
  projection: Projection,
  { skip, reason, meta }: Resuming,
): Promise<Resumed> {
  const { name, version } = projection;
  const table = new Table(projection);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const decided = await log.readStream(projectionStream(name));
    const position = (await readCheckpoint(sql, table))?.poison?.position;
    if (position === undefined || (skip !== undefined && skip !== position))
      return { ok: false, version, stopped_at: position };
    const [stopping] = await log.readRange(position - 1, 1);
    if (!stopping) throw new Error(`Cannot resume ${name}: the log has no position ${position}`);
    const event: KnownNewEvent = {
      type: "projection.resumed",
      data: {
        ...{ projection: name, version, position, event_id: eventId(stopping), skip: skip !== undefined },
        ...(reason !== undefined && { reason }),
      },
    };
    const expected_version = decided.at(-1)?.version ?? 0;
    const result = await log.append({ stream_id: projectionStream(name), expected_version, events: [event], meta });
    if (!result.ok) continue;
    // Should this process end before: it is still stopped, and whoever resumes it again does it.
    await clearPoison(sql, table, position);
    return { ok: true, version, position, recorded_at_position: result.position };
  }
  throw new ContendedError(`Cannot resume ${name}: others did at each of ${MAX_TRIES} tries`);
}

/** The positions that a version of a read model passes over. */
export async function skippedPositions(
  log: Pick<EventLog, "readStream">,
  { name, version }: Pick<Projection, "name" | "version">,
): Promise<ReadonlySet<number>> {
  const skipped = new Set<number>();
  for (const stored of await log.readStream(projectionStream(name))) {
    const event: KnownEvent = decode(stored);
    if (event.type === "projection.resumed" && event.data.skip && event.data.version === version) {
      skipped.add(event.data.position);
    }
  }
  return skipped;
}
