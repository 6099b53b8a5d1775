import { nextTurn } from "./slices.ts";

/**
 * Lets others take their turn. Code that does a lot without waiting reports how much it has done; whenever that exceeds
 * what fits into one turn of the event loop, the rest waits for the next one.
 */
export class Pacer {
  readonly #per_turn: number;
  #done = 0;

  /** @param per_turn what may be done in one turn, in any unit */
  constructor(per_turn: number) {
    this.#per_turn = per_turn;
  }

  /** Reports work done, and returns whether {@link turn} must be awaited. */
  did(amount: number): boolean {
    this.#done += amount;
    return this.#done >= this.#per_turn;
  }

  /** Resolves when the event loop has turned, and other long-running work has had its turn. */
  async turn(): Promise<void> {
    await nextTurn();
    this.#done = 0;
  }
}

/** UTF-16 units of JSON that are decoded in one turn: 1 to 5 ms. */
export const DECODED_PER_TURN = 400_000;
