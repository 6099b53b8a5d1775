/** Cancelling a job, and replaying it. */

import { SYSTEM } from "../../../events/account.ts";
import { eventId } from "../../../events/mod.ts";
import type { Caller } from "../../access/mod.ts";
import { FairQueue } from "../../async/mod.ts";
import { isFinished, type JobState } from "../../domain/job/job_state.ts";
import type { ApiParts } from "../../http/api.ts";
import { tags } from "../../http/document/tags.ts";
import { LARGE_REPLAYS_WAITING_MAX } from "../../http/limits.ts";
import { Problem } from "../../http/problem.ts";
import { problems } from "../../http/problems.ts";
import { jobIdParam, jobNotFound } from "../../http/request/job_id.ts";
import { checkSubmission, submitOrThrow } from "../../http/request/submission.ts";
import { invalid } from "../../http/request/validation.ts";
import { route } from "../../http/route.ts";
import { onBehalfOf, type Reused, replayedFor, replayOf, stepsBefore } from "../../jobs/bulk/replay.ts";
import { jobMeta, readJob } from "../../jobs/commands.ts";
import { PipelineReader, pinOf } from "../../jobs/run/workflows.ts";
import { MAX_HEAVY_LENGTH } from "../../log/mod.ts";
import { recordCommand } from "./job_refusal.ts";
import { CancelRequest, JobCancelled, JobReplayed, ReplayRequest } from "./schemas.ts";

export function jobControlRoutes({
  log,
  queue,
  workflows,
  refusedAddress,
}: Pick<ApiParts, "log" | "queue" | "workflows" | "refusedAddress">) {
  const pipelines = new PipelineReader(log);
  const largeReplays = new FairQueue();
  return [
    route(
      {
        method: "POST",
        path: "/api/v1/jobs/:job_id/cancel",
        id: "cancelJob",
        tag: tags.jobs,
        summary: "Cancel a job",
        description:
          "Cancels the job at once, whatever it waits for. If it is running, its attempt is told to stop, which takes effect within a second or so; reports from its worker after this call are rejected, and the job is cancelled even if its worker is dead. External effects of the attempt are not undone. Cancelling a cancelled job gives the same response; a job that has finished otherwise is a 409.",
        scope: "jobs:write",
        params: { job_id: jobIdParam },
        body: CancelRequest,
        body_optional: true,
        responses: {
          200: {
            description: "The job is cancelled.",
            schema: JobCancelled,
            example: { job_id: "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70", status: "cancelled" },
          },
        },
        errors: [problems.conflict],
      },
      async (call) => {
        await recordCommand(log, call, { type: "cancel", reason: call.body.reason });
        return { job_id: call.job.job_id, status: "cancelled" };
      },
    ),
    route(
      {
        method: "POST",
        path: "/api/v1/jobs/:job_id/replay",
        id: "replayJob",
        tag: tags.jobs,
        summary: "Replay a job",
        description:
          "Submits a new job with the same body as a finished one, whatever its outcome: everything is done again, including external effects. The new job names its origin in its status, in the list (filter by origin_job_id) and in its history. Send a payload to run it with a different input; from_step to run a job of several steps from that step on, reusing the recorded outputs of the earlier ones, which are not run again (an approval among them was given for the original payload, and cannot be reused for another); and an Idempotency-Key to be able to retry the request safely.",
        scope: "jobs:write",
        params: { job_id: jobIdParam },
        idempotent: true,
        body: ReplayRequest,
        body_optional: true,
        responses: {
          202: {
            description: "The new job is recorded.",
            schema: JobReplayed,
            example: {
              job_id: "0197a1f4-9b1d-7c52-8e3f-5a7b9c1d3e5f",
              status: "queued",
              origin_job_id: "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
            },
          },
        },
        errors: [problems.conflict, problems.payload_too_large, problems.queue_full],
      },
      async (call) => {
        const { caller, body: replay, sent } = call;
        const { job_id: origin_job_id } = call.job;
        if (replay.payload) {
          checkSubmission({ payload: replay.payload }, { ...sent, connectors: workflows, refusedAddress });
        }
        const origin = await readJob(log, call.job);
        if (!origin) throw jobNotFound(origin_job_id);
        const { state, first, version } = origin;
        if (!isFinished(state)) throw new Problem(problems.conflict, `Cannot replay the job: it is ${state.status}.`);

        const { payload, from_step } = replay;
        if (state.erased) throw new Problem(problems.conflict, "Cannot replay the job: its data was erased.");
        if (payload && state.account === SYSTEM) {
          throw invalid([
            { pointer: "/payload", message: "must be absent: the service's own job runs again as it was" },
          ]);
        }
        const reused = from_step === undefined ? undefined : await reusedSteps(state, { from_step, payload });

        const job_id = call.newId();
        const record = async () =>
          submitOrThrow(
            { log, queue: await queue.of(caller) },
            {
              job_id,
              runs: state,
              ...replayOf([first], { payload, reused }),
              meta: {
                ...jobMeta(job_id, { actor: caller.actor }),
                ...replayedFor(state, replay),
                ...onBehalfOf(state, caller),
                causation_id: eventId({ ...first, version }),
                ...call.cause,
              },
              has_key: call.idempotency_key !== null,
            },
          );
        call.once(isLarge(reused) ? await inLine(caller, record) : await record());
        return { job_id, status: "queued", origin_job_id };
      },
    ),
  ];

  /** Records a large replay when it is the caller's turn. Throws the problem `unavailable`. */
  async function inLine<Result>({ counted_as }: Caller, record: () => Promise<Result>): Promise<Result> {
    if (largeReplays.waiting(counted_as) >= LARGE_REPLAYS_WAITING_MAX) {
      const detail = `${LARGE_REPLAYS_WAITING_MAX} of your large replays are waiting already. Nothing was recorded.`;
      throw new Problem(problems.unavailable, detail, { retry_after_s: 5 });
    }
    return await largeReplays.run(counted_as, record);
  }

  /** What a replay from a step reuses. Throws the problem `validation_failed`. */
  async function reusedSteps(
    origin: JobState,
    { from_step, payload }: { from_step: string; payload: Record<string, unknown> | undefined },
  ): Promise<Reused> {
    const { pipeline: pinned } = origin;
    if (pinned && pinned.account !== origin.account && !(await pipelines.read(pinned))?.published) {
      throw invalid([{ pointer: "/from_step", message: "must be absent: the job's pipeline is no longer published" }]);
    }
    const steps =
      origin.steps ?? (origin.pipeline && (await pipelines.read(origin.pipeline, origin.pipeline.version)))?.steps;
    const reused = stepsBefore(from_step, { steps: steps ?? [], states: origin.step_states, payload });
    if ("refused" in reused) throw invalid([{ pointer: "/from_step", message: reused.refused }]);
    const pipeline = origin.pipeline && pinOf(origin.pipeline, origin);
    return { from_step, reused, pipeline };
  }
}

/** Whether recording what it reuses takes the log a while: then it takes turns. */
function isLarge(reused: Reused | undefined): boolean {
  const length = reused?.reused.reduce((sum, { output_length }) => sum + output_length, 0) ?? 0;
  return length > MAX_HEAVY_LENGTH;
}
