import type { StoredEvent } from "../../events/envelope.ts";
import type { EventLog } from "../log/types.ts";
import { Backoff, pause, unlessAborted } from "./pause.ts";
import type { Bus, News } from "./types.ts";

/** What one follower keeps of the news it has not come to yet; beyond it, it reads the log again. */
const MAX_KEPT_EVENTS = 10_000;
/** UTF-16 units of JSON. */
const MAX_KEPT_LENGTH = 8_000_000;

export interface FollowOptions {
  readonly log: Pick<EventLog, "readRange">;
  readonly bus: Pick<Bus, "listen">;
  /** The last position already dealt with; 0 for all events from the first. */
  readonly after: number;
  /** Ends the iteration. */
  readonly signal: AbortSignal;
  /** Events handed over at once at most; 1000 by default. */
  readonly batch?: number;
  /** Told of each failed read; reading is tried again until it succeeds or the signal fires. */
  readonly on_fault?: (error: unknown) => void;
}

/**
 * Every event after a position exactly once, in order, without a gap, for ever. Takes them straight from
 * the news where they continue from its place, otherwise from the log. Does nothing unless pulled.
 *
 * Throws if the log itself has a gap.
 */
export async function* follow(options: FollowOptions): AsyncGenerator<readonly StoredEvent[], void, void> {
  const { bus, after, signal, batch = 1000 } = options;
  const desk = new Desk(after);
  const stop = bus.listen((news) => desk.take(news));
  const wake = () => desk.wake();
  signal.addEventListener("abort", wake);
  try {
    let position = after;
    while (!signal.aborted) {
      let events = desk.hand(position, batch);
      if (!events && desk.isBehind(position)) events = await read(options, desk, position);
      if (!events) {
        await desk.wait(position, signal);
      } else if (events.length > 0 && !signal.aborted) {
        position = (events.at(-1) as StoredEvent).position;
        yield events;
      }
    }
  } finally {
    signal.removeEventListener("abort", wake);
    stop();
  }
}

/** The events after a position, as far as the news kept on the desk begins; none after the signal fired. */
async function read(options: FollowOptions, desk: Desk, position: number): Promise<readonly StoredEvent[]> {
  const { log, signal, batch = 1000, on_fault } = options;
  const backoff = new Backoff(50, 5_000);
  const limit = Math.min(batch, desk.distance(position));
  while (!signal.aborted) {
    const heard = desk.heard;
    try {
      const events = (await unlessAborted(log.readRange(position, limit), signal)) ?? [];
      checkDense(events, position);
      if (events.length < limit && !signal.aborted) desk.reachedEnd(position + events.length, heard);
      return events;
    } catch (error) {
      if (error instanceof GapError) throw error;
      on_fault?.(error);
      await pause(backoff.next(), signal);
    }
  }
  return [];
}

class GapError extends Error {
  override readonly name = "GapError";
}

function checkDense(events: readonly StoredEvent[], position: number): void {
  const [first] = events;
  if (!first) return;
  const last = events.at(-1) as StoredEvent;
  if (first.position === position + 1 && last.position === position + events.length) return;
  throw new GapError(
    `Cannot follow the log from position ${position}: the next ${events.length} events have positions ${first.position} to ${last.position}`,
  );
}

/** Where news waits for its follower: arrays that continue one another, some overlapping. */
class Desk {
  readonly #kept: Array<readonly StoredEvent[]> = [];
  #keptEvents = 0;
  #keptLength = 0;
  /** The position that the kept arrays end at. */
  #end = 0;
  /** The highest position heard of. */
  #heard: number;
  /** Whether the log may hold more than was heard of: at first it may. */
  #mayHoldMore = true;
  #wake: (() => void) | undefined;

  constructor(after: number) {
    this.#heard = after;
  }

  get heard(): number {
    return this.#heard;
  }

  take({ last, events }: News): void {
    if (last > this.#heard) this.#heard = last;
    if (events && events.length > 0) this.#keep(events);
    this.wake();
  }

  #keep(events: readonly StoredEvent[]): void {
    const first = (events[0] as StoredEvent).position;
    const last = first + events.length - 1;
    if (this.#kept.length > 0 && (first > this.#end + 1 || last <= this.#end)) return;
    const length = jsonLength(events);
    if (this.#kept.length > 0 && this.#keptEvents + events.length > MAX_KEPT_EVENTS) return;
    if (this.#kept.length > 0 && this.#keptLength + length > MAX_KEPT_LENGTH) return;
    this.#kept.push(events);
    this.#keptEvents += events.length;
    this.#keptLength += length;
    this.#end = last;
  }

  /** The kept events that continue from a position, up to `batch`; `undefined` if there are none. */
  hand(position: number, batch: number): readonly StoredEvent[] | undefined {
    const parts: Array<readonly StoredEvent[]> = [];
    let count = 0;
    for (let next = this.#kept[0]; next; next = this.#kept[0]) {
      const skip = position + count + 1 - (next[0] as StoredEvent).position;
      if (skip < 0) break;
      const fresh = next.length - skip;
      if (count + fresh > batch) {
        // The rest of a long array is left for the next time.
        if (count === 0) return next.slice(skip, skip + batch);
        break;
      }
      this.#drop(next);
      if (fresh <= 0) continue;
      parts.push(skip === 0 ? next : next.slice(skip));
      count += fresh;
    }
    return parts.length > 1 ? parts.flat() : parts[0];
  }

  #drop(events: readonly StoredEvent[]): void {
    this.#kept.shift();
    this.#keptEvents -= events.length;
    this.#keptLength -= jsonLength(events);
  }

  /** Whether the log must be read to go on from a position. */
  isBehind(position: number): boolean {
    return this.#mayHoldMore || this.#heard > position;
  }

  /** Events between a position and the first one kept; infinite if none is kept. */
  distance(position: number): number {
    const first = this.#kept[0]?.[0];
    return first ? first.position - 1 - position : Number.POSITIVE_INFINITY;
  }

  /** The log was found to end at `position`, read when the news said `heard`: if that was more, it was false. */
  reachedEnd(position: number, heard: number): void {
    this.#mayHoldMore = false;
    if (this.#heard !== heard || heard <= position) return;
    this.#heard = position;
    while (this.#kept[0]) this.#drop(this.#kept[0]);
  }

  /** Resolves when there may be more than `position`, or at the signal. */
  async wait(position: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.isBehind(position)) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  wake(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}

function jsonLength(events: readonly StoredEvent[]): number {
  let length = 0;
  for (const event of events) length += event.data_json.length;
  return length;
}
