/** Letting a reaction go on that an event has stopped: with that event, or past it. Either is on record. */
import type { KnownNewEvent } from "../../events/mod.ts";
import { reactionStream } from "../../events/reaction.ts";
import type { Sql } from "../db/mod.ts";
import { type EventLog, type Recorded, type Resuming, type Resumption, recordResumption } from "../log/mod.ts";
import { clearPoison, readCheckpoints } from "./checkpoint.ts";
import type { Reaction } from "./reaction.ts";

/** Lets a reaction go on, in whichever process runs it. Throws what `log.append` throws. */
export async function resumeReaction(
  { sql, log }: { sql: Sql; log: Pick<EventLog, "append" | "readLast" | "readRange"> },
  { name }: Pick<Reaction, "name">,
  resuming: Resuming,
): Promise<Recorded> {
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
  // Should this process end before: it is still stopped, and whoever resumes it again does it.
  if (recorded.ok) await clearPoison(sql, { name, position: recorded.position, skip: resuming.skip !== undefined });
  return recorded;
}
