import type { StoredEvent } from "../../events/envelope.ts";

/** The maximum that a range keeps; its last array may exceed it. */
export interface Bounds {
  readonly events: number;
  /** UTF-16 units of the events' data. */
  readonly length: number;
}

/** UTF-16 units of the events' data. */
export function textLength(events: readonly StoredEvent[]): number {
  let length = 0;
  for (const event of events) length += event.data_json.length;
  return length;
}

interface Part {
  readonly events: readonly StoredEvent[];
  readonly length: number;
}

/** A part of the log in memory: events without a gap, in the arrays in which they arrived. */
export class EventRange {
  readonly #parts: Part[] = [];
  #start: number;
  #end: number;
  #length = 0;
  readonly #bounds: Bounds;

  /** An empty range after a position. */
  constructor(position: number, bounds: Bounds) {
    this.#bounds = bounds;
    this.#start = position;
    this.#end = position;
  }

  /** The position before the first event. */
  get start(): number {
    return this.#start;
  }

  /** The position of the last event; `start` if there is none. */
  get end(): number {
    return this.#end;
  }

  get arrays(): readonly (readonly StoredEvent[])[] {
    return this.#parts.map(({ events }) => events);
  }

  /** Whether it exceeds its bounds; `forget` restores them. */
  get isOver(): boolean {
    return this.#end - this.#start > this.#bounds.events || this.#length > this.#bounds.length;
  }

  /** Adds the events that continue the range, and returns those; `undefined` if none do. */
  push(events: readonly StoredEvent[]): readonly StoredEvent[] | undefined {
    const [first] = events;
    const last = events.at(-1);
    if (!first || !last || first.position > this.#end + 1 || last.position <= this.#end) return undefined;
    const fresh = first.position === this.#end + 1 ? events : events.slice(this.#end + 1 - first.position);
    const length = textLength(fresh);
    this.#parts.push({ events: fresh, length });
    this.#length += length;
    this.#end = last.position;
    return fresh;
  }

  /** The events after a position within the range, up to a number and a length; the first one however long it is. */
  take(after: number, batch: number, max_length = Number.POSITIVE_INFINITY): readonly StoredEvent[] {
    const taken: Array<readonly StoredEvent[]> = [];
    let count = 0;
    let length = 0;
    const fits = ({ data_json }: StoredEvent) => {
      length += data_json.length;
      return length <= max_length || length === data_json.length;
    };
    for (let i = this.#indexOf(after + 1); i < this.#parts.length && count < batch; i++) {
      const { events } = this.#parts[i] as Part;
      const skip = after + count + 1 - (events[0] as StoredEvent).position;
      const most = Math.min(events.length - skip, batch - count);
      let some = 0;
      while (some < most && fits(events[skip + some] as StoredEvent)) some++;
      if (some > 0) taken.push(some === events.length ? events : events.slice(skip, skip + some));
      count += some;
      if (some < most) break;
    }
    return taken.length === 1 ? (taken[0] as readonly StoredEvent[]) : taken.flat();
  }

  /** The index of the array that contains a position. */
  #indexOf(position: number): number {
    let [low, high] = [0, this.#parts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (((this.#parts[middle] as Part).events.at(-1) as StoredEvent).position < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Drops the arrays that end at or before a position, and the oldest ones beyond the bounds. */
  forget(position: number): void {
    while (this.#parts.length > 0) {
      const [{ events, length }] = this.#parts as [Part];
      const { position: last } = events.at(-1) as StoredEvent;
      if (last > position && !(this.isOver && this.#parts.length > 1)) return;
      this.#parts.shift();
      this.#length -= length;
      this.#start = last;
    }
  }
}
