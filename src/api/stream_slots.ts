/** How many streams of one kind this process keeps open. */
import { Problem } from "./problems.ts";

/** When to come back, in seconds: clients that are sent away together should not all come back before others have left. */
const RETRY_AFTER_S = 5;

export class StreamSlots {
  readonly #max: number;
  #taken = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Takes a slot; returns what gives it back, however often it is called. Throws the problem `too_many_streams`. */
  take(): () => void {
    if (this.#taken >= this.#max) {
      const detail = `This process keeps ${this.#max} streams of this kind open, the most that it may.`;
      throw new Problem("too_many_streams", detail, { headers: { "retry-after": String(RETRY_AFTER_S) } });
    }
    this.#taken++;
    let isTaken = true;
    return () => {
      if (isTaken) this.#taken--;
      isTaken = false;
    };
  }
}
