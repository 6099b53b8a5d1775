/** Resumes a reaction that stopped at an event: with that event, or after it. Either is recorded. */
import type { KnownNewEvent } from "../../events/mod.ts";
import { reactionStream } from "../../events/reaction.ts";
import type { Sql } from "../db/mod.ts";
import {
  type EventLog,
  type ResumeOptions,
  type Resumption,
  type ResumptionOutcome,
  recordResumption,
} from "../log/mod.ts";
import { clearPoison, readCheckpoints } from "./checkpoint.ts";
import type { Reaction } from "./reaction.ts";

/** Resumes a reaction, in whichever process runs it. Throws what `log.append` throws. */
export async function resumeReaction(
  { sql, log }: { sql: Sql; log: Pick<EventLog, "append" | "readLast" | "readRange"> },
  { name }: Pick<Reaction, "name">,
  resuming: ResumeOptions,
): Promise<ResumptionOutcome> {
  const read = async () => {
    const [checkpoint] = await readCheckpoints(sql, [name]);
    if (!checkpoint?.poison) return undefined;
    const { version, poison } = checkpoint;
    const record = (resumption: Resumption): KnownNewEvent => ({
      type: "reaction.resumed",
      data: { reaction: name, version, ...resumption },
    });
    return { position: poison.position, record };
  };
  const stopped = { what: `the reaction ${name}`, stream_id: reactionStream(name), read };
  const recorded = await recordResumption(log, stopped, resuming);
  // If this process ends before this, the reaction stays stopped, and resuming it again clears the poison.
  if (recorded.ok) await clearPoison(sql, { name, position: recorded.position, skip: resuming.skip !== undefined });
  return recorded;
}
