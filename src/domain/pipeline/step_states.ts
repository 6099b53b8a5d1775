/** The states of a job's steps, folded from its events. */
import type { JobError } from "../../../events/job.ts";
import type { KnownEvent, KnownNewEvent } from "../../../events/mod.ts";
import { keepAsText, keepListAsText } from "../../json/mod.ts";
import { lengthOfJson } from "./step_error.ts";

/**
 * - `running`: its connector was started, and no outcome is recorded.
 * - `interrupted`: its worker was lost or released it while it ran, or the job finished before it did.
 * - `retrying`: it failed, and is retried from `due_at` on.
 * - `waiting`: it sleeps or waits for an approval, until `due_at`.
 */
export type WorkStatus =
  | "pending"
  | "running"
  | "interrupted"
  | "retrying"
  | "waiting"
  | "succeeded"
  | "skipped"
  | "failed";

/** The unit that runs: a step, or one item of its for_each. */
export interface WorkState {
  readonly status: WorkStatus;
  /** How many times its connector was started. */
  readonly attempts: number;
  /** How many runs failed or lost their worker. */
  readonly attempts_used: number;
  /** As it is stored: see `JsonText`. For an item `null` once the step has all of them. */
  readonly output: unknown;
  /** Its last error. */
  readonly error: JobError | null;
  /** Milliseconds since 1970. */
  readonly due_at: number | null;
}

export interface StepState extends WorkState {
  /** For a for_each; `null` for any other step. */
  readonly items: readonly WorkState[] | null;
  /** What is to be approved. */
  readonly message: string | null;
  /** Whether the job's submitter may not approve it. */
  readonly not_by_submitter: boolean;
  /** RFC 3339. */
  readonly started_at: string | null;
  readonly ended_at: string | null;
  /** UTF-16 units of JSON of its output, or of its items' outputs so far. */
  readonly output_length: number;
  /** How many times a connector was started for it, or for its items together. */
  readonly runs: number;
  /** UTF-16 units of JSON of the errors of these runs. */
  readonly errors_length: number;
}

/** By step id; those not reached are absent. */
export type StepStates = ReadonlyMap<string, StepState>;

export type StepEvent = Extract<
  KnownEvent,
  {
    type:
      | "job.step_reused"
      | "job.step_started"
      | "job.step_succeeded"
      | "job.step_failed"
      | "job.step_skipped"
      | "job.suspended"
      | "job.approval_given";
  }
>;
export type NewStepEvent = Extract<KnownNewEvent, { type: StepEvent["type"] }>;

const PENDING: WorkState = {
  status: "pending",
  attempts: 0,
  attempts_used: 0,
  output: null,
  error: null,
  due_at: null,
};
/** A step that was not reached yet. */
export const UNREACHED: StepState = {
  ...PENDING,
  items: null,
  message: null,
  not_by_submitter: false,
  started_at: null,
  ended_at: null,
  output_length: 0,
  runs: 0,
  errors_length: 0,
};

/** Whether it is over, whatever the outcome. */
export function hasEnded({ status }: WorkState): boolean {
  return status === "succeeded" || status === "skipped" || status === "failed";
}

/** Of all outputs together, in UTF-16 units of JSON. */
export function outputsLength(states: StepStates): number {
  return states.values().reduce((sum, { output_length }) => sum + output_length, 0);
}

/** How many times connectors were started, and the size of their errors, over all steps. */
export function runTotals(states: StepStates): { readonly runs: number; readonly errors_length: number } {
  const all = { runs: 0, errors_length: 0 };
  for (const { runs, errors_length } of states.values()) {
    all.runs += runs;
    all.errors_length += errors_length;
  }
  return all;
}

/** The states after an event. */
export function evolveSteps(states: StepStates, event: StepEvent): StepStates {
  const before = states.get(event.data.step) ?? UNREACHED;
  return new Map(states).set(event.data.step, evolveStep(before, event));
}

/** The attempt ended while work in it was running; `lost`: its worker was lost. */
export function interrupt(states: StepStates, { lost }: { lost: boolean }): StepStates {
  const stop = <Work extends WorkState>(work: Work): Work =>
    work.status === "running"
      ? { ...work, status: "interrupted", attempts_used: work.attempts_used + (lost ? 1 : 0) }
      : work;
  return new Map(
    states.entries().map(([id, step]) => {
      // A for_each as a whole runs as long as its items do.
      return [id, step.items === null ? stop(step) : { ...step, items: step.items.map(stop) }];
    }),
  );
}

