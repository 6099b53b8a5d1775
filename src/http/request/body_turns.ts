/**
 * Schedules the parsing of bodies: 512 KB of short values take 25 ms and 10 MB of memory for a while, 31 KB of them a
 * millisecond and a half, so many that arrive together would stop everything else. They are parsed in slices of a few
 * milliseconds, callers in turn, leaving two thirds of the time to everything else, including what follows from them.
 * Small ones never wait for large ones.
 */

import { Lanes } from "../../async/mod.ts";
import { Problem } from "../problem.ts";
import { problems } from "../problems.ts";

/** A larger body, in bytes, is large. */
const SMALL_BODY_BYTES = 32 * 1024;
/** Bytes of bodies that may wait for their turn: per caller, and in total; of small ones, and as many of large ones. */
export const WAITING_LIMIT_BYTES = { caller: 32 * 1024 * 1024, all: 128 * 1024 * 1024 };
/** The length of a slice, plus at most one more body. */
const SLICE_MS = 5;
/** After a slice, this many times as long is left to everything else. */
const RESTS = 2;

interface Reading<Value> {
  /** In bytes. */
  readonly length: number;
  readonly parse: () => Value;
}

export class BodyTurns {
  readonly #small: Gate;
  readonly #large: Gate;

  constructor({ slice_ms = SLICE_MS } = {}) {
    this.#small = new Gate(slice_ms);
    this.#large = new Gate(slice_ms);
  }

  /**
   * Parses a body: at once, or when it is the caller's turn. Throws the problem `unavailable` if too much waits, and
   * what `parse` throws.
   */
  async parse<Value>(caller: string, reading: Reading<Value>): Promise<Value> {
    const gate = reading.length <= SMALL_BODY_BYTES ? this.#small : this.#large;
    return gate.isOpen ? gate.timed(reading.parse) : await gate.wait(caller, reading);
  }
}

class Gate {
  readonly #slice_ms: number;
  readonly #waiting = new Lanes<{ readonly length: number; readonly run: () => void }>(({ length }) => length);
  /** Since the event loop last turned. */
  #spent_ms = 0;
  #isTurnComing = false;
  /** Closed from the end of a slice on until everything that waited meanwhile is parsed. */
  isOpen = true;

  constructor(slice_ms: number) {
    this.#slice_ms = slice_ms;
  }

  timed<Value>(parse: () => Value): Value {
    const began = performance.now();
    try {
      return parse();
    } finally {
      this.#spent_ms += performance.now() - began;
      if (this.#spent_ms < this.#slice_ms) this.#expectTurn();
      else if (this.isOpen) this.#rest();
    }
  }

  wait<Value>(caller: string, { length, parse }: Reading<Value>): Promise<Value> {
    if (this.#waiting.lengthOf(caller) + length > WAITING_LIMIT_BYTES.caller) throw busy("of yours");
    if (this.#waiting.length + length > WAITING_LIMIT_BYTES.all) throw busy("of all callers");
    return new Promise((resolve, reject) => {
      const run = () => {
        try {
          resolve(this.timed(parse));
        } catch (error) {
          reject(error);
        }
      };
      this.#waiting.add(caller, { length, run });
    });
  }

  #rest(): void {
    this.isOpen = false;
    setTimeout(() => this.#serve(), this.#spent_ms * RESTS);
  }

  #serve(): void {
    this.#spent_ms = 0;
    let next: { run: () => void } | undefined;
    do {
      next = this.#waiting.take();
      next?.run();
    } while (next && this.#spent_ms < this.#slice_ms);
    if (next) this.#rest();
    else this.isOpen = true;
  }

  #expectTurn(): void {
    if (this.#isTurnComing) return;
    this.#isTurnComing = true;
    setImmediate(() => {
      this.#isTurnComing = false;
      if (this.isOpen) this.#spent_ms = 0;
    });
  }
}

function busy(whose: string): Problem {
  const detail = `Too many bodies ${whose} are waiting to be read. Nothing was recorded.`;
  return new Problem(problems.unavailable, detail, { retry_after_s: 1 });
}
