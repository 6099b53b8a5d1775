/**
 * The rows used last, by key; `null`: the row is known to be missing. Keeps at least `least` rows and at most twice as many:
 * when the young generation is full it replaces the old one, which is dropped with everything not used since. (Removing the
 * oldest entry of a single map at each insertion made rebuilds take twice as long: the runtime scans the holes at its front
 * each time.)
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
