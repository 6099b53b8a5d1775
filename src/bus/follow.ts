import type { StoredEvent } from "../../events/envelope.ts";
import { Backoff, pause, unlessAborted } from "../async/mod.ts";
import type { EventLog } from "../log/types.ts";
import { GapError, RangeReader } from "./range_reader.ts";
import type { Bus } from "./types.ts";

export interface FollowOptions {
  /** Read while the follower is behind the window of the bus's tail. */
  readonly log: Pick<EventLog, "readRange">;
  readonly bus: Pick<Bus, "tail">;
  /** The last position already processed; 0 for all events from the first. */
  readonly after: number;
  /** Ends the iteration. */
  readonly signal: AbortSignal;
  /** Maximum number of events in one batch; 1000 by default. */
  readonly batch?: number;
  /** Maximum UTF-16 units of data in one batch, unless a single event is longer: for followers with a slow consumer. */
  readonly max_length?: number;
  /** Called with the error of each failed read; reads are retried until they succeed or the signal fires. */
  readonly on_fault?: (error: unknown) => void;
}

/**
 * Yields every event after a position exactly once, in order, without gaps, until the signal fires: from the tail, which all
 * followers of a process share, or from the log while this one is behind the tail's window. Reads only when pulled.
 *
 * Throws if the log itself has a gap.
 */
export async function* follow(options: FollowOptions): AsyncGenerator<readonly StoredEvent[], void, void> {
  const { log, after, signal, batch = 1000, max_length, on_fault } = options;
  const { tail } = options.bus;
  const range = new RangeReader(log, max_length);
  const consumer = tail.join({ after, on_fault });
  const wake = () => tail.wake(consumer);
  signal.addEventListener("abort", wake);
  try {
    while (!signal.aborted) {
      let events = tail.take(consumer, batch, max_length);
      const behind = tail.distance(consumer);
      if (behind > 0) events = await read(range, options, { after: consumer.position, limit: Math.min(batch, behind) });
      if (signal.aborted) break;
      const last = events?.at(-1);
      if (events && last) {
        consumer.position = last.position;
        yield events;
      } else {
        await tail.wait(consumer);
      }
    }
  } finally {
    signal.removeEventListener("abort", wake);
    tail.leave(consumer);
  }
}

/** Retries a read until it succeeds or the signal fires. */
async function read(
  range: RangeReader,
  { signal, on_fault }: FollowOptions,
  { after, limit }: { after: number; limit: number },
): Promise<readonly StoredEvent[] | undefined> {
  const backoff = new Backoff(50, 5_000);
  while (!signal.aborted) {
    try {
      return await unlessAborted(range.read(after, limit), signal);
    } catch (error) {
      if (error instanceof GapError) throw error;
      on_fault?.(error);
      await pause(backoff.next(), signal);
    }
  }
  return undefined;
}
