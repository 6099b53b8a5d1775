/** Running a job again, as a new one. */
import { accountOf } from "../../../events/account.ts";
import { type EventMeta, entityId, type StoredEvent } from "../../../events/envelope.ts";
import type { JobPipelinePinned, JobReplayedFrom, JobStepReused } from "../../../events/job.ts";
import type { Steps } from "../../../events/pipeline.ts";
import { inSlices } from "../../async/mod.ts";
import { type JobState, submittersOf } from "../../domain/job/job_state.ts";
import type { StepStates } from "../../domain/pipeline/step_states.ts";
import { decodeJson, writeJson } from "../../json/mod.ts";
import type { WrittenEvent } from "../../log/mod.ts";

/** What a job that is run again from a step on takes over from the origin. */
export interface Reused {
  /** The first step that is run. */
  readonly from_step: string;
  /** What those before it gave. */
  readonly steps: readonly JobStepReused[];
  /** The stored pipeline, at the origin's version: its steps are those whose outputs are reused. */
  readonly pipeline: JobState["pipeline"];
}

export interface ReplayOptions {
  /** In place of the origin's. */
  readonly payload?: Record<string, unknown>;
  readonly reused?: Reused;
}

/**
 * The first events of a job that runs another one again: with the same submission, byte for byte. What it takes over is an
 * event for each step, and written in slices: it can be megabytes.
 */
export async function replayEvents(
  origin: readonly StoredEvent[],
  { payload, reused }: ReplayOptions = {},
): Promise<WrittenEvent[]> {
  const [submission] = origin;
  if (submission?.type !== "job.submitted") throw new Error("Cannot replay a job that was never submitted");
  const { data_json, stream_id } = submission;
  const origin_job_id = entityId(stream_id);
  const from: JobReplayedFrom = { origin_job_id, ...(reused && { from_step: reused.from_step }) };
  const events: WrittenEvent[] = [
    {
      type: submission.type as string,
      data_json: payload === undefined ? data_json : JSON.stringify({ ...decodeJson<object>(data_json), payload }),
    },
    { type: "job.replayed_from", data_json: JSON.stringify(from) },
  ];
  if (!reused) return events;
  await inSlices(reused.steps, (step) => {
    events.push({ type: "job.step_reused", data: step, data_json: writeJson(step) });
  });
  if (!reused.pipeline) return events;
  const { name, version } = reused.pipeline;
  const pinned: JobPipelinePinned = { pipeline: name, version };
  return [...events, { type: "job.pipeline_pinned", data_json: JSON.stringify(pinned) }];
}

/**
 * The account in whose words a replay is submitted, for its meta: the origin's, whose submission it is byte for byte. With
 * another payload it is the words of whoever asks for it.
 */
export function replayAccount(
  origin: readonly StoredEvent[],
  { payload }: Pick<ReplayOptions, "payload"> = {},
): Pick<EventMeta, "account"> {
  const [submission] = origin;
  return submission && payload === undefined ? { account: accountOf(decodeJson(submission.meta_json)) } : {};
}

/** Whose work a replay is, beside whoever asks for it: theirs whose work the origin was. */
export function onBehalfOf(origin: JobState, { actor }: Pick<EventMeta, "actor">): Pick<EventMeta, "on_behalf_of"> {
  const others = submittersOf(origin).filter((one) => one !== actor);
  return others.length === 0 ? {} : { on_behalf_of: [...new Set(others)] };
}

/** What is on record of the steps before `from_step`, or why it cannot be taken over. */
export function stepsBefore(
  from_step: string,
  { steps, states, payload }: { steps: Steps; states: StepStates; payload?: Record<string, unknown> | undefined },
): JobStepReused[] | { readonly refused: string } {
  const index = steps.findIndex(({ id }) => id === from_step);
  if (index < 0) {
    const ids = steps.map(({ id }) => id).join(", ");
    return { refused: `"${from_step}" is no step of the job; ${ids ? `its steps: ${ids}` : "it has none on record"}` };
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
      return { refused: `comes after the step "${id}", which has not ended well: it is ${status}` };
    }
    reused.push({ step: id, status, output, output_length });
  }
  return reused;
}
