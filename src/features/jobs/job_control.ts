/** Stopping a job, and running it again. */

import { Elysia } from "elysia";
import { eventId } from "../../../events/mod.ts";
import type { Caller } from "../../access/mod.ts";
import { Line } from "../../async/mod.ts";
import { isFinished, type JobState } from "../../domain/job.ts";
import type { Auth } from "../../http/auth.ts";
import { describe } from "../../http/document/openapi.ts";
import { LARGE_REPLAYS_WAITING_MAX } from "../../http/limits.ts";
import type { ApiOptions } from "../../http/options.ts";
import { Problem } from "../../http/problem.ts";
import { readJsonIfAny } from "../../http/request/body.ts";
import { derivedId, idempotencyKey } from "../../http/request/idempotency.ts";
import { jobNotFound } from "../../http/request/job_id.ts";
import { requestIds } from "../../http/request/request_id.ts";
import { checkSubmission, submitted } from "../../http/request/submission.ts";
import { invalid, validator } from "../../http/request/validation.ts";
import { JobId } from "../../http/schema.ts";
import { onBehalfOf, type Reused, replayAccount, replayEvents, stepsBefore } from "../../jobs/bulk/replay.ts";
import { jobMeta, readJob } from "../../jobs/commands.ts";
import type { QueueDepth } from "../../jobs/intake/queue_depth.ts";
import { PipelineReader } from "../../jobs/run/workflows.ts";
import { MAX_HEAVY_LENGTH } from "../../log/mod.ts";
import { command } from "./job_refusal.ts";
import { CancelRequest, JobCancelled, JobReplayed, ReplayRequest } from "./schemas.ts";

const checkCancel = validator(CancelRequest);
const checkReplay = validator(ReplayRequest);

