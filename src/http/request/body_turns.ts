/**
 * When bodies are parsed: 512 KB of short values take 25 ms and 10 MB of memory for a while, 31 KB of them a millisecond and a
 * half, so that many which arrive together would stop all else. They are parsed in slices of a few milliseconds, in which
 * callers take turns, and two thirds of the time are for all else, of which some is what follows from them. Those that are
 * small wait for none that is large.
 */

import { Lanes } from "../../async/mod.ts";
import { Problem } from "../problem.ts";
import { problems } from "../problems.ts";

/** A body of more bytes is large. */
const SMALL_BODY_BYTES = 32 * 1024;
/** Bytes of bodies that may wait for their turn: of one caller, and of all; of small ones, and as much of large ones. */
export const WAITING_LIMIT_BYTES = { caller: 32 * 1024 * 1024, all: 128 * 1024 * 1024 };
/** What is parsed before all else has its turn takes so long, and one body more at most. */
const SLICE_MS = 5;
/** After a slice so many times as long as it took is left to all else. */
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

  /** Parses a body: at once, or when it is the caller's turn. Throws the problem `unavailable` where too much waits, and what `parse` throws. */
  async parse<Value>(caller: string, reading: Reading<Value>): Promise<Value> {
    const gate = reading.length <= SMALL_BODY_BYTES ? this.#small : this.#large;
    return gate.isOpen ? gate.timed(reading.parse) : await gate.wait(caller, reading);
  }
}

class Gate {
  readonly #slice_ms: number;
  readonly #waiting = new Lanes<{ readonly length: number; readonly run: () => void }>(({ length }) => length);
  /** Since the event loop last went round. */
  #spent_ms = 0;
  #isTurnComing = false;
  /** Closed from the end of a slice on until all that waited meanwhile is parsed. */
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
  return new Problem(problems.unavailable, detail, { headers: { "retry-after": "1" } });
}
