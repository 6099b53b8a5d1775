/** How steps affect their job: their outcomes, waiting within one, and the decisions that steps wait for. */
import type { RecordedEvent } from "../../../events/envelope.ts";
import type { JobSuspended } from "../../../events/job.ts";
import type { KnownNewEvent } from "../../../events/mod.ts";
import { decodeKept } from "../../json/mod.ts";
import { evolveSteps, hasEnded, type NewStepEvent, type StepStates } from "../pipeline/step_states.ts";
import type { Ending } from "../pipeline/steps.ts";
import { type JobCommand, type JobRejection, refuse } from "./job_command.ts";
import { describeEnd, isFinished, type JobState, submittersOf, UNCLAIMED } from "./job_state.ts";

export function recordSteps(
  { events, ending }: JobCommand & { type: "step" },
  state: JobState,
): readonly KnownNewEvent[] {
  const fresh = events.filter((event) => !isOnRecord(event, state.step_states));
  return ending === null ? fresh : [...fresh, endOf(ending, state.attempt)];
}

/** Whether a step's event was recorded before: by an append whose response was lost. */
function isOnRecord({ type, data }: NewStepEvent, states: StepStates): boolean {
  const step = states.get(data.step);
  if (!step || type === "job.suspended" || type === "job.approval_given") return false;
  const work = "item" in data && data.item !== undefined ? step.items?.[data.item] : step;
  if (!work) return false;
  if (type === "job.step_started") return data.items === undefined ? data.step_attempt <= work.attempts : true;
  if (type === "job.step_failed" && work.status === "retrying") return data.step_attempt <= work.attempts;
  return hasEnded(work);
}

function endOf(ending: Ending, attempt: number): KnownNewEvent {
  switch (ending.type) {
    case "complete":
      return { type: "job.succeeded", data: { attempt, result: ending.result } };
    case "fail":
      return { type: "job.failed", data: { attempt, error: ending.error } };
    case "suspend": {
      const { type: _, ...data } = ending;
      return { type: "job.suspended", data: { attempt, ...data } };
    }
  }
}

export function approve(
  { step, approved, by, comment, party }: JobCommand & { type: "approve" },
  state: JobState,
): readonly KnownNewEvent[] | JobRejection {
  const verb = approved ? "approve" : "reject";
  const before = decisionOf(state, step);
  if (before) {
    // The same caller may repeat the same decision; anything else about a decided step would be lost.
    const isSame = before.approved === approved && before.by === by;
    if (isSame && (comment === undefined || comment === before.comment)) return [];
    const decided = before.by
      ? `${before.by} ${before.approved ? "approved" : "rejected"} it`
      : "nobody decided in time, and it continued";
    return refuse("already_decided", `Cannot ${verb} the step "${step}": ${decided}.`);
  }
  if (isFinished(state))
    return refuse("job_finished", `Cannot ${verb} the step "${step}": the job ${describeEnd(state)}.`);
  if (state.status !== "queued" || state.waiting !== "approval" || state.suspended_in !== step) {
    return refuse("step_not_waiting", `Cannot ${verb} the step "${step}": it does not wait for approval.`);
  }
  if (approved && state.step_states.get(step)?.not_by_submitter && submittersOf(state).some((one) => party.has(one))) {
    return refuse("self_approval_refused", `Cannot approve the step "${step}": the job's submitter may not.`);
  }
  const data = { step, approved, by, ...(comment === undefined ? {} : { comment }) };
  const given: KnownNewEvent = { type: "job.approval_given", data };
  if (approved) return [given];
  const message = `Step "${step}": the approval was rejected${comment === undefined ? "" : `: ${comment}`}.`;
  const error = { code: "approval_rejected", message, detail: { step } };
  return [given, { type: "job.failed", data: { attempt: state.attempt, error } }];
}

/** What was decided about a step, and by whom; `by` is `null` if nobody decided in time, which let it continue. */
export interface Decision {
  readonly approved: boolean;
  readonly by: string | null;
  readonly comment: string | null;
}

/** `undefined` for a step that needs no approval, or has not been decided. */
export function decisionOf({ step_states }: JobState, step: string): Decision | undefined {
  const { message, output, ended_at } = step_states.get(step) ?? {};
  if (typeof message !== "string" || !ended_at || output === null) return undefined;
  return decodeKept(output) as Decision;
}

export function suspended(state: JobState, event: RecordedEvent<"job.suspended", JobSuspended>): JobState {
  const { step, waiting, until } = event.data;
  const step_states = evolveSteps(state.step_states, event);
  const { error = null, items = null } = step_states.get(step) ?? {};
  const failure = items?.find(({ status }) => status === "retrying")?.error ?? error;
  return {
    ...state,
    ...UNCLAIMED,
    status: "queued",
    due_at: Date.parse(until),
    waiting,
    suspended_in: step,
    last_error: waiting === "retry" ? failure : null,
    step_states,
  };
}
