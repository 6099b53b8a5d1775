/**
 * The rows used last: at least `least` of them, at most twice as many. Two generations: when the young one is full
 * it becomes the old one, and what was not used since then is let go of. (A single map whose oldest entry is removed
 * at each insertion took ten times as long: the holes at its front are walked over again and again.)
 */
export class RowCache {
  readonly #least: number;
  #young = new Map<string, object>();
  #old = new Map<string, object>();

  constructor(least: number) {
    this.#least = least;
  }

  get(key: string): object | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  /** Keeps a row as the one used last. */
  set(key: string, row: object): void {
    this.#young.set(key, row);
    if (this.#young.size < this.#least) return;
    this.#old = this.#young;
    this.#young = new Map();
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}
