/**
 * The cost of expressions. Callers choose how much work their expressions are, and the process that evaluates them serves
 * everybody. So work is counted before it is done, and stops when the budget is used up. Units are deterministic: the same
 * on every machine and each time. One unit takes 10 to 50 ns, for every operation: `bench/expressions.ts` measures it.
 *
 * ```text
 *   1     evaluating a node of the expression; visiting, comparing or copying an element, or adding it to a list
 *   1     reading, comparing, searching, joining or writing 16 characters of text
 *   2     reading, comparing, copying or setting a property of a map by an existing key; 20 if the key begins with a digit
 *   20    looking up a computed key; 40 for setting one
 *   1     every 2 unused integers below 1,000 between integer keys of a map
 *   1     writing an integer; 4 a fraction, 12 an integer beyond 2^53
 *   20    arithmetic with an integer beyond 2^53
 *   200   an error that ||, && or exists discards
 *   100   parsing an expression, and 10 for each character of its source
 * ```
 */

/**
 * Per render: the expressions of one input, condition, list of items, time or message. Usually 10 ms, at most about 25.
 */
export const MAX_RENDER_COST = 500_000;
/** Per step, over all its renders, including its items, within one attempt of the job. */
export const MAX_STEP_COST = 20_000_000;
/** Per attempt of a job, over all its renders. */
export const MAX_JOB_COST = 50_000_000;
/**
 * Maximum length of the result of one render, and of a text within an expression: UTF-16 units of JSON, including quotes
 * and commas.
 */
export const MAX_RENDERED_LENGTH = 1_000_000;

const TEXT_PER_UNIT = 16;
const ERROR_COST = 200;
const SOURCE_COST = 100;
const SOURCE_CHARACTER_COST = 10;
const PROPERTY_COST = 2;
const INDEX_PROPERTY_COST = 20;
const KEY_COST = 20;
const NEW_KEY_COST = 40;
const INDEXES_PER_UNIT = 2;
const INTEGER_COST = 1;
const FRACTION_COST = 4;
const BIGINT_COST = 12;

const SMALL_INDEX = /^(?:0|[1-9]\d{0,2})$/;

/** An expression that cannot be parsed or has no value. The message says why, for its author. */
export class ExpressionError extends Error {
  override readonly name: string = "ExpressionError";
}

/** A budget is used up. No `||` or `exists` continues past it. */
export class CostError extends ExpressionError {
  override readonly name = "CostError";
}

/** Meters one render. */
export class Meter {
  readonly #budget: number;
  readonly #refusal: string;
  #left: number;
  #length_left = MAX_RENDERED_LENGTH;

  /** @param budget what may be spent, in units; `refusal`: the error when it is used up */
  constructor(budget = MAX_RENDER_COST, refusal = `the expressions cost more than ${MAX_RENDER_COST} units of work`) {
    this.#budget = budget;
    this.#left = budget;
    this.#refusal = refusal;
  }

  /** In units; never more than was available. */
  get spent(): number {
    return this.#budget - Math.max(0, this.#left);
  }

  spend(units: number): void {
    this.#left -= units;
    if (this.#left < 0) throw new CostError(`Too much work: ${this.#refusal}. ${ADVICE}`);
  }

  /** A text is about to be read. */
  text(length: number): void {
    this.spend(1 + Math.floor(length / TEXT_PER_UNIT));
  }

  /** The source of an expression is about to be parsed. */
  source(length: number): void {
    this.spend(SOURCE_COST + length * SOURCE_CHARACTER_COST);
  }

  /** A property of a map is about to be read, copied or set by a key that is in the map or in the source. */
  property(key: string): void {
    const first = key.charCodeAt(0);
    // The runtime keeps keys that could be list indices in a separate table, which is slow.
    this.spend(first >= 0x30 && first <= 0x39 ? INDEX_PROPERTY_COST : PROPERTY_COST);
  }

  /** A computed key is about to be looked up. */
  key(key: string): void {
    this.text(key.length);
    this.spend(KEY_COST);
  }

  /** A computed key is about to be set: each may give a map a new shape. */
  newKey(key: string): void {
    this.text(key.length);
    this.spend(NEW_KEY_COST);
  }

  /**
   * A key is about to be set in a map whose table of integer keys has `count` entries; returns how many it has then. The
   * runtime makes an entry for each integer up to the largest key below 1,000.
   */
  indexes(key: string, count: number): number {
    const index = SMALL_INDEX.test(key) ? Number(key) : -1;
    if (index < count) return count;
    this.spend(Math.floor((index - count) / INDEXES_PER_UNIT));
    return index + 1;
  }

  /** A number is about to be written. */
  number(value: number | bigint): void {
    if (typeof value === "bigint") this.spend(BIGINT_COST);
    else this.spend(Number.isSafeInteger(value) ? INTEGER_COST : FRACTION_COST);
  }

  /** A text of this length is about to be built. */
  build(length: number): void {
    if (length > MAX_RENDERED_LENGTH) {
      throw new CostError(`A text would have more than ${MAX_RENDERED_LENGTH} characters. ${ADVICE}`);
    }
  }

  /** This much JSON is about to be returned. */
  output(length: number): void {
    this.#length_left -= length;
    if (this.#length_left >= 0) return;
    throw new CostError(`The result has more than ${MAX_RENDERED_LENGTH} characters of JSON. ${ADVICE}`);
  }

  /** Discards an error, as `||` and `exists` do if another operand decides. Rethrows one that must not be discarded. */
  discard(error: unknown): ExpressionError {
    if (!(error instanceof ExpressionError) || error instanceof CostError) throw error;
    this.spend(ERROR_COST);
    return error;
  }
}

const ADVICE = "Use smaller lists and texts, or spread the work over several steps or jobs.";

/** What one attempt has cost so far. */
export class Expenses {
  #total = 0;
  #handed_on = 0;
  #paced = 0;
  readonly #of_steps = new Map<string, number>();

  /** The cost of its renders, in units. */
  get total(): number {
    return this.#total;
  }

  /** The cost of everything it does in this process, in units: it paces the attempt, and is not limited. */
  get work(): number {
    return this.#total + this.#handed_on;
  }

  /** This much work is about to be done with rendered values or with results. */
  handOn(units: number): void {
    this.#handed_on += units;
  }

  /** Returns the work since the last call. */
  pace(): number {
    const units = this.work - this.#paced;
    this.#paced += units;
    return units;
  }

  /** Runs one render of a step within the rest of its budget. */
  render<Value>(step: string, action: (meter: Meter) => Value): Value {
    const of_step = this.#of_steps.get(step) ?? 0;
    const meter = this.#meter(of_step);
    try {
      return action(meter);
    } finally {
      this.#total += meter.spent;
      this.#of_steps.set(step, of_step + meter.spent);
    }
  }

  #meter(of_step: number): Meter {
    const left_of_step = MAX_STEP_COST - of_step;
    const left_of_job = MAX_JOB_COST - this.#total;
    if (Math.min(left_of_step, left_of_job) >= MAX_RENDER_COST) return new Meter();
    return left_of_step < left_of_job
      ? new Meter(left_of_step, `the expressions of the step cost more than ${MAX_STEP_COST} units of work`)
      : new Meter(left_of_job, `the expressions of the job cost more than ${MAX_JOB_COST} units of work`);
  }
}
