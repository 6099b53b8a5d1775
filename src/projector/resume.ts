/**
 * Resumes a read model that stopped at an event: with that event, once its fold is fixed, or after it, skipping it for good.
 *
 * Either is recorded in the stream `projection-<name>`, which is the only source of what to skip: whoever builds the read
 * model from the log, here or from a restored copy, skips the same events.
 */
import { decode, type KnownEvent, type KnownNewEvent } from "../../events/mod.ts";
import { projectionStream } from "../../events/projection.ts";
import type { Projection } from "../../projections/projection.ts";
import type { Sql } from "../db/mod.ts";
import {
  type EventLog,
  type ResumeOptions,
  type Resumption,
  type ResumptionOutcome,
  recordResumption,
} from "../log/mod.ts";
import { clearPoison, readCheckpoint } from "./checkpoint.ts";
import { Table } from "./table.ts";

export type Resumed = ResumptionOutcome & { readonly version: number };

/** Resumes a version of a read model, in whichever process runs it. Throws what `log.append` throws. */
export async function resumeProjection(
  { sql, log }: { sql: Sql; log: Pick<EventLog, "append" | "readLast" | "readRange"> },
  projection: Projection,
  resuming: ResumeOptions,
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
  // If this process ends before this, the read model stays stopped, and resuming it again clears the poison.
  if (recorded.ok) await clearPoison(sql, table, recorded.position);
  return { ...recorded, version };
}

/** The positions of the events that a version of a read model skips. */
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
