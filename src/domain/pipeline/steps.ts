/**
 * Decides what a job of several steps does next: from its definition and the recorded states of its steps, what to
 * record, to run and to wait for. Pure: the same input gives the same result, on any worker, before and after a crash.
 *
 * ```text
 *   for each step in order, until one has something left to do:
 *     ended ──────────────────────────▶ the next step
 *     `if` is not true ───────────────▶ skipped, the next step
 *     uses: ──started──▶ running ─────▶ succeeded, the next step
 *              ▲            │ ╰───────▶ failed: so has the job
 *              ╰─retrying◀──┤
 *              ╰─interrupted◀ (its worker was lost, or released it)
 *     sleep, wait_for_approval ───────▶ the job is suspended, until then or until somebody decides
 *   no step left ─────────────────────▶ the job has succeeded, with the last step's output
 * ```
 *
 * A step or an item whose outcome is recorded never runs again.
 */
import type { JobError, JobSuspended } from "../../../events/job.ts";
import { MAX_ITEMS, MAX_SLEEP_SECONDS, type Step, type Steps } from "../../../events/pipeline.ts";
import { parseTime, toTimeAtLeast } from "../../../events/time.ts";
import { decodeKept, keepAsText, writeJson } from "../../json/mod.ts";
import type { Values } from "./expression.ts";
import { CostError, Expenses, ExpressionError, type Meter } from "./expression_cost.ts";
import { asText, type Json, shown } from "./expression_values.ts";
import type { Size } from "./size.ts";
import {
  evolveSteps,
  hasEnded,
  type NewStepEvent,
  outputsLength,
  runTotals,
  type StepEvent,
  type StepState,
  type StepStates,
  UNREACHED,
  type WorkState,
} from "./step_states.ts";
import {
  compileTemplate,
  parseSingleExpression,
  RenderError,
  type Rendered,
  render,
  type Template,
} from "./template.ts";

/** Of a step's output, in UTF-16 units of JSON; a for_each's items count together. */
const MAX_OUTPUT_LENGTH = 1_000_000;
/** Of all outputs of a job together. */
const MAX_OUTPUTS_LENGTH = 4_000_000;

/** How many times the connectors of a job's steps are started in total: this limits its history. */
export const MAX_STEP_RUNS = 10_000;
/** Of their errors, in UTF-16 units of JSON: nothing starts beyond it. */
export const MAX_ERRORS_LENGTH = 4_000_000;
/** Of the inputs that run at the same time, in UTF-16 units of the texts in them; one runs in any case. */
export const MAX_INPUTS_LENGTH = 4_000_000;

/**
 * A plan that has taken this much work, in units of expressions, leaves the rest to the next one, so that others get
 * their turn in between.
 */
const MAX_PLAN_COST = 100_000;

const DEFAULT_APPROVAL_SECONDS = 604_800;

/** A job of several steps in its current state. */
export interface StepsInProgress {
  readonly steps: Steps;
  readonly payload: unknown;
  readonly states: StepStates;
  /** The attempt that runs them. */
  readonly attempt: number;
  /** Milliseconds since 1970, by the database's clock. */
  readonly now: number;
  /** The keys of the work that this worker is running. */
  readonly active: ReadonlySet<string>;
  /** The total size of the inputs that may start. */
  readonly inputs_left: number;
  /** The size of the one that may start if none is active; {@link inputs_left} does not count for it. Unlimited by default. */
  readonly first_left?: number;
  /** What the attempt's earlier plans have computed; this one adds to it. */
  readonly known: Known;
  /** How many times a step's connector may fail or lose its worker. */
  maxAttempts(step: Step): number;
}

/**
 * What does not change within an attempt and is computed once: the steps before a step have finished by then. All of it
 * follows from the definition and what is recorded.
 */
export class Known {
  /** The cost of the attempt. */
  readonly expenses = new Expenses();
  /** Steps whose `if` is true. */
  readonly wanted = new Set<string>();
  /** Of each for_each that has begun, as they are stored: see `JsonText`. */
  readonly items = new Map<string, readonly unknown[]>();
  /** Of each step that has begun: its `with`. */
  readonly inputs = new Map<string, Template>();
  /** The steps that each step and the conditions after it may read. */
  readonly named = new Map<string, readonly string[]>();
  /** The input for which there was no room, by the key of its work. */
  waiting: { readonly key: string; readonly input: Rendered } | undefined;
}

