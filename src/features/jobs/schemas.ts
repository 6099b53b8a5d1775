/** The shapes of the feature's requests and answers. */
import { type Static, Type } from "@sinclair/typebox";
import { JobError } from "../../../events/job.ts";
import { PipelineName } from "../../../events/pipeline.ts";
import { component } from "../../http/document/components.ts";
import {
  AccountFilter,
  anyObject,
  EXAMPLE_JOB_ID,
  EXAMPLE_TIME,
  JobEvent,
  JobId,
  list,
  oneOf,
  PageQuery,
  PRINTABLE,
  Priority,
  Status,
  Timestamp,
  UnixSeconds,
  Workflow,
} from "../../http/schema.ts";

const CreatedAfter = Type.String({
  format: "date-time",
  description: "Jobs submitted at this time or later (RFC 3339).",
  examples: ["2026-01-15T00:00:00Z"],
});

const CreatedBefore = Type.String({
  format: "date-time",
  description: "Jobs submitted before this time (RFC 3339).",
  examples: ["2026-01-16T00:00:00Z"],
});

const ErrorCode = Type.String({
  minLength: 1,
  maxLength: 128,
  pattern: PRINTABLE,
  description: "The code of the error that the job failed with, or its last attempt while it waits for the next.",
  examples: ["unexpected_status"],
});

const StepId = Type.String({
  minLength: 1,
  maxLength: 64,
  description: "As the pipeline names it.",
  examples: ["approve"],
});

export const JobSteps = component(
  "JobSteps",
  Type.Object(
    {
      job_id: JobId,
      status: Status,
      pipeline: Type.Union([Type.Object({ name: PipelineName, version: Type.Integer({ minimum: 1 }) }), Type.Null()], {
        description: "The stored pipeline that it runs, and the version; null for a job that brought its own steps.",
      }),
      data: Type.Array(
        Type.Object(
          {
            id: StepId,
            kind: oneOf(["uses", "sleep", "wait_for_approval"], "What the step does."),
            status: oneOf(
              ["pending", "running", "interrupted", "retrying", "waiting", "succeeded", "skipped", "failed"],
              "`pending`: not reached yet. `interrupted`: its worker was lost or handed it back, and it runs again; or the job ended before it. `retrying`: it failed and runs again at `due_at`. `waiting`: it sleeps or wants an approval, until `due_at`.",
            ),
            attempts: Type.Integer({
              minimum: 0,
              description: "How often its connector was started; 1 for a for_each.",
            }),
            started_at: Type.Union([Timestamp, Type.Null()]),
            ended_at: Type.Union([Timestamp, Type.Null()]),
            due_at: Type.Union([Timestamp, Type.Null()]),
            message: Type.Union([Type.String(), Type.Null()], { description: "What is to be approved." }),
            items: Type.Union(
              [
                Type.Object({
                  total: Type.Integer(),
                  succeeded: Type.Integer(),
                  failed: Type.Integer(),
                  running: Type.Integer(),
                  retrying: Type.Integer(),
                }),
                Type.Null(),
              ],
              { description: "How the items of a for_each stand." },
            ),
            output: Type.Unknown({
              description: "What it gave, once it has ended; null before, and where it was skipped.",
            }),
            error: Type.Union([JobError, Type.Null()], { description: "Why it, or one of its items, failed last." }),
          },
          { additionalProperties: false },
        ),
      ),
    },
    { additionalProperties: false },
  ),
);

export const ApproveRequest = component(
  "ApproveRequest",
  Type.Object(
    {
      step: StepId,
      approved: Type.Boolean({ description: "false: rejected; the job fails." }),
      comment: Type.Optional(Type.String({ maxLength: 1024, description: "Later steps can read it." })),
    },
    { additionalProperties: false, examples: [{ step: "approve", approved: true, comment: "Go ahead." }] },
  ),
);

export const JobApproval = component(
  "JobApproval",
  Type.Object({ job_id: JobId, step: StepId, approved: Type.Boolean() }, { additionalProperties: false }),
);

