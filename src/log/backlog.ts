/**
 * The waiting appends, and which of them go into the next batch. Every append of a batch waits for the whole of it, and
 * Postgres takes 30 ms for a megabyte: so heavy ones take turns by caller, a few in each batch, and after a large
 * append the next one waits a while. Light ones go first come, first served, and wait for none of them.
 */
import { Lanes } from "../async/mod.ts";

/**
 * The maximum number of events of light appends in one batch, and of any one append. Beyond it batches gain nothing and
 * delay their callers.
 */
export const MAX_BATCH_EVENTS = 2_000;
/** The maximum UTF-16 units of JSON of light appends in one batch. */
const MAX_LIGHT_LENGTH = 2_000_000;
/** An append of more UTF-16 units of JSON is heavy. */
export const LIGHT_LENGTH = 4_000;
/** The maximum UTF-16 units of JSON of heavy appends in one batch; a longer one goes alone among them, and is large. */
export const MAX_HEAVY_LENGTH = 250_000;
/** After a batch with a large append the next one waits this many times as long as it took, within a second. */
const RESTS = 3;
const MAX_REST_MS = 1_000;
/** UTF-16 units of JSON that may wait while the database is slow or down: of light ones, and as much of heavy ones. */
export const MAX_WAITING_LENGTH = 64_000_000;
/** The same for one caller's heavy appends, unless there is only one. */
export const MAX_CALLER_LENGTH = MAX_WAITING_LENGTH / 4;

/** What waits. */
export interface Pending {
  /** Each stream is named once. */
  readonly parts: readonly { readonly append: { readonly stream_id: string } }[];
  /** Events. */
  readonly count: number;
  /** UTF-16 units of JSON. */
  readonly length: number;
  /** In whose turn it goes, if it is heavy. */
  readonly caller: string | null;
  /** By the local monotonic clock. */
  readonly deadline: number;
}

export class Backlog<Item extends Pending> {
  #light: Item[] = [];
  #lightLength = 0;
  readonly #heavy = new Lanes<Item>(({ length }) => length);
  #restsUntil = Number.NEGATIVE_INFINITY;

  get size(): number {
    return this.#light.length + this.#heavy.size;
  }

  /** Whether there was room for it. */
  add(item: Item): boolean {
    const { length, caller } = item;
    if (length <= LIGHT_LENGTH) {
      if (this.#lightLength + length > MAX_WAITING_LENGTH) return false;
      this.#light.push(item);
      this.#lightLength += length;
      return true;
    }
    const theirs = this.#heavy.lengthOf(caller);
    if (theirs > 0 && theirs + length > MAX_CALLER_LENGTH) return false;
    if (this.#heavy.length + length > MAX_WAITING_LENGTH) return false;
    this.#heavy.add(caller, item);
    return true;
  }

  /** Removes those whose time is up. */
  expired(now: number): Item[] {
    const isOver = ({ deadline }: Item) => deadline <= now;
    const heavy = this.#heavy.takeOut(isOver);
    // In order of deadline, except those that wait for another of their stream.
    const light = this.#light.filter(isOver);
    if (light.length === 0) return heavy;
    this.#light = this.#light.filter((item) => !isOver(item));
    for (const { length } of light) this.#lightLength -= length;
    return [...light, ...heavy];
  }

  /** Takes the next batch: at most one append per stream, because a second one waits for the outcome of the first. */
  takeBatch(now: number): Item[] {
    const streams = new Set<string>();
    return [...this.#takeHeavy(streams, now), ...this.#takeLight(streams)];
  }

  /** How long nothing can be taken except new arrivals. */
  restsFor(now: number): number {
    return this.#light.length > 0 ? 0 : Math.max(0, this.#restsUntil - now);
  }

  /** Reports how long a batch took. */
  took(batch: readonly Item[], { from, to }: { from: number; to: number }): void {
    if (batch.some(isLarge)) this.#restsUntil = to + Math.min(RESTS * (to - from), MAX_REST_MS);
  }

  #takeHeavy(streams: Set<string>, now: number): Item[] {
    const taken: Item[] = [];
    let left = MAX_HEAVY_LENGTH;
    const mayGo = (item: Item) =>
      (item.length <= left || (taken.length === 0 && now >= this.#restsUntil)) && !meets(item, streams);
    for (let item = this.#heavy.take(mayGo); item; item = this.#heavy.take(mayGo)) {
      taken.push(item);
      join(item, streams);
      left -= item.length;
    }
    return taken;
  }

  #takeLight(streams: Set<string>): Item[] {
    const taken: Item[] = [];
    const met: Item[] = [];
    let events = 0;
    let length = 0;
    let index = 0;
    for (; index < this.#light.length; index++) {
      const item = this.#light[index] as Item;
      if (events + item.count > MAX_BATCH_EVENTS || length + item.length > MAX_LIGHT_LENGTH) break;
      const isMet = meets(item, streams);
      // Including those of one that is left: what comes after it must not overtake it.
      join(item, streams);
      if (isMet) {
        met.push(item);
        continue;
      }
      taken.push(item);
      events += item.count;
      length += item.length;
    }
    const left = this.#light.slice(index);
    this.#light = met.length === 0 ? left : met.concat(left);
    this.#lightLength -= length;
    return taken;
  }
}

function isLarge({ length }: Pending): boolean {
  return length > MAX_HEAVY_LENGTH;
}

function meets({ parts }: Pending, streams: ReadonlySet<string>): boolean {
  return parts.some(({ append }) => streams.has(append.stream_id));
}

function join({ parts }: Pending, streams: Set<string>): void {
  for (const { append } of parts) streams.add(append.stream_id);
}
