/** Keeping the positions of all reactions of a process, in one statement at a time. */
import type { Sql } from "../db/mod.ts";
import { movePositions } from "./checkpoint.ts";

/** One leadership of a reaction. */
export interface Term {
  readonly name: string;
  readonly version: number;
  /** The position as the database has it. */
  saved: number;
  /** The last event of which all that follows is done. */
  position: number;
  /** Called where somebody else moved it. */
  fenced(): void;
}

/** How long a position may wait that only passed over events: those are soon read again. */
const LATER_MS = 1_000;

export class Positions {
  readonly #sql: Sql;
  readonly #waiting = new Set<Term>();
  #flushing: Promise<void> = Promise.resolve();
  #timer: Timer | undefined;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Resolves when the database has the term's position, or the term is fenced. Throws faults of the database. */
  async save(term: Term): Promise<void> {
    this.#waiting.add(term);
    await this.#flush();
  }

  /** Saves it together with others, in a while. */
  saveLater(term: Term): void {
    this.#waiting.add(term);
    // What fails is saved with the next that comes.
    this.#timer ??= setTimeout(() => void this.#flush().catch(() => {}), LATER_MS);
  }

  /** One at a time: a position is moved from where the last statement left it. */
  #flush(): Promise<void> {
    const flushing = this.#flushing.catch(() => {}).then(() => this.#move());
    this.#flushing = flushing;
    return flushing;
  }

  async #move(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const terms = [...this.#waiting].filter(({ saved, position }) => position > saved);
    this.#waiting.clear();
    if (terms.length === 0) return;
    const moves = terms.map(({ name, version, saved, position }) => ({ name, version, from: saved, to: position }));
    const moved = await movePositions(this.#sql, moves);
    for (const [index, term] of terms.entries()) {
      if (moved.has(term.name)) term.saved = (moves[index] as { to: number }).to;
      else term.fenced();
    }
  }
}
