/** The delay before the next attempt: doubles with each attempt in a row, up to a limit. */
export class Backoff {
  readonly #first_ms: number;
  readonly #most_ms: number;
  #next_ms: number;

  constructor(first_ms: number, most_ms: number) {
    this.#first_ms = first_ms;
    this.#most_ms = most_ms;
    this.#next_ms = first_ms;
  }

  /** Milliseconds, between half of the step and all of it, so that many processes do not return at once. */
  next(): number {
    const step = this.#next_ms;
    this.#next_ms = Math.min(2 * step, this.#most_ms);
    return step * (0.5 + Math.random() / 2);
  }

  /** To be called after a success. */
  reset(): void {
    this.#next_ms = this.#first_ms;
  }
}
