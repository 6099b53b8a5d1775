/** Work that is done one piece after another, while those for whom it is done take turns. */
export class Line {
  /** Who had their turn last is last. */
  readonly #waiting = new Map<string | null, (() => Promise<void>)[]>();
  #isServing = false;

  /** Does it when its turn has come. */
  run<Result>(whose: string | null, work: () => Promise<Result>): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const theirs = this.#waiting.get(whose) ?? [];
    theirs.push(() => work().then(resolve, reject));
    this.#waiting.set(whose, theirs);
    if (!this.#isServing) void this.#serve();
    return promise;
  }

  async #serve(): Promise<void> {
    this.#isServing = true;
    for (let [next] = this.#waiting; next; [next] = this.#waiting) {
      const [whose, theirs] = next;
      const work = theirs.shift();
      this.#waiting.delete(whose);
      if (theirs.length > 0) this.#waiting.set(whose, theirs);
      await work?.();
    }
    this.#isServing = false;
  }
}
