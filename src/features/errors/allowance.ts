/** What may be done so many times at once, and so many times an hour after that: a token bucket. */
export class Allowance {
  readonly #at_once: number;
  readonly #per_ms: number;
  readonly #now: () => number;
  #left: number;
  #at: number;

  constructor({ at_once, an_hour }: { at_once: number; an_hour: number }, now: () => number) {
    this.#at_once = at_once;
    this.#per_ms = an_hour / 3_600_000;
    this.#now = now;
    this.#left = at_once;
    this.#at = now();
  }

  /** Whether it may be done now. */
  has(): boolean {
    const now = this.#now();
    // A clock that was set back gives nothing.
    this.#left = Math.min(this.#at_once, this.#left + Math.max(0, now - this.#at) * this.#per_ms);
    this.#at = now;
    return this.#left >= 1;
  }

  /** Counts that it was done. */
  take(): void {
    this.#left--;
  }
}
