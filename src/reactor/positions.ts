/** Saves the positions of all reactions of a process, in one statement at a time. */
import type { Sql } from "../db/mod.ts";
import { movePositions } from "./checkpoint.ts";

/** The time during which this process runs a reaction. */
export interface Term {
  readonly name: string;
  readonly version: number;
  /** The position in the database. */
  saved: number;
  /** The last event whose actions are all performed. */
  position: number;
  /** Called if another process has moved the position. */
  fenced(): void;
}

/** How long a position may wait to be saved if no action was performed: reading those events again is cheap. */
const LATER_MS = 1_000;

export class Positions {
  readonly #sql: Sql;
  readonly #waiting = new Set<Term>();
  #flushing: Promise<void> = Promise.resolve();
  #timer: Timer | undefined;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Resolves when the term's position is saved, or the term is fenced. Throws errors of the database. */
  async save(term: Term): Promise<void> {
    this.#waiting.add(term);
    await this.#flush();
  }

  /** Saves it together with others, within {@linkcode LATER_MS}. */
  saveLater(term: Term): void {
    this.#waiting.add(term);
    // After a failure, it is saved with the next one.
    this.#timer ??= setTimeout(() => void this.#flush().catch(() => {}), LATER_MS);
  }

  /** Runs one statement at a time, since each moves positions from where the previous one left them. */
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
