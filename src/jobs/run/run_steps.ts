/**
 * Runs the steps of one attempt: plans, records, runs what the plan says, and plans again when some work has finished.
 *
 * What runs next is recorded together with the outcomes that made it next; only then does it run. So after a crash
 * nothing with a recorded outcome runs again, and everything that runs is recorded as started.
 */
import type { Connector, OutboundFetch } from "../../../connectors/connector.ts";
import type { JobError } from "../../../events/job.ts";
import type { Step, Steps } from "../../../events/pipeline.ts";
import { toTime, toTimeAtLeast } from "../../../events/time.ts";
import { FairQueue, inSlices, pause } from "../../async/mod.ts";
import type { JobCommand } from "../../domain/job/job_command.ts";
import { DEFAULT_MAX_ATTEMPTS } from "../../domain/job/job_state.ts";
import { shortenError } from "../../domain/pipeline/step_error.ts";
import {
  evolveSteps,
  hasEnded,
  type NewStepEvent,
  type StepEvent,
  type StepStates,
} from "../../domain/pipeline/step_states.ts";
import {
  type Ending,
  Known,
  MAX_INPUTS_LENGTH,
  outputsNamed,
  type Plan,
  planSteps,
  succeeded,
  type Work,
} from "../../domain/pipeline/steps.ts";
import { decodeKept, isCheapToDecode, JsonText } from "../../json/mod.ts";
import type { Tracing } from "../../telemetry/mod.ts";
import { errorOf } from "../faults.ts";
import type { Attempt } from "./attempt.ts";
import type { Outcome, Runnable } from "./execute.ts";
import { isRetryable, retryDelay } from "./retry.ts";
import { executeTraced } from "./traced.ts";
import { workPacer } from "./work_pacer.ts";

/** How long a connector may take to heed its signal before its result is dropped. */
const TIMEOUT_GRACE_MS = 1_000;

/** The size of running inputs in this process, in UTF-16 units, in addition to one per caller. */
export const MAX_INPUTS_OF_PROCESS = 32_000_000;
/** A job's only input is started in any case if it is no larger. */
const SMALL_INPUT = 100_000;
/** Whoever waits for room checks again after this long, whatever the news. */
const ROOM_EVERY_MS = 1_000;

/** The cost of a UTF-16 unit of an output's JSON, to read, check, record and fold it, in units of expressions. */
const OUTPUT_COST = 1;
/** The same, to decode it. */
const OPENING_COST = 1;

/**
 * Jobs whose next plan has to decode large outputs: one at a time, so that they do not evict each other's from the
 * cache.
 */
const opening = new FairQueue();
/** Of all jobs of this process. */
let inputs_length = 0;
/** The same by caller. */
const inputs_of = new Map<string | null, number>();
/** Resolves when inputs leave room. */
let roomMade = Promise.withResolvers<void>();

export interface StepsOptions {
  readonly steps: Steps;
  readonly runnables: ReadonlyMap<string, Runnable>;
  readonly fetch: OutboundFetch;
  readonly tracing: Tracing;
  /** Fires when no more work is to start. */
  readonly stopping: AbortSignal;
  /** Records events, and updates the attempt's state; false if the attempt is over. */
  readonly record: (command: JobCommand & { type: "step" }) => Promise<boolean>;
  /** A connector broke unexpectedly. */
  readonly on_fault: (fault: unknown, about: { step: string; message: string }) => void;
}

/** Finished work that is not recorded yet. */
interface Ended {
  readonly work: Work;
  readonly outcome: Outcome;
}

/**
 * Resolves to the attempt's recorded outcome; `undefined` if it was told to stop, and did. Throws if the job cannot
 * continue because of a fault of its own; nothing of it runs any more then.
 */
export function runSteps(
  attempt: Attempt,
  options: StepsOptions,
): Promise<"complete" | "fail" | "suspend" | undefined> {
  return new StepsRun(attempt, options).run();
}

class StepsRun {
  readonly #attempt: Attempt;
  readonly #options: StepsOptions;
  readonly #active = new Map<string, Promise<void>>();
  readonly #known = new Known();
  #ended: Ended[] = [];
  /** The size of the running inputs. */
  #inputs_length = 0;
  /** Fires when the run is given up. */
  readonly #broken = new AbortController();
  /** The last plan left something to plan. */
  #isUnfinished = false;

  constructor(attempt: Attempt, options: StepsOptions) {
    this.#attempt = attempt;
    this.#options = options;
  }

