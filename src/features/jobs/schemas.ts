/** The shapes of the feature's requests and responses. */
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
  description: "The code of the error that the job failed with, or of its last attempt if it waits for a retry.",
  examples: ["unexpected_status"],
});

const StepId = Type.String({
  minLength: 1,
  maxLength: 64,
  description: "The step's id in the pipeline.",
  examples: ["approve"],
});

export const JobSteps = component(
  "JobSteps",
  Type.Object(
    {
      job_id: JobId,
      status: Status,
      pipeline: Type.Union([Type.Object({ name: PipelineName, version: Type.Integer({ minimum: 1 }) }), Type.Null()], {
        description: "The stored pipeline that it runs, and the version; null for a job submitted with its own steps.",
      }),
      data: Type.Array(
        Type.Object(
          {
            id: StepId,
            kind: oneOf(["uses", "sleep", "wait_for_approval"], "What the step does."),
            status: oneOf(
              ["pending", "running", "interrupted", "retrying", "waiting", "succeeded", "skipped", "failed"],
              "`pending`: not reached yet. `interrupted`: its worker was lost or released it, and it runs again, or the job finished before it did. `retrying`: it failed and runs again at `due_at`. `waiting`: it sleeps or waits for an approval, until `due_at`.",
            ),
            attempts: Type.Integer({
              minimum: 0,
              description: "How many times its connector was started; 1 for a for_each.",
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
              { description: "The number of a for_each's items by status." },
            ),
            output: Type.Unknown({
              description: "The step's output once it has succeeded; null before, and if it was skipped.",
            }),
            error: Type.Union([JobError, Type.Null()], {
              description: "The last error of the step, or of one of its items.",
            }),
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
      comment: Type.Optional(Type.String({ maxLength: 1024, description: "Available to later steps." })),
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
        "`worker`: for a free worker that runs the workflow. `caller`: the same, while other jobs of the same caller are running: workers share their slots between callers, so it may wait for one of those to finish. `run_at`: for its start time. `retry`: for the delay before the next attempt. `sleep`: for a sleeping step. `approval`: for somebody to approve a step. `concurrency`, `concurrency_key`: for one of the jobs that use up the limit of the workflow or of the key. `rate`: for the time at which the next job of its key may start.",
      ),
      detail: Type.String({ examples: ["Waits for a free worker."] }),
      until: Type.Optional(Timestamp),
    },
    { additionalProperties: false, description: "Why the job has not started; only while it is queued." },
  ),
);

const OriginJobId = Type.Union([JobId, Type.Null()], { description: "The job of which this is a replay." });

const CancelReason = Type.Optional(
  Type.String({
    description: "The reason given for the cancellation.",
    examples: ["The customer withdrew the order."],
  }),
);

const ErasedJob = Type.Optional(
  Type.Literal(true, { description: "Its subject was erased: results are null, and errors have no message." }),
);

export const JobStatus = component(
  "JobStatus",
  Type.Object(
    {
      job_id: JobId,
      status: Status,
      created_at: {
        ...UnixSeconds,
        description: "When the job was accepted, in Unix seconds. (The list and everything else use RFC 3339 times.)",
      },
      result: Type.Unknown({ description: "The workflow's result; null until the job has succeeded." }),
      error: Type.Union([JobError, Type.Null()], { description: "Why the job failed; null otherwise." }),
      origin_job_id: Type.Optional(JobId),
      cancel_reason: CancelReason,
      last_error: Type.Optional(JobError),
      waiting_for: Type.Optional(WaitingFor),
      erased: ErasedJob,
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
      attempt: Type.Integer({ minimum: 0, description: "The number of the latest attempt; 0 before the first." }),
      created_at: Timestamp,
      updated_at: Timestamp,
      started_at: Type.Union([Timestamp, Type.Null()]),
      finished_at: Type.Union([Timestamp, Type.Null()]),
      error_code: Type.Union([Type.String(), Type.Null()], {
        description: "Why the job failed, or why its last attempt failed while it waits for the next; null otherwise.",
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
      type: oneOf(["job.succeeded", "job.failed", "job.cancelled"], "The outcome."),
      timestamp: Type.Unsafe<string>({ ...Timestamp, description: "When it finished." }),
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
      description: "The body that is sent to a job's callback_url.",
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
      erased: ErasedJob,
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
      version: Type.Integer({ minimum: 1, description: "The event's place in the job's own history." }),
      outcome: oneOf(
        ["requested", "retrying", "delivered", "failed"],
        "`requested`: somebody asked for a redelivery. The others: the outcome of an attempt; `failed` means given up.",
      ),
      attempt: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
        description: "Starts at 1, and again at 1 after a requested redelivery.",
      }),
      webhook_id: Type.Union([Type.String({ examples: [`msg_${EXAMPLE_JOB_ID}`] }), Type.Null()], {
        description: "The webhook-id that was sent: the same at every attempt.",
      }),
      status_code: Type.Union([Type.Integer(), Type.Null()], {
        description: "Of the response; null if there was none.",
      }),
      error: Type.Union([JobError, Type.Null()], {
        description:
          "Why the attempt failed: `unexpected_status`, `receiver_gone` (410), `timeout`, `connection_failed`, `malformed_answer`, `address_refused`, `callback_secret_missing`.",
      }),
      next_attempt_at: Type.Union([Timestamp, Type.Null()], { description: "When the next attempt is due." }),
      actor: Type.String({
        description: "Who made the attempt, or asked for the redelivery.",
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
      description: "A callback_url, or any URL with its origin: scheme, host and port.",
      examples: ["https://example.com"],
    }),
  },
  { additionalProperties: false },
);

export const CallbackSecret = component(
  "CallbackSecret",
  Type.Object(
    {
      account: Type.String({ description: "The account whose callbacks it signs.", examples: ["operator"] }),
      receiver: Type.String({ description: "The origin whose callbacks it signs.", examples: ["https://example.com"] }),
      secret: Type.String({ description: "`whsec_` and base64, as libraries for Standard Webhooks expect it." }),
      next_secret: Type.Union([Type.String(), Type.Null()], {
        description:
          "The next secret, while the operator replaces secrets: add it to your receiver, or switch to it. Null otherwise.",
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
          description: "A reason, for the job's history.",
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
      description: "Jobs that match every given condition; give at least one.",
      examples: [{ workflow: "http", created_after: "2026-01-15T00:00:00Z" }],
    },
  );

const DryRun = Type.Boolean({ description: "Only count the jobs.", default: false });

export const BulkCancelRequest = component(
  "BulkCancelRequest",
  Type.Object(
    {
      filter: jobFilter(["queued", "running"], "Default: both."),
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
        "Default: `failed`. Succeeded or cancelled jobs are replayed only if listed here.",
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
        "`counted`: the response to a dry run. `waiting`: the queue is full. `interrupted`: by a fault, or the service is stopping; repeat the request with its Idempotency-Key to continue.",
      ),
      operation_id: Type.Optional(Type.String({ format: "uuid", description: "The operation's id in the log." })),
      matched: Type.Optional(Type.Integer({ minimum: 0, description: "Jobs that match the filter." })),
      changed: Type.Optional(
        Type.Integer({ minimum: 0, description: "Jobs that were cancelled, or new jobs that were created." }),
      ),
      unchanged: Type.Optional(
        Type.Integer({
          minimum: 0,
          description:
            "Jobs that have finished in the meantime, or that the same operation replayed before it was interrupted.",
        }),
      ),
      failed: Type.Optional(
        Type.Integer({ minimum: 0, description: "Jobs that could not be processed because of a fault of their own." }),
      ),
      error: Type.Optional(Type.String({ description: "The code of a problem." })),
      detail: Type.Optional(Type.String()),
    },
    { additionalProperties: false, description: "A line of the response to a bulk operation." },
  ),
);
export type BulkLine = Static<typeof BulkLine>;

export const ReplayRequest = component(
  "ReplayRequest",
  Type.Object(
    {
      payload: Type.Optional(
        anyObject("Replaces the origin's payload; at most 200 KB of JSON.", {
          method: "GET",
          url: "https://example.com/",
        }),
      ),
      from_step: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 64,
          description:
            "Runs this step and those after it, reusing the recorded outputs of those before it, which must have succeeded or been skipped. A stored pipeline runs at the origin's version. Default: everything runs, a stored pipeline at its newest version.",
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
    { result: anyObject("The job's result.", { done: true }) },
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
