/**
 * Schedules work that may take long: reading the log for a stream that is behind, listing or counting with a filter,
 * bulk commands. A stream whose filter matches nothing reads the whole log as fast as it can without anything to send.
 * So callers take turns, each with one piece of work at a time however many streams they have, and a caller who keeps
 * others waiting rests after a piece for as long as it took.
 */

/** Pieces of work at once, of all callers together. */
const AT_ONCE = 2;

interface Lane {
  readonly waiting: (() => void)[];
  busy: boolean;
}

export class Turns {
  readonly #at_once: number;
  readonly #halved: boolean;
  /** By caller, in the order of their next turns. */
  readonly #lanes = new Map<string, Lane>();
  #busy = 0;

  /**
   * @param options `halved`: after each piece nobody has a turn for as long as it took, so that half of the time is
   * left for everything else
   */
  constructor({ at_once = AT_ONCE, halved = false } = {}) {
    this.#at_once = at_once;
    this.#halved = halved;
  }

  /** Does `work` when it is the caller's turn. */
  async take<Result>(caller: string, work: () => Promise<Result>): Promise<Result> {
    const lane = this.#lanes.get(caller) ?? { waiting: [], busy: false };
    this.#lanes.set(caller, lane);
    await new Promise<void>((resolve) => {
      lane.waiting.push(resolve);
      this.#next();
    });
    const began = performance.now();
    try {
      return await work();
    } finally {
      if (this.#halved) await Bun.sleep(performance.now() - began);
      this.#busy--;
      const rest_ms = this.#crowded && !this.#halved ? performance.now() - began : 0;
      if (rest_ms > 0) setTimeout(() => this.#free(caller, lane), rest_ms);
      else this.#free(caller, lane);
      this.#next();
    }
  }

  get #crowded(): boolean {
    for (const { waiting } of this.#lanes.values()) if (waiting.length > 0) return true;
    return false;
  }

  #free(caller: string, lane: Lane): void {
    lane.busy = false;
    if (lane.waiting.length === 0) this.#lanes.delete(caller);
    this.#next();
  }

  #next(): void {
    for (const [caller, lane] of this.#lanes) {
      if (this.#busy >= this.#at_once) return;
      if (lane.busy || lane.waiting.length === 0) continue;
      // To the end of the queue.
      this.#lanes.delete(caller);
      this.#lanes.set(caller, lane);
      lane.busy = true;
      this.#busy++;
      (lane.waiting.shift() as () => void)();
    }
  }
}
