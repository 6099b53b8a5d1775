/**
 * What expressions cost. Whoever submits a job chooses how much work they are, and they run in the process that serves
 * everybody: so every piece of work is counted before it is done, in units that mean the same on every machine and at
 * every repetition, and ends where the budget does. One unit is 10 to 50 ns, whatever it is spent on:
 * `bench/expressions.ts` measures it for every operation.
 *
 * ```text
 *   1     a node of the expression evaluated, an element visited, compared, copied or put into a list
 *   1     16 characters of text read, compared, searched, joined or written
 *   2     a property of a map read, compared, copied or set by a key that was there before; 20 for one that begins with a digit
 *   20    a key that is worked out looked up, 40 set
 *   1     2 numbers below 1,000 that the keys of a map leave out, where they are whole numbers
 *   1     an integer given, 4 a fraction, 12 one beyond 2^53
 *   20    reckoning with an integer beyond 2^53
 *   200   an error that ||, && or exists pass over
 *   100   an expression read, and 10 for each character of its source
 * ```
 */

/**
 * Per render: the expressions of one input, condition, list of items, time or message. At most about 25 ms, usually 10.
 */
export const MAX_RENDER_COST = 500_000;
/** Per step, over all its renders, including its items, within one attempt of the job. */
export const MAX_STEP_COST = 20_000_000;
/** Per attempt of a job, over all its renders. */
export const MAX_JOB_COST = 50_000_000;
/**
 * The result of one render, and the longest text within an expression: UTF-16 units of JSON, including quotes and
 * commas.
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
const PLACES_PER_UNIT = 2;
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

  /** One property of a map is about to be read, copied or set, by a key that the map has, or the source. */
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
   * A key is about to be set in a map that has so many places for keys that are whole numbers: how many it has then. The runtime
   * makes one for each number below 1,000, up to the largest.
   */
  places(key: string, count: number): number {
    const index = SMALL_INDEX.test(key) ? Number(key) : -1;
    if (index < count) return count;
    this.spend(Math.floor((index - count) / PLACES_PER_UNIT));
    return index + 1;
  }

  /** A number is about to be written. */
  number(value: number | bigint): void {
    if (typeof value === "bigint") this.spend(BIGINT_COST);
    else this.spend(Number.isSafeInteger(value) ? INTEGER_COST : FRACTION_COST);
  }

  /** A text of this length is about to be built. */
  hold(length: number): void {
    if (length > MAX_RENDERED_LENGTH) {
      throw new CostError(`A text would have more than ${MAX_RENDERED_LENGTH} characters. ${ADVICE}`);
    }
  }

  /** This much JSON is about to be returned. */
  give(length: number): void {
    this.#length_left -= length;
    if (this.#length_left >= 0) return;
    throw new CostError(`The result has more than ${MAX_RENDERED_LENGTH} characters of JSON. ${ADVICE}`);
  }

  /** An error is discarded, as `||` and `exists` do if another operand decides. Rethrows what must not be. */
  passOver(error: unknown): ExpressionError {
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

  /** Of its renders, in units. */
  get total(): number {
    return this.#total;
  }

  /** Of everything that it does in the process, in units: the attempt is paced by it, and never refused. */
  get work(): number {
    return this.#total + this.#handed_on;
  }

  /** This much work is about to be done with what was rendered, or with its results. */
  handOn(units: number): void {
    this.#handed_on += units;
  }

  /** The work since the last call. */
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
