/** The one rule for deciding again after a conflict. */
import { ContendedError } from "./errors.ts";
import { withPrecedence } from "./precedence.ts";
import type { EventLog } from "./types.ts";

/** Minimum time, in milliseconds, and minimum number of attempts before giving up. */
const PATIENCE_MS = 8_000;
const MIN_TRIES = 20;

/**
 * Repeats an attempt until it returns anything but `undefined`, which means that others changed the streams meanwhile.
 * From the second attempt on it has precedence on all of them. Faults are not retried: after an `AppendInDoubtError`
 * only the caller knows whether a repetition is safe. Throws what the attempt throws, and `ContendedError`.
 */
export async function untilDecided<Result>(
  log: Pick<EventLog, "append">,
  streamIds: readonly string[],
  attempt: () => Promise<Result | undefined>,
): Promise<Result> {
  const first = await attempt();
  if (first !== undefined) return first;
  const repeat = async () => {
    const until = performance.now() + PATIENCE_MS;
    for (let tries = 1; tries < MIN_TRIES || performance.now() < until; tries++) {
      const next = await attempt();
      if (next !== undefined) return next;
    }
    throw new ContendedError(`Cannot append to ${streamIds.join(", ")}: others changed it at every try`);
  };
  // In the same order everywhere, to prevent deadlocks.
  const ordered = streamIds.toSorted();
  return await ordered.reduceRight((inner, id) => () => withPrecedence(log, id, inner), repeat)();
}