export function jobControlRoutes(
  {
    log,
    queue,
    workflows,
    refusedAddress,
  }: Pick<ApiOptions, "log" | "workflows" | "refusedAddress"> & {
    queue: QueueDepth;
  },
  auth: Auth,
) {
  const pipelines = new PipelineReader(log);
  const largeReplays = new Line();
  return new Elysia({ name: "levqor/job-control" })
    .use(requestIds())
    .post(
      "/api/v1/jobs/:job_id/cancel",
      async ({ request, params, set, cause }) => {
        const job = await auth.requireJob(request, "jobs:write", params.job_id);
        const { job_id } = job;
        const { reason } = checkCancel((await readJsonIfAny(request)).value);
        const handled = await command(log, { ...job, cause, command: { type: "cancel", reason } });
        if (handled.position !== undefined) set.headers["levqor-position"] = String(handled.position);
        return { job_id, status: "cancelled" };
      },
      {
        parse: "none",
        detail: describe({
          id: "cancelJob",
          tag: "Jobs",
          summary: "Cancel a job",
          description:
            "Ends the job at once, whatever it waits for. If it is running, its attempt is told to stop, which takes effect within a second or so; whatever its worker answers after this call is refused, and the job is cancelled even where its worker is dead. What the attempt has done outside is not undone. A job that is cancelled already is answered alike; one that has ended otherwise is a 409.",
          scope: "jobs:write",
          params: { job_id: JobId },
          optional_body: CancelRequest,
          answers: {
            200: {
              description: "The job is cancelled.",
              schema: JobCancelled,
              example: { job_id: "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70", status: "cancelled" },
              headers: ["Levqor-Position"],
            },
          },
          errors: ["invalid_job_id", "job_not_found", "conflict", "unavailable", "outcome_unknown"],
        }),
      },
    )
    .post(
      "/api/v1/jobs/:job_id/replay",
      async ({ request, params, set, cause }) => {
        const named = await auth.requireJob(request, "jobs:write", params.job_id);
        const { caller, job_id: origin_job_id } = named;
        const key = idempotencyKey(request);
        const body = await readJsonIfAny(request);
        const replay = checkReplay(body.value);
        if (replay.payload)
          checkSubmission({ payload: replay.payload }, { ...body, connectors: workflows, refusedAddress });
        const origin = await readJob(log, named);
        if (!origin) throw jobNotFound(origin_job_id);
        const { state, first, version } = origin;
        if (!isFinished(state)) throw new Problem("conflict", `Cannot replay the job: it is ${state.status}.`);

        const { payload, from_step } = replay;
        const reused = from_step === undefined ? undefined : await reusedSteps(state, { from_step, payload });

        const route = `/api/v1/jobs/${origin_job_id}/replay`;
        const job_id = key === null ? Bun.randomUUIDv7() : derivedId(caller, route, key);
        const record = async () =>
          submitted(
            { log, queue: await queue.of(caller) },
            {
              job_id,
              runs: state,
              events: await replayEvents([first], { payload, reused }),
              meta: {
                ...jobMeta(job_id, { actor: caller.actor }),
                ...replayAccount([first], replay),
                ...onBehalfOf(state, caller),
                causation_id: eventId({ ...first, version }),
                ...cause,
              },
              has_key: key !== null,
            },
          );
        const { position, replayed } = isLarge(reused) ? await inLine(caller, record) : await record();
        if (replayed) set.headers["idempotency-replayed"] = "true";
        set.status = 202;
        set.headers["levqor-position"] = String(position);
        return { job_id, status: "queued", origin_job_id };
      },
      {
        parse: "none",
        detail: describe({
          id: "replayJob",
          tag: "Jobs",
          summary: "Run a job again",
          description:
            "Submits a new job with the same body, for a job that has ended, however it did: all of it is done again, external effects included. The new job names its origin, in its status, in the list (filter by origin_job_id) and in its history. Send a payload to run it with another input; from_step to run a job of several steps from that step on, reusing what is on record of the steps before it, so that nothing of theirs is done again (an approval among them was given for that payload, and is not reused for another); and an Idempotency-Key to be able to repeat the request safely.",
          scope: "jobs:write",
          params: { job_id: JobId },
          headers: ["Idempotency-Key"],
          optional_body: ReplayRequest,
          answers: {
            202: {
              description: "The new job is on record.",
              schema: JobReplayed,
              example: {
                job_id: "0197a1f4-9b1d-7c52-8e3f-5a7b9c1d3e5f",
                status: "queued",
                origin_job_id: "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
              },
              headers: ["Levqor-Position", "Idempotency-Replayed"],
            },
          },
          errors: [
            "invalid_job_id",
            "invalid_idempotency_key",
            "job_not_found",
            "conflict",
            "validation_failed",
            "payload_too_large",
            "idempotency_key_reused",
            "queue_full",
            "unavailable",
            "outcome_unknown",
          ],
        }),
      },
    );

  /** Records a large replay when it is the caller's turn. Throws the problem `unavailable`. */
  async function inLine<Result>({ identity }: Caller, record: () => Promise<Result>): Promise<Result> {
    if (largeReplays.waiting(identity) >= LARGE_REPLAYS_WAITING_MAX) {
      const detail = `${LARGE_REPLAYS_WAITING_MAX} replays of yours that take over much wait already. Nothing was recorded.`;
      throw new Problem("unavailable", detail, { headers: { "retry-after": "5" } });
    }
    return await largeReplays.run(identity, record);
  }

  /** What a replay from a step takes over. Throws the problem `validation_failed`. */
  async function reusedSteps(
    origin: JobState,
    { from_step, payload }: { from_step: string; payload: Record<string, unknown> | undefined },
  ): Promise<Reused> {
    const steps =
      origin.steps ?? (origin.pipeline && (await pipelines.read(origin.workflow, origin.pipeline.version)))?.steps;
    const reused = stepsBefore(from_step, { steps: steps ?? [], states: origin.step_states, payload });
    if ("refused" in reused) throw invalid([{ pointer: "/from_step", message: reused.refused }]);
    return { from_step, steps: reused, pipeline: origin.pipeline };
  }
}

/** Whether the log takes a while for what it takes over: then it takes its turn. */
function isLarge(reused: Reused | undefined): boolean {
  const length = reused?.steps.reduce((sum, { output_length }) => sum + output_length, 0) ?? 0;
  return length > MAX_HEAVY_LENGTH;
}
