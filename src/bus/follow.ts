import type { StoredEvent } from "../../events/envelope.ts";
import { Backoff, pause, unlessAborted } from "../async/mod.ts";
import type { EventLog } from "../log/types.ts";
import type { Bus, News } from "./types.ts";

/** What one follower keeps of the news it has not come to yet; beyond it, it reads the log again. */
const MAX_KEPT_EVENTS = 40_000;
/** UTF-16 units of JSON; one read of the log aims for as much. */
const MAX_KEPT_LENGTH = 8_000_000;
/** Events in the first read at most, while their size is not known. */
const FIRST_READ = 100;

export interface FollowOptions {
  readonly log: Pick<EventLog, "readRange">;
  readonly bus: Pick<Bus, "listen">;
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
 * Every event after a position exactly once, in order, without a gap, for ever. Takes them straight from
 * the news where they continue from its place, otherwise from the log. Does nothing unless pulled.
 *
 * Throws if the log itself has a gap.
 */
export async function* follow(options: FollowOptions): AsyncGenerator<readonly StoredEvent[], void, void> {
  const { bus, after, signal, batch = 1000, max_length } = options;
  const buffer = new NewsBuffer(after);
  const stop = bus.listen((news) => buffer.receive(news));
  const wake = () => buffer.wake();
  signal.addEventListener("abort", wake);
  try {
    while (!signal.aborted) {
      let events = buffer.take(batch, max_length);
      if (!events && buffer.isBehind) events = await read(options, buffer, batch);
      if (!events) {
        await buffer.wait();
      } else if (events.length > 0 && !signal.aborted) {
        buffer.position = (events.at(-1) as StoredEvent).position;
        yield events;
      }
    }
  } finally {
    signal.removeEventListener("abort", wake);
    stop();
  }
}

/** The next events in the log, as far as those kept in the buffer begin; none after the signal fired. */
async function read(
  { log, signal, max_length, on_fault }: FollowOptions,
  buffer: NewsBuffer,
  batch: number,
): Promise<readonly StoredEvent[]> {
  const backoff = new Backoff(50, 5_000);
  const limit = Math.min(batch, buffer.distance, buffer.readable);
  while (!signal.aborted) {
    const heard = buffer.heard;
    try {
      const events = await unlessAborted(log.readRange(buffer.position, limit, { max_length }), signal);
      if (!events) break;
      checkDense(events, buffer.position);
      if (events.length > 0) buffer.readable = fitting(events, max_length);
      // Fewer than asked for may be all that fit.
      if (events.length < (max_length === undefined ? limit : 1))
        buffer.reachedEnd(buffer.position + events.length, heard);
      return events;
    } catch (error) {
      if (error instanceof GapError) throw error;
      on_fault?.(error);
      await pause(backoff.next(), signal);
    }
  }
  return [];
}

/** How many events like these one read may ask for. */
function fitting(events: readonly StoredEvent[], max_length = MAX_KEPT_LENGTH): number {
  const fits = Math.floor((max_length / jsonLength(events)) * events.length);
  return Math.max(1, Math.min(fits, 4 * Math.max(events.length, FIRST_READ)));
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

/** A follower's place, and the news that waits for it: arrays that continue one another, some overlapping. */
class NewsBuffer {
  /** The last position that the follower has come to. */
  position: number;
  /** Events that the next read may ask for. */
  readable = FIRST_READ;
  readonly #kept: Array<readonly StoredEvent[]> = [];
  #keptEvents = 0;
  #keptLength = 0;
  /** The position that the kept arrays end at. */
  #keptEnd = 0;
  #heard: number;
  /** Whether the log may hold more than was heard of: at first it may. */
  #mayHoldMore = true;
  #wake: (() => void) | undefined;

  constructor(after: number) {
    this.position = after;
    this.#heard = after;
  }

  /** The highest position heard of. */
  get heard(): number {
    return this.#heard;
  }

  /** Whether there is more to be had than what is kept. */
  get isBehind(): boolean {
    return this.#mayHoldMore || this.#heard > this.position;
  }

  /** Events between the follower's place and the first one kept; infinite if none is kept. */
  get distance(): number {
    const first = this.#kept[0]?.[0];
    return first ? first.position - 1 - this.position : Number.POSITIVE_INFINITY;
  }

  receive({ last, events }: News): void {
    if (last > this.#heard) this.#heard = last;
    if (events && last > this.position) this.#keep(events);
    this.wake();
  }

  #keep(events: readonly StoredEvent[]): void {
    const [first] = events;
    if (!first) return;
    const last = first.position + events.length - 1;
    const length = jsonLength(events);
    if (this.#kept.length > 0) {
      const continues = first.position <= this.#keptEnd + 1 && last > this.#keptEnd;
      const fits = this.#keptEvents + events.length <= MAX_KEPT_EVENTS && this.#keptLength + length <= MAX_KEPT_LENGTH;
      if (!continues || !fits) return;
    }
    this.#kept.push(events);
    this.#keptEvents += events.length;
    this.#keptLength += length;
    this.#keptEnd = last;
  }

  /** The kept events that continue from the follower's place, up to `batch` and a length; `undefined` if there are none. */
  take(batch: number, max_length = Number.POSITIVE_INFINITY): readonly StoredEvent[] | undefined {
    const parts: Array<readonly StoredEvent[]> = [];
    let count = 0;
    let length = 0;
    const fits = (event: StoredEvent) => {
      length += event.data_json.length;
      return length <= max_length || length === event.data_json.length;
    };
    for (let next = this.#kept[0]; next && count < batch; next = this.#kept[0]) {
      const skip = this.position + count + 1 - (next[0] as StoredEvent).position;
      if (skip < 0) break;
      const most = Math.min(next.length - skip, batch - count);
      let taken = 0;
      while (taken < most && fits(next[skip + taken] as StoredEvent)) taken++;
      // The rest of a long array is left for the next time.
      if (skip + taken >= next.length) this.#drop(next);
      if (taken > 0) parts.push(taken === next.length ? next : next.slice(skip, skip + taken));
      count += taken;
      if (taken < most) break;
    }
    return parts.length > 1 ? parts.flat() : parts[0];
  }

  #drop(events: readonly StoredEvent[]): void {
    this.#kept.shift();
    this.#keptEvents -= events.length;
    this.#keptLength -= jsonLength(events);
  }

  /** The log was found to end at `end`, read when the news said `heard`: if that was more, it was false. */
  reachedEnd(end: number, heard: number): void {
    this.#mayHoldMore = false;
    if (this.#heard !== heard || heard <= end) return;
    this.#heard = end;
    while (this.#kept[0]) this.#drop(this.#kept[0]);
  }

  /** Resolves at the next news, or when `wake` is called. */
  wait(): Promise<void> {
    return new Promise((resolve) => {
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