/** One run of a connector. */
export interface Work {
  /** The step's id, and the item's index for one of a for_each: the same at every attempt. */
  readonly key: string;
  readonly step: Step;
  readonly item: number | undefined;
  readonly step_attempt: number;
  /** Failures and lost workers before it. */
  readonly attempts_used: number;
  readonly input: unknown;
  readonly input_size: Pick<Size, "length" | "work">;
}

/** What ends the attempt. */
export type Ending =
  | { readonly type: "complete"; readonly result: unknown }
  | { readonly type: "fail"; readonly error: JobError }
  | ({ readonly type: "suspend" } & Omit<JobSuspended, "attempt">);

/**
 * The work to start, once all of it is recorded in one commit. With neither work nor an ending, the job waits until
 * active work finishes or, if there is none, until other jobs make room for an input.
 */
export interface Plan {
  readonly events: readonly NewStepEvent[];
  readonly works: readonly Work[];
  readonly ending: Ending | null;
  /** There is more to plan once others have had their turn. */
  readonly unfinished: boolean;
}

/** What to do next. */
export function planSteps(job: StepsInProgress): Plan {
  return new Planning(job).plan();
}

/** What to record for work that succeeded; too large an output is a failure. */
export function succeeded(
  { step, item, step_attempt }: Work,
  end: { attempt: number; output: unknown; output_length: number; states: StepStates },
): NewStepEvent {
  const { attempt, output, output_length, states } = end;
  const data = { attempt, step: step.id, ...(item === undefined ? {} : { item }), step_attempt };
  const ofStep = (states.get(step.id)?.output_length ?? 0) + output_length;
  if (ofStep > MAX_OUTPUT_LENGTH) {
    const what = item === undefined ? "The output" : `The outputs up to item ${item}`;
    const message = `${what} of step "${step.id}" take ${ofStep} characters of JSON; ${MAX_OUTPUT_LENGTH} are allowed.`;
    return { type: "job.step_failed", data: { ...data, error: { code: "result_too_large", message } } };
  }
  const ofJob = outputsLength(states) + output_length;
  if (ofJob > MAX_OUTPUTS_LENGTH) {
    const message = `The outputs of all steps take ${ofJob} characters of JSON; ${MAX_OUTPUTS_LENGTH} are allowed.`;
    return { type: "job.step_failed", data: { ...data, error: { code: "outputs_too_large", message } } };
  }
  return { type: "job.step_succeeded", data: { ...data, output, output_length } };
}

/**
 * The outputs of steps that the next plan may read, as they are stored: those used in the next step, and in the
 * conditions of the steps after it. `outputs`: of the finished ones, by step.
 */
export function outputsNamed(
  steps: Steps,
  { outputs, known }: { outputs: ReadonlyMap<string, unknown>; known: Known },
) {
  const next = steps.findIndex(({ id }) => !outputs.has(id));
  const current = steps[next];
  if (!current || outputs.size === 0) return [];
  let named = known.named.get(current.id);
  if (!named) {
    const conditions = steps.slice(next + 1).map((step) => step.if);
    named = Array.from(JSON.stringify([current, conditions]).matchAll(STEP_NAMED), ([, id = ""]) => id);
    known.named.set(current.id, named);
  }
  return named.map((id) => outputs.get(id));
}

