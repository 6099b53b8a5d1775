/** Among how many of the next jobs one is chosen at random, while several workers reach for the same ones. */

/** At most. */
const MAX_SPREAD = 256;

export class Spread {
  #value = 1;

  get value(): number {
    return Math.floor(this.#value);
  }

  claimed(): void {
    this.#value = Math.max(1, this.#value * 0.99);
  }

  /** Another worker was faster. */
  missed(): void {
    this.#value = Math.min(MAX_SPREAD, this.#value * 2);
  }
}
