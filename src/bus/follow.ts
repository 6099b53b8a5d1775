import type { StoredEvent } from "../../events/envelope.ts";
import { Backoff, pause, unlessAborted } from "../async/mod.ts";
import type { EventLog } from "../log/types.ts";
import { GapError, RangeReader } from "./range_reader.ts";
import type { Bus } from "./types.ts";

export interface FollowOptions {
  /** Read while the follower is behind the bus's tail. */
  readonly log: Pick<EventLog, "readRange">;
  readonly bus: Pick<Bus, "tail">;
  /** The last position already dealt with; 0 for all events from the first. */
  readonly after: number;
  /** Ends the iteration. */
  readonly signal: AbortSignal;
  /** Events handed over at once at most; 1000 by default. */
  readonly batch?: number;
  /** Characters of data handed over at once at most, one event aside: for followers that wait for whoever takes them. */
  readonly max_length?: number;
  /** Told of each failed read; reading is tried again until it succeeds or the signal fires. */
  readonly on_fault?: (error: unknown) => void;
}

/**
 * Every event after a position exactly once, in order, without a gap, for ever: from the tail, which all followers of a
 * process share, and from the log while this one is behind it. Does nothing unless pulled.
 *
 * Throws if the log itself has a gap.
 */
export async function* follow(options: FollowOptions): AsyncGenerator<readonly StoredEvent[], void, void> {
  const { log, after, signal, batch = 1000, max_length, on_fault } = options;
  const { tail } = options.bus;
  const range = new RangeReader(log, max_length);
  const place = tail.join({ after, on_fault });
  const wake = () => tail.wake(place);
  signal.addEventListener("abort", wake);
  try {
    while (!signal.aborted) {
      let events = tail.take(place, batch, max_length);
      const behind = tail.distance(place);
      if (behind > 0) events = await read(range, options, { after: place.position, limit: Math.min(batch, behind) });
      if (signal.aborted) break;
      const last = events?.at(-1);
      if (events && last) {
        place.position = last.position;
        yield events;
      } else {
        await tail.wait(place);
      }
    }
  } finally {
    signal.removeEventListener("abort", wake);
    tail.leave(place);
  }
}

/** Reads until that succeeds, or until the signal fires. */
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