/** In the JSON of a step: `steps.a`, `steps["a"]`. */
const STEP_NAMED = /\bsteps\s*(?:\.|\[\s*\\?["'])\s*([a-z0-9_]+)/gi;

/** What a step leaves to do: nothing, so that the next one is considered, or how the plan ends. */
type Rest = "nothing" | End;
type End = Pick<Plan, "works" | "ending" | "unfinished">;

const UNFINISHED: End = { works: [], ending: null, unfinished: true };

class Planning {
  readonly #job: StepsInProgress;
  readonly #events: NewStepEvent[] = [];
  readonly #spent_before: number;
  #states: StepStates;
  #inputs_left: number;

  constructor(job: StepsInProgress) {
    this.#job = job;
    this.#states = job.states;
    this.#inputs_left = job.inputs_left;
    this.#spent_before = job.known.expenses.work;
  }

  plan(): Plan {
    for (const step of this.#job.steps) {
      const rest = this.#hasSpent() ? UNFINISHED : this.#rest(step);
      if (rest !== "nothing") return { events: this.#events, ...rest };
    }
    const ending: Ending = { type: "complete", result: this.#result() };
    return { events: this.#events, works: [], ending, unfinished: false };
  }

  #hasSpent(): boolean {
    return this.#job.known.expenses.work - this.#spent_before >= MAX_PLAN_COST;
  }

  #rest(step: Step): Rest {
    const state = this.#states.get(step.id);
    if (state?.status === "failed") return this.#failed(step, { error: state.error });
    if (state && hasEnded(state)) return "nothing";
    try {
      if (!state && !this.#isWanted(step)) {
        this.#record({ type: "job.step_skipped", data: { attempt: this.#job.attempt, step: step.id } });
        return "nothing";
      }
      if (this.#hasSpent()) return UNFINISHED;
      if (step.sleep) return this.#sleep(step, step.sleep, state);
      if (step.wait_for_approval) return this.#approval(step, step.wait_for_approval, state);
      return step.for_each ? this.#forEach(step, step.for_each) : this.#works(step, { parallel: 1 });
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      return this.#fail(step, { error: expressionFailed(error) });
    }
  }

  #isWanted({ id, if: condition }: Step): boolean {
    const { wanted } = this.#job.known;
    if (condition === undefined || wanted.has(id)) return true;
    const value = this.#evaluate(id, "/if", condition);
    if (typeof value !== "boolean") {
      const message = `The condition evaluates to ${shown(value)}; it must be true or false.`;
      throw new RenderError("/if", new ExpressionError(message));
    }
    if (value) wanted.add(id);
    return value;
  }

  /** The value of a single whole expression. */
  #evaluate(step: string, pointer: string, text: string): unknown {
    return this.#job.known.expenses.render(step, (meter) => {
      try {
        meter.source(text.length);
        return parseSingleExpression(text).evaluate(this.#values(), meter);
      } catch (error) {
        throw error instanceof ExpressionError ? new RenderError(pointer, error) : error;
      }
    });
  }

  #render(step: string, pointer: string, text: string): unknown {
    return this.#job.known.expenses.render(step, (meter) => {
      try {
        return render(text, this.#values(), meter);
      } catch (error) {
        throw error instanceof RenderError ? new RenderError(pointer + error.pointer, error.cause) : error;
      }
    });
  }

  #sleep(step: Step, { seconds, until }: NonNullable<Step["sleep"]>, state: StepState | undefined): Rest {
    const { now } = this.#job;
    const due = state?.due_at ?? (until === undefined ? now + (seconds ?? 0) * 1000 : this.#timeOf(step, until));
    if (due > now) return this.#suspend({ step: step.id, waiting: "sleep", until: toTimeAtLeast(due) });
    return this.#succeed(step, null);
  }

  #timeOf({ id }: Step, until: string): number {
    const text = this.#render(id, "/sleep/until", until);
    const refuse = (fault: string) => new RenderError("/sleep/until", new ExpressionError(`${shown(text)} ${fault}.`));
    // Anything but a text is as invalid a time as an empty text.
    const reading = parseTime(typeof text === "string" ? text : "");
    if ("fault" in reading) throw refuse(reading.fault);
    const time = reading.instant.epochMilliseconds;
    if (time > this.#job.now + MAX_SLEEP_SECONDS * 1000) throw refuse("is more than 365 days ahead");
    return time;
  }

  #approval(step: Step, wanted: NonNullable<Step["wait_for_approval"]>, state: StepState | undefined): Rest {
    const { now } = this.#job;
    const { timeout_seconds = DEFAULT_APPROVAL_SECONDS, on_timeout = "fail", not_by_submitter } = wanted;
    const due = state?.due_at ?? now + timeout_seconds * 1000;
    if (due > now) {
      const message =
        state?.message ?? asText(this.#render(step.id, "/wait_for_approval/message", wanted.message) as Json);
      const wait = { step: step.id, waiting: "approval", until: toTimeAtLeast(due), message } as const;
      return this.#suspend(not_by_submitter ? { ...wait, not_by_submitter } : wait);
    }
    if (on_timeout === "continue") return this.#succeed(step, { approved: true, by: null, comment: null });
    const message = `Nobody approved the step within ${timeout_seconds} s.`;
    return this.#fail(step, { error: { code: "approval_timeout", message } });
  }

  #forEach(step: Step, { max_parallel = 1 }: NonNullable<Step["for_each"]>): Rest {
    const items = this.#itemsOf(step);
    const { attempt } = this.#job;
    if (!this.#states.get(step.id)?.items) {
      const data = { attempt, step: step.id, step_attempt: 1, items: items.length };
      this.#record({ type: "job.step_started", data });
    }
    if (this.#hasSpent()) return UNFINISHED;
    const rest = this.#works(step, { parallel: max_parallel, items });
    if (rest !== "nothing") return rest;
    const { output_length } = this.#stateOf(step);
    const data = { attempt, step: step.id, step_attempt: 1, output_length };
    this.#record({ type: "job.step_succeeded", data });
    return "nothing";
  }

  #itemsOf({ id, for_each }: Step): readonly unknown[] {
    const { items: known } = this.#job.known;
    const before = known.get(id);
    if (before) return before;
    const items = this.#evaluate(id, "/for_each/items", for_each?.items ?? "");
    const refuse = (why: string) => new RenderError("/for_each/items", new ExpressionError(why));
    if (!Array.isArray(items)) throw refuse(`The items are ${shown(items)}; they must be a list.`);
    if (items.length > MAX_ITEMS) throw refuse(`There are ${items.length} items; ${MAX_ITEMS} are allowed.`);
    const keptItems = items.map((item) => keepAsText(item));
    known.set(id, keptItems);
    return keptItems;
  }

  /** The work of a step that is to start, at most `parallel` at the same time. */
  #works(step: Step, { parallel, items }: { parallel: number; items?: readonly unknown[] }): Rest {
    const { active, now } = this.#job;
    const all: readonly WorkState[] = items === undefined ? [this.#stateOf(step)] : (this.#stateOf(step).items ?? []);
    const keyOf = (index: number) => (items === undefined ? step.id : `${step.id}/${index}`);
    const failed = all.findIndex(({ status }) => status === "failed");
    if (failed >= 0) return this.#failed(step, { item: items && failed, error: all[failed]?.error ?? null });
    if (all.every(hasEnded)) return "nothing";

    const idle = [...all.entries()].filter(([index, work]) => !hasEnded(work) && !active.has(keyOf(index)));
    const isDue = ({ status, due_at }: WorkState) => status !== "retrying" || (due_at ?? 0) <= now;
    const free = parallel - all.filter((_, index) => active.has(keyOf(index))).length;
    const works: Work[] = [];
    for (const [index, work] of idle.filter(([, work]) => isDue(work)).slice(0, free)) {
      const isFirst = works.length + active.size === 0;
      const started = this.#start(step, {
        key: keyOf(index),
        item: items && index,
        value: items?.[index],
        work,
        isFirst,
      });
      // It starts once a running one has made room.
      if (started === "no_room") return { works, ending: null, unfinished: false };
      // What was started before the one that cannot start runs first.
      if (!("key" in started)) return works.length > 0 ? { works, ending: null, unfinished: false } : started;
      works.push(started);
      if (this.#hasSpent()) return { works, ending: null, unfinished: true };
    }
    if (works.length > 0 || active.size > 0) return { works, ending: null, unfinished: false };
    const next = Math.min(...idle.map(([, { due_at }]) => due_at ?? now));
    return this.#suspend({ step: step.id, waiting: "retry", until: toTimeAtLeast(next) });
  }

  #start(
    step: Step,
    {
      key,
      item,
      value,
      work,
      isFirst,
    }: { key: string; item: number | undefined; value: unknown; work: WorkState; isFirst: boolean },
  ): Work | End | "no_room" {
    if (work.status === "interrupted" && work.attempts_used >= this.#job.maxAttempts(step)) {
      const message = `The worker was lost while it ran the step; all ${work.attempts_used} attempts are used up.`;
      return this.#fail(step, { item, error: { code: "worker_lost", message } });
    }
    const tooMuch = this.#tooMuch();
    if (tooMuch) return this.#fail(step, { item, error: tooMuch });
    const { known } = this.#job;
    let input: Rendered;
    try {
      input = known.waiting?.key === key ? known.waiting.input : this.#inputFor(step, { item, value });
    } catch (error) {
      if (!(error instanceof RenderError)) throw error;
      return this.#fail(step, { item, error: expressionFailed(error, "/with") });
    }
    const { size } = input;
    const left = isFirst ? (this.#job.first_left ?? Number.POSITIVE_INFINITY) : this.#inputs_left;
    if (size.length > left) {
      // A literal exists in any case.
      const held = input.isLiteral ? input.value : keepAsText(input.value);
      known.waiting = { key, input: { ...input, value: held } };
      return "no_room";
    }
    if (known.waiting?.key === key) known.waiting = undefined;
    this.#inputs_left -= size.length;
    known.expenses.handOn(size.work);
    const step_attempt = work.attempts + 1;
    const data = { attempt: this.#job.attempt, step: step.id, ...(item === undefined ? {} : { item }), step_attempt };
    this.#record({ type: "job.step_started", data });
    return {
      key,
      step,
      item,
      step_attempt,
      attempts_used: work.attempts_used,
      input: decodeKept(input.value),
      input_size: size,
    };
  }

  /** Why the job may start nothing more: there must be room in the history for the outcome of what is started. */
  #tooMuch(): JobError | undefined {
    const { runs, errors_length } = runTotals(this.#states);
    if (runs >= MAX_STEP_RUNS) {
      const message = `The job's steps were run ${runs} times, including items and retries; ${MAX_STEP_RUNS} are allowed.`;
      return { code: "too_many_step_runs", message };
    }
    if (errors_length < MAX_ERRORS_LENGTH) return undefined;
    const message = `The errors of the job's steps take ${errors_length} characters of JSON; at most ${MAX_ERRORS_LENGTH} are allowed.`;
    return { code: "step_errors_too_large", message };
  }

  #inputFor(step: Step, { item, value }: { item: number | undefined; value: unknown }): Rendered {
    const values = { ...this.#values(), ...(item === undefined ? {} : { item: decodeKept(value), index: item }) };
    return this.#job.known.expenses.render(step.id, (meter) => this.#inputOf(step, meter).render(values, meter));
  }

  #inputOf({ id, with: input = {} }: Step, meter: Meter): Template {
    const { inputs } = this.#job.known;
    const template = inputs.get(id) ?? compileTemplate(input, meter);
    inputs.set(id, template);
    return template;
  }

  #succeed(step: Step, output: unknown): Rest {
    const output_length = writeJson(output).length;
    const data = { attempt: this.#job.attempt, step: step.id, step_attempt: 1, output, output_length };
    this.#record({ type: "job.step_succeeded", data });
    return "nothing";
  }

  /** Records a failure that did not come from a connector. */
  #fail(step: Step, { item, error }: { item?: number; error: JobError }): End {
    const state = this.#states.get(step.id);
    const step_attempt = Math.max(1, (item === undefined ? state : state?.items?.[item])?.attempts ?? 0);
    const data = { attempt: this.#job.attempt, step: step.id, ...(item === undefined ? {} : { item }), step_attempt };
    this.#record({ type: "job.step_failed", data: { ...data, error } });
    return this.#failed(step, { item, error });
  }

  /** The job fails with a step, once nothing is running: the outcome of every side effect must be recorded. */
  #failed(step: Step, { item, error }: { item?: number; error: JobError | null }): End {
    if (this.#job.active.size > 0) return { works: [], ending: null, unfinished: false };
    const { code, message, detail } = error ?? { code: "approval_rejected", message: "The approval was rejected." };
    const where = item === undefined ? `Step "${step.id}"` : `Item ${item} of step "${step.id}"`;
    const about = {
      step: step.id,
      ...(item === undefined ? {} : { item }),
      ...(detail === undefined ? {} : { detail }),
    };
    const failure: JobError = { code, message: `${where}: ${message}`, detail: about };
    return { works: [], ending: { type: "fail", error: failure }, unfinished: false };
  }

  #suspend(ending: Omit<Ending & { type: "suspend" }, "type">): Rest {
    return { works: [], ending: { type: "suspend", ...ending }, unfinished: false };
  }

  #record(event: NewStepEvent): void {
    this.#events.push(event);
    this.#states = evolveSteps(this.#states, { ...event, recorded_at: toTimeAtLeast(this.#job.now) } as StepEvent);
  }

  #stateOf(step: Step): StepState {
    return this.#states.get(step.id) ?? UNREACHED;
  }

  #values(): Values {
    const steps = Object.fromEntries(this.#states.entries().map(([id, state]) => [id, valueOfStep(state)]));
    return { payload: this.#job.payload, steps };
  }

  /** The output of the last step that was not skipped. */
  #result(): unknown {
    const last = this.#job.steps.findLast(({ id }) => this.#states.get(id)?.status === "succeeded");
    return last ? (this.#states.get(last.id)?.output ?? null) : null;
  }
}

/** What expressions see of a step. Its output is decoded on demand. */
function valueOfStep({ status, output }: StepState): object {
  return {
    status,
    get output() {
      return decodeKept(output);
    },
  };
}

function expressionFailed(error: ExpressionError, within = ""): JobError {
  const pointer = error instanceof RenderError ? within + error.pointer : within;
  const cause = error instanceof RenderError ? error.cause : error;
  const code = cause instanceof CostError ? "expression_too_costly" : "expression_failed";
  return { code, message: error.message, ...(pointer ? { detail: { pointer } } : {}) };
}
