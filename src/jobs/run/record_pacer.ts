/**
 * Leaves gaps in the history of a job. If steps finish at once and are recorded one right after the other, every other
 * process that decides on the job's latest state comes too late each time: so from time to time nothing is recorded for
 * as long as it takes to read the job and to record a decision.
 */
import { pause } from "../../async/mod.ts";

/** After this long without a gap there is one. */
const BUSY_MS = 250;
/** It lasts this many times as long as the last record took: one is for the decision that has just come too late. */
const GAP_FACTOR = 4;
/** And no longer. */
const MAX_GAP_MS = 500;

interface Clock {
  /** Milliseconds, monotonic. */
  now(): number;
  wait(ms: number, signal: AbortSignal): Promise<unknown>;
}

const CLOCK: Clock = { now: () => performance.now(), wait: pause };

export class RecordPacer {
  readonly #clock: Clock;
  /** When the last gap was, when the last record ended, and how long it took. */
  #last: number;
  #ended = 0;
  #took = 0;

  constructor(clock = CLOCK) {
    this.#clock = clock;
    this.#last = clock.now();
  }

  /** Records something, after a gap if it is time for one; the signal ends the gap. */
  async record<Result>(record: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    await this.#leaveGap(signal);
    const began = this.#clock.now();
    try {
      return await record();
    } finally {
      this.#ended = this.#clock.now();
      this.#took = this.#ended - began;
    }
  }

  async #leaveGap(signal: AbortSignal): Promise<void> {
    const now = this.#clock.now();
    const left = this.#ended + Math.min(GAP_FACTOR * this.#took, MAX_GAP_MS) - now;
    if (left > 0 && now - this.#last < BUSY_MS) return;
    if (left > 0) await this.#clock.wait(left, signal);
    this.#last = this.#clock.now();
  }
}
