/**
 * Letting a read model go on that an event has stopped: with that event, once its fold is mended, or past it for good.
 *
 * Either is on record in the stream `projection-<name>`, and what is passed over is read from there and from nowhere else:
 * so whoever builds the read model from the log, here or from a restored copy, passes over the same events.
 */
import { decode, type KnownEvent, type KnownNewEvent } from "../../events/mod.ts";
import { projectionStream } from "../../events/projection.ts";
import type { Projection } from "../../projections/projection.ts";
import type { Sql } from "../db/mod.ts";
import { type EventLog, type Recorded, type Resuming, type Resumption, recordResumption } from "../log/mod.ts";
import { clearPoison, readCheckpoint } from "./checkpoint.ts";
import { Table } from "./table.ts";

export type Resumed = Recorded & { readonly version: number };

/** Lets a version of a read model go on, in whichever process runs it. Throws what `log.append` throws. */
export async function resumeProjection(
  { sql, log }: { sql: Sql; log: Pick<EventLog, "append" | "readLast" | "readRange"> },
  projection: Projection,
  resuming: Resuming,
): Promise<Resumed> {
  const { name, version } = projection;
  const table = new Table(projection);
  const read = async () => {
    const { poison } = (await readCheckpoint(sql, table)) ?? {};
    const record = (resumption: Resumption): KnownNewEvent => ({
      type: "projection.resumed",
      data: { projection: name, version, ...resumption },
    });
    return poison && { position: poison.position, record };
  };
  const recorded = await recordResumption(log, { what: name, stream_id: projectionStream(name), read }, resuming);
  // Should this process end before: it is still stopped, and whoever resumes it again does it.
  if (recorded.ok) await clearPoison(sql, table, recorded.position);
  return { ...recorded, version };
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
