/** A map in bounded memory that forgets the least recently used entries. */

export interface RecentOptions {
  /** How long after its last use an entry is certainly kept, unless `max` others were used since. */
  readonly keep_ms: number;
  /** Entries per generation; at most twice as many are kept. */
  readonly max: number;
}

/**
 * Two generations: used entries move to the young one. When that is full, or as old as an entry must be kept, the old
 * one is dropped and the young one takes its place. So nothing is ever searched for entries to drop.
 */
export class RecentMap<Value> {
  readonly #options: RecentOptions;
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();
  #began_ms = 0;

  constructor(options: RecentOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** The entry, if it was used recently; looking does not count as a use. */
  find(key: string): Value | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  /** The entry, used now; `make` creates it if there is none. */
  use(key: string, now_ms: number, make: (key: string) => Value): Value {
    if (now_ms - this.#began_ms >= this.#options.keep_ms) this.#turn(now_ms);
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    if (this.#young.size >= this.#options.max) this.#turn(now_ms);
    const value = this.#old.get(key) ?? make(key);
    this.#old.delete(key);
    this.#young.set(key, value);
    return value;
  }

  #turn(now_ms: number): void {
    this.#old = this.#young;
    this.#young = new Map();
    this.#began_ms = now_ms;
  }
}
