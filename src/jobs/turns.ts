/**
 * When a plan is worked out. Planning is synchronous, and the expressions in it are work that callers choose: so after
 * some of it everything else in the process has its turn, and jobs that have had more than their share wait in
 * line, which takes up a quarter of the time at most. In it callers take turns. Others' plans never wait for that line.
 */
import type { Expenses } from "../domain/expression_cost.ts";

/** What the plans between two turns of the event loop may cost together, in units of expressions: about 2 ms. */
const TURN_COST = 100_000;
/** A job whose expressions have cost more stands in line. */
const SHARE = 500_000;
/** After a plan of the line: so many times as long as it took. */
const PAUSES = 3;

/** Whose plan it is, and what the job's expressions have cost. */
export interface Planner {
  readonly caller: string | null;
  readonly expenses: Expenses;
}

export class Turns {
  #spent = 0;
  #turn: Promise<void> | undefined;
  /** By caller, the plans that stand in line. Who had their turn last is last. */
  readonly #line = new Map<string | null, (() => Promise<void>)[]>();
  #serving = false;

  /** Runs a plan when it has its turn; what it costs is read from the job's expenses. */
  async run<Value>({ caller, expenses }: Planner, plan: () => Value): Promise<Value> {
    if (expenses.total <= SHARE) return await this.#soon(expenses, plan);
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    const plans = this.#line.get(caller) ?? [];
    plans.push(() => this.#soon(expenses, plan).then(resolve, reject));
    this.#line.set(caller, plans);
    if (!this.#serving) void this.#serve();
    return await promise;
  }

  async #serve(): Promise<void> {
    this.#serving = true;
    for (let [next] = this.#line; next; [next] = this.#line) {
      const [caller, plans] = next;
      const plan = plans.shift();
      this.#line.delete(caller);
      if (plans.length > 0) this.#line.set(caller, plans);
      while (this.#spent > 0) await this.#nextTurn();
      const began = performance.now();
      await plan?.();
      await Bun.sleep((performance.now() - began) * PAUSES);
    }
    this.#serving = false;
  }

  async #soon<Value>(expenses: Expenses, plan: () => Value): Promise<Value> {
    while (this.#spent >= TURN_COST) await this.#nextTurn();
    const before = expenses.total;
    try {
      return plan();
    } finally {
      this.#spent += expenses.total - before;
      if (this.#spent > 0) void this.#nextTurn();
    }
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
