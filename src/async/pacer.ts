import { nextTurn } from "./slices.ts";

/**
 * Leaves others their turn. Whoever does a lot without waiting for anything says how much it was; whenever that is more
 * than one turn of the event loop is for, the rest waits for the next one.
 */
export class Pacer {
  readonly #per_turn: number;
  #done = 0;

  /** @param per_turn what may be done in one turn, in whatever is counted */
  constructor(per_turn: number) {
    this.#per_turn = per_turn;
  }

  /** So much was done: whether {@link turn} is to be waited for. */
  did(amount: number): boolean {
    this.#done += amount;
    return this.#done >= this.#per_turn;
  }

  /** Resolves when the event loop has gone round, and others that are long at work have had their turn. */
  async turn(): Promise<void> {
    await nextTurn();
    this.#done = 0;
  }
}

/** UTF-16 units of JSON that are decoded in one turn: 1 to 5 ms. */
export const DECODED_PER_TURN = 400_000;
