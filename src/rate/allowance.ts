/** A token bucket: allows a burst, and then a number of times per hour. */
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

  /** Acquires one, if one is left: before it is done, because others may ask meanwhile. */
  acquire(): boolean {
    const now = this.#now();
    // A clock that was set back refills nothing.
    this.#left = Math.min(this.#at_once, this.#left + Math.max(0, now - this.#at) * this.#per_ms);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }

  /** Releases one that was acquired, for what was not done after all. */
  release(): void {
    this.#left++;
  }
}
