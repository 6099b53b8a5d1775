/**
 * When large bodies are parsed: 512 KB of short values take 25 ms and 10 MB of memory for a while, so that several which
 * arrive together would stop all else. They are parsed one at a time, callers take turns, and two thirds of the time are for all
 * else, of which some is what follows from them.
 */
import { Problem } from "./problems.ts";
import { Turns } from "./turns.ts";

/** A body of more bytes is large. */
export const SMALL_BODY_BYTES = 32 * 1024;
/** Bytes of large bodies that may wait for their turn: of one caller, and of all. */
export const WAITING_LIMIT_BYTES = { caller: 32 * 1024 * 1024, all: 128 * 1024 * 1024 };

export class LargeBodies {
  readonly #turns = new Turns({ at_once: 1, pauses: 2 });
  readonly #waiting = new Map<string, number>();
  #length = 0;

  /** Parses one of so many bytes when it is the caller's turn. Throws the problem `unavailable` where too much waits, and what `parse` throws. */
  async parse<Value>(caller: string, { length, parse }: { length: number; parse: () => Value }): Promise<Value> {
    const theirs = this.#waiting.get(caller) ?? 0;
    if (theirs + length > WAITING_LIMIT_BYTES.caller) throw busy("of yours");
    if (this.#length + length > WAITING_LIMIT_BYTES.all) throw busy("of all callers");
    this.#add(caller, length);
    return await this.#turns.take(caller, async () => {
      this.#add(caller, -length);
      return parse();
    });
  }

  #add(caller: string, length: number): void {
    this.#length += length;
    const theirs = (this.#waiting.get(caller) ?? 0) + length;
    if (theirs > 0) this.#waiting.set(caller, theirs);
    else this.#waiting.delete(caller);
  }
}

function busy(whose: string): Problem {
  const detail = `Too many large bodies ${whose} wait to be read. Nothing was recorded.`;
  return new Problem("unavailable", detail, { headers: { "retry-after": "1" } });
}