/** The job finished while steps were running or waiting. */
export function abandon(states: StepStates): StepStates {
  const stop = <Work extends WorkState>(work: Work): Work =>
    hasEnded(work) || work.status === "pending" ? work : { ...work, status: "interrupted", due_at: null };
  return new Map(
    states.entries().map(([id, step]) => {
      return [id, stop(step.items === null ? step : { ...step, items: step.items.map(stop) })];
    }),
  );
}

function evolveStep(step: StepState, event: StepEvent): StepState {
  switch (event.type) {
    case "job.step_reused": {
      const { status, output, output_length } = event.data;
      return { ...step, status, output: keepAsText(output), output_length, ended_at: event.recorded_at };
    }
    case "job.step_started":
    case "job.step_succeeded":
    case "job.step_failed":
      return evolveRun(count(step, event), event);
    case "job.step_skipped":
      return { ...step, status: "skipped", ended_at: event.recorded_at };
    case "job.suspended": {
      const { waiting, until, message, not_by_submitter = false } = event.data;
      // A step that is to be retried says so itself.
      if (waiting === "retry") return step;
      const started_at = step.started_at ?? event.recorded_at;
      return {
        ...step,
        status: "waiting",
        due_at: Date.parse(until),
        message: message ?? null,
        not_by_submitter,
        started_at,
      };
    }
    case "job.approval_given": {
      const { approved, by, comment } = event.data;
      const output = { approved, by, comment: comment ?? null };
      const ended_at = event.recorded_at;
      return { ...step, status: approved ? "succeeded" : "failed", due_at: null, output, ended_at };
    }
  }
}

type WorkEvent = Extract<StepEvent, { type: "job.step_started" | "job.step_succeeded" | "job.step_failed" }>;

/** Every run counts, whatever its outcome: it is part of the history. */
function count(step: StepState, event: WorkEvent): StepState {
  switch (event.type) {
    case "job.step_started":
      return event.data.items === undefined ? { ...step, runs: step.runs + 1 } : step;
    case "job.step_failed":
      return { ...step, errors_length: step.errors_length + lengthOfJson(event.data.error) };
    default:
      return step;
  }
}

function evolveRun(step: StepState, event: WorkEvent): StepState {
  return event.data.item === undefined ? evolveWhole(step, event) : evolveItem(step, event, event.data.item);
}

function evolveWhole(step: StepState, event: WorkEvent): StepState {
  const work = { ...step, ...evolveWork(step, event) };
  const ended_at = hasEnded(work) ? event.recorded_at : null;
  switch (event.type) {
    case "job.step_started": {
      const items =
        event.data.items === undefined ? step.items : Array.from({ length: event.data.items }, () => PENDING);
      return { ...work, items, started_at: step.started_at ?? event.recorded_at };
    }
    case "job.step_succeeded":
      return step.items === null
        ? { ...work, ended_at, output_length: event.data.output_length }
        : {
            ...work,
            ended_at,
            output: keepListAsText(step.items.map(({ output }) => output)),
            items: step.items.map((item) => ({ ...item, output: null })),
          };
    case "job.step_failed":
      return { ...work, ended_at };
  }
}

function evolveItem(step: StepState, event: WorkEvent, item: number): StepState {
  const items = [...(step.items ?? [])];
  items[item] = evolveWork(items[item] ?? PENDING, event);
  const added = event.type === "job.step_succeeded" ? event.data.output_length : 0;
  return { ...step, items, output_length: step.output_length + added };
}

function evolveWork(work: WorkState, event: WorkEvent): WorkState {
  switch (event.type) {
    case "job.step_started":
      return { ...work, status: "running", attempts: event.data.step_attempt, due_at: null };
    case "job.step_succeeded":
      return { ...work, status: "succeeded", output: keepAsText(event.data.output ?? null), error: null, due_at: null };
    case "job.step_failed": {
      const { error, retry_at } = event.data;
      const attempts_used = work.attempts_used + 1;
      if (retry_at === undefined) return { ...work, status: "failed", attempts_used, error };
      return { ...work, status: "retrying", attempts_used, error, due_at: Date.parse(retry_at) };
    }
  }
}
