/** Replaying a job as a new one. */
import { ofAccount, writtenBy } from "../../../events/account.ts";
import { type EventMeta, entityId, type StoredEvent } from "../../../events/envelope.ts";
import type { JobStepReused, JobSubmitted } from "../../../events/job.ts";
import type { Steps } from "../../../events/pipeline.ts";
import type { Replays } from "../../domain/job/job_command.ts";
import { type JobState, submittersOf } from "../../domain/job/job_state.ts";
import type { StepStates } from "../../domain/pipeline/step_states.ts";
import { decodeJson } from "../../json/mod.ts";
import type { Submission } from "../intake/submission.ts";

export interface ReplayOptions {
  /** Replaces the origin's. */
  readonly payload?: Record<string, unknown>;
  /** What is reused of the steps before the first one that runs. */
  readonly reused?: Reused;
}

export type Reused = Required<Pick<Replays, "from_step" | "reused" | "pipeline">>;

/** What a replay is created from: the same submission, byte for byte, except for a new payload. */
export function replayOf(
  [first]: readonly StoredEvent[],
  { payload, reused }: ReplayOptions = {},
): Pick<Submission, "submission" | "replays"> {
  if (first?.type !== "job.submitted") throw new Error("Cannot replay a job that was never submitted");
  const { data_json, stream_id } = first;
  const origin = decodeJson<JobSubmitted>(data_json);
  const data = payload === undefined ? origin : { ...origin, payload };
  return {
    submission: { data, data_json: payload === undefined ? data_json : JSON.stringify(data) },
    replays: { origin_job_id: entityId(stream_id), reused: [], pipeline: null, ...reused },
  };
}

/**
 * Whose a replay is, for its meta: it belongs to the origin's account, is about the same subject, and has the origin's author,
 * whose submission it is byte for byte; with another payload, the caller.
 */
export function replayedFor(
  origin: Pick<JobState, "account" | "author" | "subject">,
  { payload }: Pick<ReplayOptions, "payload"> = {},
): Pick<EventMeta, "account" | "author" | "subject"> {
  const { subject } = origin;
  return {
    ...(payload === undefined ? writtenBy(origin) : ofAccount(origin.account)),
    ...(subject !== null && { subject }),
  };
}

/** On whose behalf a replay runs, besides the caller: as for the origin. */
export function onBehalfOf(origin: JobState, { actor }: Pick<EventMeta, "actor">): Pick<EventMeta, "on_behalf_of"> {
  const others = submittersOf(origin).filter((one) => one !== actor);
  return others.length === 0 ? {} : { on_behalf_of: [...new Set(others)] };
}

/** The recorded outputs of the steps before `from_step`, or why they cannot be reused. */
export function stepsBefore(
  from_step: string,
  { steps, states, payload }: { steps: Steps; states: StepStates; payload?: Record<string, unknown> | undefined },
): JobStepReused[] | { readonly refused: string } {
  const index = steps.findIndex(({ id }) => id === from_step);
  if (index < 0) {
    const ids = steps.map(({ id }) => id).join(", ");
    return {
      refused: `"${from_step}" is not a step of the job; ${ids ? `its steps: ${ids}` : "it has no recorded steps"}`,
    };
  }
  const reused: JobStepReused[] = [];
  for (const { id, wait_for_approval } of steps.slice(0, index)) {
    if (wait_for_approval && payload !== undefined) {
      return {
        refused: `comes after the step "${id}", whose approval was given for the origin's payload, not for this one`,
      };
    }
    const { status = "pending", output = null, output_length = 0 } = states.get(id) ?? {};
    if (status !== "succeeded" && status !== "skipped") {
      return { refused: `comes after the step "${id}", which has not succeeded: it is ${status}` };
    }
    reused.push({ step: id, status, output, output_length });
  }
  return reused;
}
