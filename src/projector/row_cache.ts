/**
 * The rows used last, by key; `null` where a row is known to be absent. Holds at least `least` of them, at most twice
 * as many: when the young generation is full it becomes the old one, and what was not used since then is let go of.
 * (A single map whose oldest entry is removed at each insertion made rebuilds twice as slow: the holes at its front
 * are walked over again and again.)
 */
export class RowCache<Row extends object> {
  readonly #least: number;
  #young = new Map<string, Row | null>();
  #old = new Map<string, Row | null>();

  constructor(least: number) {
    this.#least = least;
  }

  /** `undefined`: not known. */
  get(key: string): Row | null | undefined {
    const row = this.#young.get(key);
    return row === undefined ? this.#old.get(key) : row;
  }

  /** Keeps a row as the one used last. */
  set(key: string, row: Row | null): void {
    this.#young.set(key, row);
    if (this.#young.size < this.#least) return;
    this.#old = this.#young;
    this.#young = new Map();
  }
}
