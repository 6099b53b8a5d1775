/**
 * When a plan is computed, and when its work starts. Both are synchronous, and callers choose how much work they are:
 * so after some of it everything else in the process has its turn, and jobs that have had more than their share wait in
 * line, which takes up a quarter of the time at most. In it callers take turns. Others' plans never wait for that line.
 */
import { FairQueue } from "../../async/mod.ts";
import type { Expenses } from "../../domain/pipeline/expression_cost.ts";

/** What may be done per turn of the event loop, all jobs together, in units of expressions: about 2 ms. */
const TURN_COST = 100_000;
/** A job that has cost more stands in line. */
const SHARE = 500_000;
/** After a plan of the line: this many times as long as it takes, including all that it starts. */
const PAUSES = 3;
/** About how long a unit takes, of what is done after the plan. */
const UNIT_MS = 25e-6;

/** Whose plan it is, and the job's costs so far. */
export interface Planner {
  readonly caller: string | null;
  readonly expenses: Expenses;
}

export class WorkPacer {
  #spent = 0;
  #turn: Promise<void> | undefined;
  /** The jobs that have had more than their share. */
  readonly #line = new FairQueue();

  /** Resolves when this much work may be done, which may be requested only then: at once. */
  async begin(units: number | (() => number)): Promise<void> {
    while (this.#spent >= TURN_COST) await this.#nextTurn();
    this.#spend(typeof units === "number" ? units : units());
  }

  /** Runs a plan when it has its turn; its cost is read from the job's expenses. */
  async run<Value>({ caller, expenses }: Planner, plan: () => Value): Promise<Value> {
    if (expenses.work <= SHARE) {
      expenses.pace();
      return await this.#soon(expenses, plan);
    }
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    // The next one in line waits for the rest after it, too; this caller does not.
    void this.#line.run(caller, async () => {
      while (this.#spent > 0) await this.#nextTurn();
      const began = performance.now();
      await this.#soon(expenses, plan).then(resolve, reject);
      // The cost of it and everything since the previous plan.
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

  /** Resolves when the event loop has turned. */
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
export const workPacer = new WorkPacer();
