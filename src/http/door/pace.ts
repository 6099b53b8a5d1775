/**
 * How many requests start per turn of the event loop. If a client sends requests on one connection without waiting for
 * responses, all of them are read at once: 50,000 blocked the loop for two seconds.
 */

/** About 2 ms of requests that are answered at once. */
const MAX_STARTS_PER_TURN = 32;

export class Pace {
  #started = 0;

  /**
   * `undefined`: start at once. Otherwise wait for the next turn. Bun closes a connection that sends another request
   * before the last one is answered, so no more will come on this one.
   */
  start(): Promise<void> | undefined {
    if (this.#started === 0) setImmediate(() => this.#turn());
    return ++this.#started > MAX_STARTS_PER_TURN ? new Promise(setImmediate) : undefined;
  }

  #turn(): void {
    this.#started = 0;
  }
}
