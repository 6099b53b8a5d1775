/**
 * When a plan is worked out, and when what it says is begun. Both are synchronous, and how much work they are is for
 * callers to choose: so after some of it everything else in the process has its turn, and jobs that have had more than
 * their share wait in line, which takes up a quarter of the time at most. In it callers take turns. Others' plans never
 * wait for that line.
 */
import { Line } from "../../async/mod.ts";
import type { Expenses } from "../../domain/pipeline/expression_cost.ts";

/** What may be done between two turns of the event loop, all jobs together, in units of expressions: about 2 ms. */
const TURN_COST = 100_000;
/** A job that has been more work stands in line. */
const SHARE = 500_000;
/** After a plan of the line: so many times as long as it takes, with all that it begins. */
const PAUSES = 3;
/** What a unit takes, about, of what is done after the plan. */
const UNIT_MS = 25e-6;

/** Whose plan it is, and what the job has cost. */
export interface Planner {
  readonly caller: string | null;
  readonly expenses: Expenses;
}

export class Turns {
  #spent = 0;
  #turn: Promise<void> | undefined;
  /** Of those who have had more than their share. */
  readonly #line = new Line();

  /** Resolves when work of so many units, which may be asked for only then, may be done: at once. */
  async begin(units: number | (() => number)): Promise<void> {
    while (this.#spent >= TURN_COST) await this.#nextTurn();
    this.#spend(typeof units === "number" ? units : units());
  }

  /** Runs a plan when it has its turn; what it costs is read from the job's expenses. */
  async run<Value>({ caller, expenses }: Planner, plan: () => Value): Promise<Value> {
    if (expenses.work <= SHARE) {
      expenses.pace();
      return await this.#soon(expenses, plan);
    }
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    // The next one in line waits for the rest after it, too; whoever asked does not.
    void this.#line.run(caller, async () => {
      while (this.#spent > 0) await this.#nextTurn();
      const began = performance.now();
      await this.#soon(expenses, plan).then(resolve, reject);
      // What it and all since the plan before it cost.
      const units = expenses.pace();
      await Bun.sleep(Math.max(performance.now() - began, units * UNIT_MS) * PAUSES);
    });
    return await promise;
  }

  async #soon<Value>(expenses: Expenses, plan: () => Value): Promise<Value> {
    while (this.#spent >= TURN_COST) await this.#nextTurn();
    const before = expenses.work;
    try {
      return plan();
    } finally {
      this.#spend(expenses.work - before);
    }
  }

  #spend(units: number): void {
    this.#spent += units;
    if (this.#spent > 0) void this.#nextTurn();
  }

  /** Resolves when the event loop has gone round. */
  #nextTurn(): Promise<void> {
    this.#turn ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#spent = 0;
        this.#turn = undefined;
        resolve();
      });
    });
    return this.#turn;
  }
}

/** Of all jobs of this process. */
export const turns = new Turns();