export const IntakeAccepted = component(
  "IntakeAccepted",
  Type.Object({ job_id: JobId, status: Type.Literal("queued") }, { additionalProperties: false }),
);

const WaitingFor = component(
  "WaitingFor",
  Type.Object(
    {
      reason: oneOf(
        ["worker", "caller", "run_at", "retry", "sleep", "approval", "concurrency", "concurrency_key", "rate"],
        "`worker`: for a free one that runs the workflow. `caller`: for the same where jobs of the same caller run already: workers share their slots between callers, so it may be for one of those to end. `run_at`: for the time it names. `retry`: for the pause before the next attempt to end. `sleep`: for the end of a step that sleeps. `approval`: for somebody to approve a step. `concurrency`, `concurrency_key`: for one of the jobs that take up the limit of the workflow or of the key. `rate`: for the time at which the next job of its key may start.",
      ),
      detail: Type.String({ examples: ["Waits for a free worker."] }),
      until: Type.Optional(Timestamp),
    },
    { additionalProperties: false, description: "Why the job has not started; only while it is queued." },
  ),
);

const OriginJobId = Type.Union([JobId, Type.Null()], { description: "The job that this one runs again." });

const CancelReason = Type.Optional(
  Type.String({
    description: "What whoever cancelled the job gave as the reason.",
    examples: ["The customer withdrew the order."],
  }),
);

export const JobStatus = component(
  "JobStatus",
  Type.Object(
    {
      job_id: JobId,
      status: Status,
      created_at: {
        ...UnixSeconds,
        description: "When the job was taken in, in Unix seconds. (The list and all else have RFC 3339 times.)",
      },
      result: Type.Unknown({ description: "What the workflow gave back; null until the job has succeeded." }),
      error: Type.Union([JobError, Type.Null()], { description: "Why the job failed; null otherwise." }),
      origin_job_id: Type.Optional(JobId),
      cancel_reason: CancelReason,
      last_error: Type.Optional(JobError),
      waiting_for: Type.Optional(WaitingFor),
    },
    {
      additionalProperties: false,
      examples: [
        {
          job_id: EXAMPLE_JOB_ID,
          status: "succeeded",
          created_at: 1768469400,
          result: { status: 200, headers: {}, body: "…" },
          error: null,
        },
      ],
    },
  ),
);

const JobSummary = component(
  "JobSummary",
  Type.Object(
    {
      job_id: JobId,
      workflow: Workflow,
      status: Status,
      priority: Priority,
      concurrency_key: Type.Union([Type.String(), Type.Null()]),
      origin_job_id: OriginJobId,
      attempt: Type.Integer({ minimum: 0, description: "Of the latest claim; 0 before the first." }),
      created_at: Timestamp,
      updated_at: Timestamp,
      started_at: Type.Union([Timestamp, Type.Null()]),
      finished_at: Type.Union([Timestamp, Type.Null()]),
      error_code: Type.Union([Type.String(), Type.Null()], {
        description: "Why the job failed, or why its last attempt did while it waits for the next; null otherwise.",
        examples: ["unexpected_status"],
      }),
      waiting_for: Type.Optional(WaitingFor),
    },
    { additionalProperties: false },
  ),
);

export const JobEnded = component(
  "JobEnded",
  Type.Object(
    {
      type: oneOf(["job.succeeded", "job.failed", "job.cancelled"], "How it ended."),
      timestamp: Type.Unsafe<string>({ ...Timestamp, description: "When it ended." }),
      data: Type.Object(
        {
          job_id: JobId,
          status: oneOf(["succeeded", "failed", "cancelled"], "Final."),
          workflow: Workflow,
          result: JobStatus.properties.result,
          error: JobStatus.properties.error,
        },
        { additionalProperties: false },
      ),
    },
    {
      additionalProperties: false,
      description: "What a job's callback_url is told.",
      examples: [
        {
          type: "job.succeeded",
          timestamp: EXAMPLE_TIME,
          data: {
            job_id: EXAMPLE_JOB_ID,
            status: "succeeded",
            workflow: "http",
            result: { status: 200, headers: {}, body: "…" },
            error: null,
          },
        },
      ],
    },
  ),
);

