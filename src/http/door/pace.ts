/**
 * How many requests are begun between two turns of the event loop. Whoever sends requests on one connection without
 * waiting for the answers has all of them read at once: 50,000 kept the loop for two seconds.
 */

/** About 2 ms of those that are answered at once. */
const BEGUN_PER_TURN = 32;

export class Pace {
  #begun = 0;

  /**
   * `undefined`: begin at once. Else the next turn is to be waited for. Bun closes a connection that brings another request
   * while one is not answered yet, so there is no more to come on this one.
   */
  begin(): Promise<void> | undefined {
    if (this.#begun === 0) setImmediate(() => this.#turn());
    return ++this.#begun > BEGUN_PER_TURN ? new Promise(setImmediate) : undefined;
  }

  #turn(): void {
    this.#begun = 0;
  }
}
