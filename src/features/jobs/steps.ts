/** The steps of a job: their states, and approving one that waits. */

import type { Step } from "../../../events/pipeline.ts";
import { toTimeOrNull } from "../../../events/time.ts";
import type { JobState } from "../../domain/job/job_state.ts";
import { hasEnded, type StepState, UNREACHED, type WorkState } from "../../domain/pipeline/step_states.ts";
import type { ApiParts } from "../../http/api.ts";
import { tags } from "../../http/document/tags.ts";
import { problems } from "../../http/problems.ts";
import { jobIdParam, jobNotFound } from "../../http/request/job_id.ts";
import { route } from "../../http/route.ts";
import { respondWithJson } from "../../http/stream/response.ts";
import { readJob } from "../../jobs/commands.ts";
import { PipelineReader } from "../../jobs/run/workflows.ts";
import { recordCommand } from "./job_refusal.ts";
import { jobProblems } from "./problems.ts";
import { ApproveRequest, JobApproval, JobSteps } from "./schemas.ts";

export function stepRoutes({ log, workflows, auth }: Pick<ApiParts, "log" | "workflows" | "auth">) {
  const pipelines = new PipelineReader(log);
  return [
    route(
      {
        method: "GET",
        path: "/api/v1/jobs/:job_id/steps",
        id: "listJobSteps",
        tag: tags.jobs,
        summary: "List a job's steps",
        description:
          "Computed from the job's own events, in the order in which the steps run, with the outputs of the finished ones. Empty for a job without steps, run by one connector or an external worker. A job that has not started yet shows the steps of its pipeline's newest version.",
        scope: "jobs:read",
        params: { job_id: jobIdParam },
        responses: {
          200: {
            description: "The steps.",
            schema: JobSteps,
            example: {
              job_id: "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
              status: "queued",
              pipeline: { name: "welcome-users", version: 1 },
              data: [
                {
                  id: "fetch",
                  kind: "uses",
                  status: "succeeded",
                  attempts: 1,
                  started_at: "2026-01-15T09:30:00.130201Z",
                  ended_at: "2026-01-15T09:30:00.330201Z",
                  due_at: null,
                  message: null,
                  items: null,
                  output: { status: 200, headers: {}, body: { users: [] } },
                  error: null,
                },
                {
                  id: "approve",
                  kind: "wait_for_approval",
                  status: "waiting",
                  attempts: 0,
                  started_at: "2026-01-15T09:30:00.330201Z",
                  ended_at: null,
                  due_at: "2026-01-22T09:30:00.331Z",
                  message: "Write to 250 users?",
                  items: null,
                  output: null,
                  error: null,
                },
              ],
            },
          },
        },
      },
      async (call) => {
        const named = call.job;
        const { job_id } = named;
        const job = (await readJob(log, named))?.state;
        if (!job) throw jobNotFound(job_id);
        const { steps, pipeline } = await stepsOf(job);
        const data = steps.map((step) => describeStep(step, job.step_states.get(step.id) ?? UNREACHED));
        return await respondWithJson({ job_id, status: job.status, pipeline, data }, call.set);
      },
    ),
    route(
      {
        method: "POST",
        path: "/api/v1/jobs/:job_id/approve",
        id: "approveJobStep",
        tag: tags.jobs,
        summary: "Approve or reject a waiting step",
        description:
          "An approval lets the job continue at once; a rejection fails it with `approval_rejected`. Who decided is recorded, and available to later steps. The first decision counts: later ones get 409 `already_decided` with the first decision, so that no comment is lost unnoticed. The same caller can send the same decision again, with the same comment or none. If a step sets `not_by_submitter`, the job's submitter cannot approve it, nor can a key that they issued: 403 `self_approval_refused`. A step that does not wait for approval is a 409 `conflict`.",
        scope: "jobs:approve",
        params: { job_id: jobIdParam },
        body: ApproveRequest,
        responses: {
          200: {
            description: "The decision is recorded.",
            schema: JobApproval,
            example: { job_id: "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70", step: "approve", approved: true },
          },
        },
        errors: [jobProblems.self_approval_refused, jobProblems.already_decided, problems.conflict],
      },
      async (call) => {
        const { caller, body } = call;
        const { step, approved } = body;
        const party = await auth.partyOf(caller);
        await recordCommand(log, call, { type: "approve", ...body, by: caller.actor, party });
        return { job_id: call.job.job_id, step, approved };
      },
    ),
  ];

  async function stepsOf({ steps, pipeline, account, workflow }: JobState) {
    if (steps !== null) return { steps, pipeline: null };
    if (workflows.has(workflow)) return { steps: [], pipeline: null };
    const read = await pipelines.of({ account, workflow, pipeline });
    const run = read ?? pipeline;
    return { steps: read?.steps ?? [], pipeline: run && { name: run.name, version: run.version } };
  }
}

function describeStep(step: Step, state: StepState) {
  const { status, attempts, started_at, ended_at, due_at, message, items, output, error } = state;
  return {
    id: step.id,
    kind: step.sleep ? "sleep" : step.wait_for_approval ? "wait_for_approval" : "uses",
    status,
    attempts,
    started_at,
    ended_at,
    due_at: toTimeOrNull(due_at),
    message,
    items: items && countItems(items),
    output: hasEnded(state) ? output : null,
    error: error ?? items?.find((item) => item.error !== null)?.error ?? null,
  };
}

function countItems(items: readonly WorkState[]) {
  const count = (...statuses: WorkState["status"][]) => items.filter(({ status }) => statuses.includes(status)).length;
  return {
    total: items.length,
    succeeded: count("succeeded"),
    failed: count("failed"),
    running: count("running"),
    retrying: count("retrying"),
  };
}