  async run(): Promise<Ending["type"] | undefined> {
    try {
      return await this.#run();
    } catch (fault) {
      this.#broken.abort(fault);
      await Promise.race([Promise.allSettled(this.#active.values()), Bun.sleep(TIMEOUT_GRACE_MS)]);
      throw fault;
    }
  }

  async #run(): Promise<Ending["type"] | undefined> {
    while (!this.#attempt.stopped) {
      const end = await this.#advance();
      if (end) return end;
      if (this.#ended.length > 0 || this.#isUnfinished) continue;
      await (this.#active.size > 0 ? Promise.race(this.#active.values()) : this.#room());
    }
    await Promise.all(this.#active.values());
    // After being told to stop, some may have succeeded nevertheless: what they did must not be repeated.
    if (this.#attempt.aborted === "worker_stopping") await this.#record(this.#takeEnded().events, null);
    return undefined;
  }

  /** There is no room for the input of the only work. */
  async #room(): Promise<void> {
    const signal = AbortSignal.any([this.#attempt.signal, this.#options.stopping]);
    if (!signal.aborted) await Promise.race([roomMade.promise, pause(ROOM_EVERY_MS, signal)]);
  }

  /** Records what has finished and what is next, and starts that. Resolves to the attempt's outcome, if this was it. */
  async #advance(): Promise<Ending["type"] | undefined> {
    const planner = { caller: this.#attempt.state.caller, expenses: this.#known.expenses };
    const inTurn = () => workPacer.run(planner, () => this.#planned());
    const planned =
      this.#closed().length === 0 ? await inTurn() : await opening.run(planner.caller, () => this.#open().then(inTurn));
    if (!planned) return undefined;
    const { events, plan } = planned;
    const isStopping = this.#options.stopping.aborted && plan.ending === null;
    this.#isUnfinished = plan.unfinished && !isStopping;
    const isRecorded = await this.#record(isStopping ? events : [...events, ...plan.events], plan.ending);
    if (!isRecorded) return undefined;
    if (plan.ending) return plan.ending.type;
    // The process may have stood still in the meantime, and the job may have continued elsewhere.
    if (this.#attempt.stopped) return undefined;
    if (!isStopping) for (const work of plan.works) this.#start(work);
    else if (this.#active.size + this.#ended.length === 0) this.#attempt.abort("worker_stopping");
    return undefined;
  }

  /** The outputs that the next plan may read, and would have to decode. */
  #closed(): JsonText[] {
    const outputs = new Map<string, unknown>();
    for (const [id, state] of this.#attempt.state.step_states) if (hasEnded(state)) outputs.set(id, state.output);
    for (const { work, outcome } of this.#ended) {
      if (outcome.ok && work.item === undefined) outputs.set(work.step.id, outcome.result);
    }
    const named = outputsNamed(this.#options.steps, { outputs, known: this.#known });
    return named.filter((output) => output instanceof JsonText && !isCheapToDecode(output)) as JsonText[];
  }

  #open(): Promise<void> {
    return inSlices(this.#closed(), (output) => {
      this.#known.expenses.handOn(output.text.length * OPENING_COST);
      decodeKept(output);
    });
  }

  /** What has finished, and what is next; `undefined` if the attempt is over by now. */
  #planned(): { events: readonly NewStepEvent[]; plan: Plan } | undefined {
    if (this.#attempt.signal.aborted) return undefined;
    const { events, states } = this.#takeEnded();
    return { events, plan: this.#plan(states) };
  }

  #plan(states: StepStates): Plan {
    const { state } = this.#attempt;
    const left = MAX_INPUTS_OF_PROCESS - inputs_length;
    return planSteps({
      steps: this.#options.steps,
      payload: state.payload,
      states,
      attempt: state.attempt,
      now: this.#attempt.now(),
      active: new Set(this.#active.keys()),
      inputs_left: Math.min(MAX_INPUTS_LENGTH - this.#inputs_length, left),
      first_left: inputs_of.has(state.caller) ? Math.max(left, SMALL_INPUT) : Number.POSITIVE_INFINITY,
      known: this.#known,
      maxAttempts: (step) => this.#maxAttempts(step),
    });
  }

  async #record(events: readonly NewStepEvent[], ending: Ending | null): Promise<boolean> {
    if (events.length === 0 && ending === null) return true;
    return await this.#options.record({ type: "step", attempt: this.#attempt.state.attempt, events, ending });
  }

  /** What has finished since the last time, as it is to be recorded, and the states after it. */
  #takeEnded(): { events: readonly NewStepEvent[]; states: StepStates } {
    let states = this.#attempt.state.step_states;
    const recorded_at = toTime(this.#attempt.now());
    const events = this.#ended.map((ended) => {
      const event = this.#toEvent(ended, states);
      states = evolveSteps(states, { ...event, recorded_at } as StepEvent);
      return event;
    });
    this.#ended = [];
    return { events, states };
  }

  #toEvent({ work, outcome }: Ended, states: StepStates): NewStepEvent {
    const { attempt } = this.#attempt.state;
    const { step, item, step_attempt, attempts_used } = work;
    if (outcome.ok) {
      return succeeded(work, { attempt, output: outcome.result, output_length: outcome.length, states });
    }
    const { error, retry_after } = outcome;
    const retried = isRetryable(error) && attempts_used + 1 < this.#maxAttempts(step);
    const data = {
      attempt,
      step: step.id,
      ...(item === undefined ? {} : { item }),
      step_attempt,
      error: shortenError(error, { retried }),
    };
    if (!retried) return { type: "job.step_failed", data };
    const backoff = step.retry?.backoff ?? null;
    const connector = this.#connector(step)?.retry?.backoff;
    const ms = retryDelay({ backoff, attempts_used }, { connector, retry_after }) * 1000;
    // A time, not a delay: a plan made now must be the same when it has been recorded, a little later.
    const retry_at = toTimeAtLeast(this.#attempt.now() + ms);
    return { type: "job.step_failed", data: { ...data, retry_at } };
  }

  #start(work: Work): void {
    this.#hold(work.input_size.length);
    const running = this.#execute(work)
      .catch((fault): Outcome => {
        const error = errorOf(fault);
        this.#options.on_fault(fault, { step: work.key, message: error.message });
        return { ok: false, error };
      })
      .then((outcome) => {
        this.#active.delete(work.key);
        this.#hold(-work.input_size.length);
        if (outcome?.ok) this.#known.expenses.handOn(outcome.length * OUTPUT_COST);
        if (outcome) this.#ended.push({ work, outcome });
      });
    this.#active.set(work.key, running);
  }

  #hold(length: number): void {
    const { caller } = this.#attempt.state;
    this.#inputs_length += length;
    inputs_length += length;
    const theirs = (inputs_of.get(caller) ?? 0) + length;
    if (theirs > 0) inputs_of.set(caller, theirs);
    else inputs_of.delete(caller);
    if (length > 0) return;
    roomMade.resolve();
    roomMade = Promise.withResolvers();
  }

  /** `undefined`: it was told to stop, and did. */
  async #execute({ key, step, step_attempt, input, input_size }: Work): Promise<Outcome | undefined> {
    const { runnables, fetch, tracing, on_fault } = this.#options;
    const runnable = runnables.get(step.uses ?? "");
    if (!runnable) {
      const message = `This worker has no connector "${step.uses}".`;
      return { ok: false, error: { code: "unknown_connector", message } };
    }
    // Others' may have been recorded in the same commit, and are about to start at the same moment.
    await workPacer.begin(input_size.work);
    if (this.#attempt.stopped || this.#broken.signal.aborted) return undefined;
    const span = tracing.start("step", {
      parent: this.#attempt.span.traceparent,
      attributes: { "levqor.step": key, "levqor.step_attempt": step_attempt },
    });
    const seconds = step.timeout_seconds ?? this.#attempt.timeout_seconds;
    const timeout = new AbortController();
    const unresponsive = Promise.withResolvers<undefined>();
    const timers = [
      setTimeout(() => timeout.abort(new Error("The step has taken too long")), seconds * 1000),
      setTimeout(() => unresponsive.resolve(undefined), seconds * 1000 + TIMEOUT_GRACE_MS),
    ];
    try {
      const signal = AbortSignal.any([this.#attempt.signal, timeout.signal, this.#broken.signal]);
      const context = {
        signal,
        idempotency_key: `${this.#attempt.job_id}/${key}`,
        fetch: this.#attempt.calling(fetch),
      };
      const running = executeTraced(runnable, { payload: input, context, tracing, parent: span });
      const outcome = await Promise.race([running, unresponsive.promise]);
      span.end({ error: outcome ? codeOf(outcome) : "step_timeout" });
      if (outcome && !outcome.ok && outcome.fault !== undefined) {
        on_fault(outcome.fault, { step: key, message: outcome.error.message });
      }
      return outcome ?? { ok: false, error: timedOut(seconds) };
    } catch (error) {
      span.end({ error: "stopped" });
      if (this.#attempt.signal.aborted || this.#broken.signal.aborted) return undefined;
      if (timeout.signal.aborted) return { ok: false, error: timedOut(seconds) };
      throw error;
    } finally {
      for (const timer of timers) clearTimeout(timer);
    }
  }

  #maxAttempts(step: Step): number {
    return step.retry?.max_attempts ?? this.#connector(step)?.retry?.max_attempts ?? DEFAULT_MAX_ATTEMPTS;
  }

  #connector(step: Step): Connector | undefined {
    return this.#options.runnables.get(step.uses ?? "")?.connector;
  }
}

function codeOf(outcome: Outcome): string | undefined {
  return outcome.ok ? undefined : outcome.error.code;
}

function timedOut(seconds: number): JobError {
  return { code: "step_timeout", message: `The step did not finish within ${seconds} s.` };
}