export const Job = component(
  "Job",
  Type.Object(
    {
      ...JobSummary.properties,
      result: JobStatus.properties.result,
      error: JobStatus.properties.error,
      cancel_reason: CancelReason,
    },
    { additionalProperties: false },
  ),
);

export const JobList = component("JobList", list(JobSummary));

export const JobEventList = component("JobEventList", list(JobEvent));

export const CallbackEntry = component(
  "CallbackEntry",
  Type.Object(
    {
      version: Type.Integer({ minimum: 1, description: "The place in the job's own history." }),
      outcome: oneOf(
        ["requested", "retrying", "delivered", "failed"],
        "`requested`: a redelivery was asked for. The others: what came of an attempt; `failed` means given up.",
      ),
      attempt: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
        description: "From 1; from 1 again after a redelivery was asked for.",
      }),
      webhook_id: Type.Union([Type.String({ examples: [`msg_${EXAMPLE_JOB_ID}`] }), Type.Null()], {
        description: "The webhook-id that was sent: the same at every attempt.",
      }),
      status_code: Type.Union([Type.Integer(), Type.Null()], { description: "Of the answer; null where none came." }),
      error: Type.Union([JobError, Type.Null()], {
        description:
          "Why the attempt failed: `unexpected_status`, `receiver_gone` (410), `timeout`, `connection_failed`, `malformed_answer`, `address_refused`, `callback_secret_missing`.",
      }),
      next_attempt_at: Type.Union([Timestamp, Type.Null()], { description: "When the next attempt is due." }),
      actor: Type.String({
        description: "Who made the attempt or asked for the redelivery.",
        examples: ["key:1a2b3c4d"],
      }),
      recorded_at: Timestamp,
    },
    { additionalProperties: false },
  ),
);
export type CallbackEntry = Static<typeof CallbackEntry>;

export const CallbackLog = component("CallbackLog", list(CallbackEntry));

export const CallbackSecretQuery = Type.Object(
  {
    receiver: Type.String({
      maxLength: 1024,
      format: "http-url",
      description: "A callback_url, or any URL of its origin: scheme, host and port.",
      examples: ["https://example.com"],
    }),
  },
  { additionalProperties: false },
);

export const CallbackSecret = component(
  "CallbackSecret",
  Type.Object(
    {
      account: Type.String({ description: "Whose callbacks it is for.", examples: ["operator"] }),
      receiver: Type.String({ description: "The origin that it is for.", examples: ["https://example.com"] }),
      secret: Type.String({ description: "`whsec_` and base64, as libraries for Standard Webhooks take it." }),
      next_secret: Type.Union([Type.String(), Type.Null()], {
        description:
          "The one that follows it, while the operator replaces secrets: give it to your receiver as well, or instead. Null otherwise.",
      }),
    },
    { additionalProperties: false },
  ),
);

export const CallbackRequested = component(
  "CallbackRequested",
  Type.Object({ job_id: JobId, callback: Type.Literal("pending") }, { additionalProperties: false }),
);

export const CancelRequest = component(
  "CancelRequest",
  Type.Object(
    {
      reason: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 512,
          description: "For the job's history.",
          examples: ["The customer withdrew the order."],
        }),
      ),
    },
    { additionalProperties: false, examples: [{ reason: "The customer withdrew the order." }] },
  ),
);

export const JobCancelled = component(
  "JobCancelled",
  Type.Object({ job_id: JobId, status: Type.Literal("cancelled") }, { additionalProperties: false }),
);

const jobFilter = <const Statuses extends readonly string[]>(statuses: Statuses, description: string) =>
  Type.Object(
    {
      status: Type.Optional(oneOf(statuses, description)),
      workflow: Type.Optional(Workflow),
      error_code: Type.Optional(ErrorCode),
      origin_job_id: Type.Optional(JobId),
      created_after: Type.Optional(CreatedAfter),
      created_before: Type.Optional(CreatedBefore),
    },
    {
      additionalProperties: false,
      minProperties: 1,
      description: "Jobs that fulfil every condition that is named; one at least must be.",
      examples: [{ workflow: "http", created_after: "2026-01-15T00:00:00Z" }],
    },
  );

