import { Lanes } from "./lanes.ts";

/** Work that is done one piece after another, while the owners of the work take turns. */
export class FairQueue {
  readonly #waiting = new Lanes<() => Promise<void>>();
  #isServing = false;

  /** Does it when its turn has come. */
  run<Result>(whose: string | null, work: () => Promise<Result>): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    this.#waiting.add(whose, () => work().then(resolve, reject));
    if (!this.#isServing) void this.#serve();
    return promise;
  }

  /** How many pieces of an owner have yet to begin. */
  waiting(whose: string | null): number {
    return this.#waiting.lengthOf(whose);
  }

  async #serve(): Promise<void> {
    this.#isServing = true;
    for (let work = this.#waiting.take(); work; work = this.#waiting.take()) await work();
    this.#isServing = false;
  }
}