const DryRun = Type.Boolean({ description: "Only count the jobs.", default: false });

export const BulkCancelRequest = component(
  "BulkCancelRequest",
  Type.Object(
    {
      filter: jobFilter(["queued", "running"], "Both where absent."),
      reason: CancelRequest.properties.reason,
      dry_run: Type.Optional(DryRun),
    },
    {
      additionalProperties: false,
      examples: [{ filter: { workflow: "http", created_before: "2026-01-15T00:00:00Z" }, reason: "Sent by mistake." }],
    },
  ),
);

export const BulkReplayRequest = component(
  "BulkReplayRequest",
  Type.Object(
    {
      filter: jobFilter(
        ["failed", "cancelled", "succeeded"],
        "`failed` where absent: jobs that succeeded or were cancelled are run again only where this says so.",
      ),
      dry_run: Type.Optional(DryRun),
    },
    { additionalProperties: false, examples: [{ filter: { error_code: "unexpected_status" }, dry_run: true }] },
  ),
);

export const BulkLine = component(
  "BulkLine",
  Type.Object(
    {
      type: oneOf(
        ["counted", "started", "progress", "waiting", "finished", "interrupted"],
        "`counted`: the answer to a dry run. `waiting`: as many jobs wait as may. `interrupted`: a fault, or the service stops; repeat the request with its Idempotency-Key to go on.",
      ),
      operation_id: Type.Optional(Type.String({ format: "uuid", description: "Names the operation in the log." })),
      matched: Type.Optional(Type.Integer({ minimum: 0, description: "Jobs that fulfil the filter." })),
      changed: Type.Optional(
        Type.Integer({ minimum: 0, description: "Jobs that were cancelled, or new jobs that were made." }),
      ),
      unchanged: Type.Optional(
        Type.Integer({
          minimum: 0,
          description: "Jobs that had ended meanwhile, or that the same operation ran again before it was broken off.",
        }),
      ),
      failed: Type.Optional(
        Type.Integer({ minimum: 0, description: "Jobs with which nothing could be done for a fault of their own." }),
      ),
      error: Type.Optional(Type.String({ description: "The code of a problem." })),
      detail: Type.Optional(Type.String()),
    },
    { additionalProperties: false, description: "A line of the answer to a bulk operation." },
  ),
);
export type BulkLine = Static<typeof BulkLine>;

export const ReplayRequest = component(
  "ReplayRequest",
  Type.Object(
    {
      payload: Type.Optional(
        anyObject("In place of the origin's payload; at most 200 KB of JSON.", {
          method: "GET",
          url: "https://example.com/",
        }),
      ),
      from_step: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 64,
          description:
            "Runs this step and those after it; the recorded outputs of those before it are taken over. They must have ended well. A stored pipeline is run at the version of the origin. Where absent, all is run, a stored pipeline at its newest version.",
          examples: ["welcome"],
        }),
      ),
    },
    { additionalProperties: false, examples: [{ payload: { method: "GET", url: "https://example.com/" } }] },
  ),
);

export const JobReplayed = component(
  "JobReplayed",
  Type.Object({ job_id: JobId, status: Type.Literal("queued"), origin_job_id: JobId }, { additionalProperties: false }),
);

export const CompleteRequest = component(
  "CompleteRequest",
  Type.Object(
    { result: anyObject("The result that the job is to have.", { done: true }) },
    { additionalProperties: false, examples: [{ result: { done: true } }] },
  ),
);

export const Completed = component(
  "Completed",
  Type.Object({ ok: Type.Literal(true) }, { additionalProperties: false }),
);

export const JobListQuery = Type.Object(
  {
    ...PageQuery.properties,
    status: Type.Optional(Status),
    workflow: Type.Optional(Workflow),
    error_code: Type.Optional(ErrorCode),
    origin_job_id: Type.Optional(JobId),
    created_after: Type.Optional(CreatedAfter),
    created_before: Type.Optional(CreatedBefore),
    account: Type.Optional(AccountFilter),
  },
  { additionalProperties: false },
);
