/** The shapes of requests and answers: what validation checks and what the documentation shows. */

import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { EventMeta } from "../../events/envelope.ts";
import { impacts } from "../../events/incident.ts";
import { JobError } from "../../events/job.ts";
import { environments } from "../../events/key.ts";
import { PipelineDefinition, PipelineName, Step, Steps } from "../../events/pipeline.ts";
import { MAX_CONCURRENCY, RatePerKey } from "../../events/workflow.ts";
import { type Scope, scopes } from "../access/mod.ts";
import { INCIDENT_UPDATES_MAX } from "../domain/incident.ts";
import { DEFAULT_ATTEMPT_TIMEOUT_SECONDS, DEFAULT_MAX_ATTEMPTS } from "../domain/job.ts";
import { HORIZON_YEARS } from "../domain/schedule.ts";
import {
  CLAIM_JOBS_MAX,
  CLAIM_WAIT_DEFAULT_S,
  CLAIM_WAIT_MAX_S,
  CLAIM_WORKFLOWS_MAX,
  KEY_OVERLAP_DEFAULT_S,
  KEY_OVERLAP_MAX_S,
  KEY_WORKFLOWS_MAX,
  LEASE_DEFAULT_S,
  LEASE_MAX_S,
  MISFIRE_GRACE_DEFAULT_S,
  MISFIRE_GRACE_MAX_S,
  NEXT_RUNS_DEFAULT,
  NEXT_RUNS_MAX,
  PAGE_LIMIT_DEFAULT,
  PAGE_LIMIT_MAX,
  RUN_AT_MAX_DAYS,
  UPTIME_DAYS,
} from "./limits.ts";
import { problems } from "./problem.ts";
import { type ClosedReason, closedReasons } from "./stream/stream_end.ts";

const EXAMPLE_JOB_ID = "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70";
const EXAMPLE_SCHEDULE_ID = "0197a1f0-91d2-7f04-8c11-5a0b7e3d9f21";
const EXAMPLE_TIME = "2026-01-15T09:30:00.123456Z";

const Timestamp = Type.String({ format: "date-time", description: "RFC 3339, UTC.", examples: [EXAMPLE_TIME] });
const UnixSeconds = Type.Integer({ description: "Seconds since 1970, UTC.", examples: [1768469400] });
const Position = Type.Integer({
  minimum: 0,
  description: "A place in the whole log: 1, 2, 3 … in the order of commits.",
  examples: [1042],
});

export const JobId = Type.String({
  format: "uuid",
  description: "A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.",
  examples: [EXAMPLE_JOB_ID],
});
/** Text without control characters and lone surrogates: Postgres and terminals cannot show those. */
const PRINTABLE = "^(?:[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]|[\\ud800-\\udbff][\\udc00-\\udfff])*$";

/** The same, of several lines. */
const PRINTABLE_LINES = PRINTABLE.replace("\\u0000-\\u001f", "\\u0000-\\u0009\\u000b-\\u001f");

export const Workflow = Type.String({
  minLength: 1,
  maxLength: 128,
  pattern: PRINTABLE,
  description:
    "What to run: the name of a connector such as `http`, or of a workflow that an outside worker runs. Unknown names are taken and wait.",
  examples: ["http"],
});
const Priority = oneOf(["low", "normal", "high"], "How urgent it is; `normal` where absent.");
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
const Status = oneOf(
  ["queued", "running", "succeeded", "failed", "cancelled"],
  "Where the job stands. The last three are final.",
);

const Root = Type.Object(
  {
    ok: Type.Literal(true),
    service: Type.Literal("levqor-backend"),
    version: Type.String({ examples: ["0.1.0"] }),
    build: Type.String({ description: "The commit or build that is running.", examples: ["dev"] }),
  },
  { additionalProperties: false },
);

const Health = Type.Object({ ok: Type.Literal(true), ts: UnixSeconds }, { additionalProperties: false });

const Problem = Type.Object(
  {
    type: Type.String({
      format: "uri-reference",
      description: "Where the problem is described.",
      examples: ["/problems/validation_failed"],
    }),
    title: Type.String({ description: "The same at every occurrence." }),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    detail: Type.String({ description: "What was wrong this time, for a person." }),
    instance: Type.String({ format: "uri-reference", description: "The path that was asked for." }),
    error: oneOf(Object.keys(problems) as (keyof typeof problems)[], "A stable code to branch on."),
    request_id: Type.String({ description: "As in X-Request-Id." }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          pointer: Type.String({
            description:
              "JSON pointer (RFC 6901) into the body, or the name of a parameter or header. Of more than 200 characters the first 200, and an ellipsis.",
          }),
          message: Type.String(),
        }),
        { description: "Each value that does not fit, the first 20." },
      ),
    ),
    job_id: Type.Optional(
      Type.Unsafe<string>({ ...JobId, description: "The job in question, where the request did not name it." }),
    ),
    attempt: Type.Optional(Type.Integer({ description: "The attempt that a worker answered for." })),
    job_status: Type.Optional(
      Type.Unsafe<Static<typeof Status>>({ ...Status, description: "Where the job of the worker's answer stands." }),
    ),
    decision: Type.Optional(
      Type.Object(
        {
          approved: Type.Boolean(),
          by: Type.Union([Type.String({ examples: ["key:9f86d081"] }), Type.Null()], {
            description: "As events name them; null: nobody, and the step went on when its time was over.",
          }),
          comment: Type.Union([Type.String(), Type.Null()]),
        },
        { description: "What was decided about the step that the request would decide." },
      ),
    ),
    holder: Type.Optional(
      Type.Union(
        [
          Type.Object({
            worker: Type.String({ examples: ["translator-8"] }),
            attempt: Type.Integer({ minimum: 1 }),
            lease_expires_at: Type.Union([Timestamp, Type.Null()]),
          }),
          Type.Null(),
        ],
        { description: "Who has the job of the worker's answer now; null: nobody." },
      ),
    ),
  },
  { description: "A problem document (RFC 9457). Some codes have further members." },
);

export const IntakeRequest = Type.Object(
  {
    workflow: Workflow,
    payload: anyObject("The input of the workflow; at most 200 KB of JSON.", {
      method: "GET",
      url: "https://example.com/",
    }),
    callback_url: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 1024,
        format: "http-url",
        description:
          "An http or https address, without credentials, that is told of the job's end by a signed POST (Standard Webhooks), repeated until it is delivered or given up. It must lead to a public address, unless the service's configuration allows others: an address that does not is refused here, a name that does not when it is called.",
        examples: ["https://example.com/hooks/levqor"],
      }),
    ),
    priority: Type.Optional(Priority),
    max_attempts: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100,
        description: `How many attempts may fail or lose their worker before the job fails; 1: it is never run twice. Where absent, the connector's own limit, else ${DEFAULT_MAX_ATTEMPTS}.`,
        examples: [3],
      }),
    ),
    backoff: Type.Optional(
      Type.Object(
        {
          initial_seconds: Type.Optional(
            Type.Number({ minimum: 0, maximum: 86_400, description: "Before the second attempt.", examples: [1] }),
          ),
          factor: Type.Optional(
            Type.Number({ minimum: 1, maximum: 10, description: "How much longer each pause is.", examples: [2] }),
          ),
          max_seconds: Type.Optional(
            Type.Number({ minimum: 0, maximum: 86_400, description: "No pause is longer.", examples: [300] }),
          ),
        },
        {
          additionalProperties: false,
          description:
            "The pauses between attempts; each is shortened by chance, by half at most, and lasts at least as long as the outside service's Retry-After asks for (up to a day). Where absent, the connector's own pauses, else 1 s, 2 s, 4 s … 300 s.",
        },
      ),
    ),
    run_at: Type.Optional(
      Type.String({
        format: "date-time",
        description: `Not before this time (RFC 3339 with an offset), up to ${RUN_AT_MAX_DAYS} days ahead. The past means now.`,
        examples: ["2026-02-01T06:00:00+01:00"],
      }),
    ),
    attempt_timeout_seconds: Type.Optional(
      Type.Number({
        minimum: 1,
        maximum: 86_400,
        description: `How long one attempt may take, a day at most; then it has failed with \`attempt_timeout\`, and another may follow. ${DEFAULT_ATTEMPT_TIMEOUT_SECONDS} where absent.`,
        examples: [120],
      }),
    ),
    timeout_seconds: Type.Optional(
      Type.Number({
        minimum: 1,
        maximum: 2_592_000,
        description:
          "How long the job may take with all its attempts and pauses, from when it may first run, 30 days at most; then it has failed with `job_timeout`. No limit where absent.",
        examples: [3600],
      }),
    ),
    concurrency_key: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 128,
        pattern: PRINTABLE,
        description:
          "Jobs of one workflow with the same key share its limits. A user's keys count among that user's jobs alone; those of API keys are shared.",
        examples: ["customer-42"],
      }),
    ),
    steps: Type.Optional({
      ...Steps,
      description:
        "What to run, in this order, in place of what the workflow's name stands for; the same as in a stored pipeline, of format 1.",
    }),
  },
  {
    additionalProperties: false,
    description: "A job to run.",
    examples: [{ workflow: "http", payload: { method: "GET", url: "https://example.com/" }, priority: "normal" }],
  },
);
export type IntakeRequest = Static<typeof IntakeRequest>;

const StepId = Type.String({
  minLength: 1,
  maxLength: 64,
  description: "As the pipeline names it.",
  examples: ["approve"],
});

const JobSteps = Type.Object(
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
          attempts: Type.Integer({ minimum: 0, description: "How often its connector was started; 1 for a for_each." }),
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
);

export const ApproveRequest = Type.Object(
  {
    step: StepId,
    approved: Type.Boolean({ description: "false: rejected; the job fails." }),
    comment: Type.Optional(Type.String({ maxLength: 1024, description: "Later steps can read it." })),
  },
  { additionalProperties: false, examples: [{ step: "approve", approved: true, comment: "Go ahead." }] },
);

const JobApproval = Type.Object(
  { job_id: JobId, step: StepId, approved: Type.Boolean() },
  { additionalProperties: false },
);

const IntakeAccepted = Type.Object({ job_id: JobId, status: Type.Literal("queued") }, { additionalProperties: false });

const WaitingFor = Type.Object(
  {
    reason: oneOf(
      ["worker", "caller", "run_at", "retry", "sleep", "approval", "concurrency", "concurrency_key", "rate"],
      "`worker`: for a free one that runs the workflow. `caller`: for the same where jobs of the same caller run already: workers share their slots between callers, so it may be for one of those to end. `run_at`: for the time it names. `retry`: for the pause before the next attempt to end. `sleep`: for the end of a step that sleeps. `approval`: for somebody to approve a step. `concurrency`, `concurrency_key`: for one of the jobs that take up the limit of the workflow or of the key. `rate`: for the time at which the next job of its key may start.",
    ),
    detail: Type.String({ examples: ["Waits for a free worker."] }),
    until: Type.Optional(Timestamp),
  },
  { additionalProperties: false, description: "Why the job has not started; only while it is queued." },
);

const OriginJobId = Type.Union([JobId, Type.Null()], { description: "The job that this one runs again." });

const CancelReason = Type.Optional(
  Type.String({
    description: "What whoever cancelled the job gave as the reason.",
    examples: ["The customer withdrew the order."],
  }),
);

const JobStatus = Type.Object(
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
);

const JobSummary = Type.Object(
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
);

const JobEnded = Type.Object(
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
);

const Job = Type.Object(
  {
    ...JobSummary.properties,
    result: JobStatus.properties.result,
    error: JobStatus.properties.error,
    cancel_reason: CancelReason,
  },
  { additionalProperties: false },
);

const JobList = list(JobSummary);

const JobEvent = Type.Object(
  {
    position: Position,
    version: Type.Integer({ minimum: 1, description: "The place in the job's own history: 1, 2, 3 …" }),
    type: Type.String({ examples: ["job.submitted"] }),
    data: Type.Unknown({ description: "What happened; its shape depends on the type." }),
    meta: EventMeta,
    recorded_at: Timestamp,
  },
  { additionalProperties: false },
);

const JobEventList = list(JobEvent);

export const WorkerClaim = Type.Object(
  {
    worker: Type.String({
      minLength: 1,
      maxLength: 128,
      pattern: PRINTABLE,
      description: "What the worker calls itself; it is shown to people. Several may have the same name.",
      examples: ["translator-7"],
    }),
    workflows: Type.Array(Workflow, {
      minItems: 1,
      maxItems: CLAIM_WORKFLOWS_MAX,
      description: "Jobs of these workflows are wanted; none that the service runs itself.",
      examples: [["translate"]],
    }),
    max_jobs: Type.Optional(
      Type.Integer({ minimum: 1, maximum: CLAIM_JOBS_MAX, default: 1, description: "At most so many are given." }),
    ),
    wait_seconds: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: CLAIM_WAIT_MAX_S,
        default: CLAIM_WAIT_DEFAULT_S,
        description: "Where no job is ready, the answer waits so long for one. 0 asks for what is ready now.",
      }),
    ),
    lease_seconds: Type.Optional(
      Type.Number({
        minimum: 1,
        maximum: LEASE_MAX_S,
        default: LEASE_DEFAULT_S,
        description: "Without a heartbeat within this time the job is given to another worker.",
      }),
    ),
  },
  {
    additionalProperties: false,
    description: "Which jobs an outside worker wants.",
    examples: [{ worker: "translator-7", workflows: ["translate"], max_jobs: 10, wait_seconds: 20, lease_seconds: 30 }],
  },
);
export type WorkerClaim = Static<typeof WorkerClaim>;

const ClaimedJobs = Type.Object(
  {
    jobs: Type.Array(
      Type.Object(
        {
          job_id: JobId,
          workflow: Workflow,
          payload: anyObject("As it was submitted.", { text: "Guten Tag" }),
          priority: Priority,
          attempt: Type.Integer({ minimum: 1, description: "Which claim this is: every answer names it." }),
          max_attempts: Type.Integer({ minimum: 1, description: "How many may fail or lose their worker." }),
          idempotency_key: Type.String({
            description: "The same at every attempt: pass it on to services that take one.",
            examples: [EXAMPLE_JOB_ID],
          }),
          lease_seconds: Type.Number({ exclusiveMinimum: 0 }),
          lease_expires_at: Timestamp,
          created_at: Timestamp,
          traceparent: Type.Optional(
            Type.String({ description: "To go on with the trace of the job's submission (W3C Trace Context)." }),
          ),
        },
        { additionalProperties: false },
      ),
      { description: "Those that are now the worker's; none where the time was over." },
    ),
  },
  { additionalProperties: false },
);

/** Which attempt an outside worker answers for. */
const attemptNamed = {
  job_id: JobId,
  attempt: Type.Integer({ minimum: 1, description: "As the claim answered it.", examples: [1] }),
};

export const AttemptHeartbeat = Type.Object(
  {
    ...attemptNamed,
    lease_seconds: Type.Optional(
      Type.Number({
        minimum: 1,
        maximum: LEASE_MAX_S,
        description: "How long the lease holds from now on; as long as it was claimed for where absent.",
      }),
    ),
  },
  { additionalProperties: false, examples: [{ job_id: EXAMPLE_JOB_ID, attempt: 1, lease_seconds: 30 }] },
);

const AttemptHeld = Type.Object(
  { job_id: JobId, attempt: Type.Integer({ minimum: 1 }), lease_expires_at: Timestamp },
  { additionalProperties: false },
);

export const AttemptSucceeded = Type.Object(
  {
    ...attemptNamed,
    result: Type.Optional(
      Type.Unknown({ description: "Any JSON; null where absent.", examples: [{ text: "Good day" }] }),
    ),
  },
  { additionalProperties: false, examples: [{ job_id: EXAMPLE_JOB_ID, attempt: 1, result: { text: "Good day" } }] },
);

export const AttemptFailed = Type.Object(
  {
    ...attemptNamed,
    error: Type.Object(
      {
        code: Type.String({
          minLength: 1,
          maxLength: 64,
          format: "error-code",
          description: "Stable, to branch on.",
          examples: ["language_unknown"],
        }),
        message: Type.String({
          minLength: 1,
          maxLength: 2048,
          description:
            "One sentence for a person. No secret: it is on record, and whoever knows the job's id reads it.",
          examples: ["No dictionary for Klingon."],
        }),
        detail: Type.Optional(Type.Unknown({ description: "What else helps; any JSON." })),
        retryable: Type.Optional(
          Type.Boolean({
            default: true,
            description: "Whether another attempt may succeed. Where it may and one is left, it follows after a pause.",
          }),
        ),
        retry_after_seconds: Type.Optional(
          Type.Number({
            minimum: 0,
            maximum: 86_400,
            description: "The pause is at least so long, a day at most.",
            examples: [60],
          }),
        ),
      },
      { additionalProperties: false },
    ),
  },
  {
    additionalProperties: false,
    examples: [
      {
        job_id: EXAMPLE_JOB_ID,
        attempt: 1,
        error: { code: "language_unknown", message: "No dictionary for Klingon.", retryable: false },
      },
    ],
  },
);

export const AttemptReleased = Type.Object(attemptNamed, {
  additionalProperties: false,
  examples: [{ job_id: EXAMPLE_JOB_ID, attempt: 1 }],
});

const AttemptEnded = Type.Object(
  {
    job_id: JobId,
    status: Status,
    retry_at: Type.Optional(
      Type.String({ format: "date-time", description: "When the next attempt is due, after one that failed." }),
    ),
  },
  { additionalProperties: false },
);

const CallbackEntry = Type.Object(
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
);
export type CallbackEntry = Static<typeof CallbackEntry>;

const CallbackLog = list(CallbackEntry);

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

const CallbackSecret = Type.Object(
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
);

const CallbackRequested = Type.Object(
  { job_id: JobId, callback: Type.Literal("pending") },
  { additionalProperties: false },
);

/** A definition that shows what steps can do. */
const EXAMPLE_PIPELINE = {
  format: 1,
  description: "Welcomes new users, once somebody has agreed.",
  steps: [
    { id: "fetch", uses: "http", with: { url: "https://example.com/users?since={{ payload.since }}" } },
    {
      id: "approve",
      if: "{{ size(steps.fetch.output.body.users) > 100 }}",
      wait_for_approval: { message: "Write to {{ size(steps.fetch.output.body.users) }} users?" },
    },
    {
      id: "welcome",
      for_each: { items: "{{ steps.fetch.output.body.users }}", max_parallel: 4 },
      uses: "http",
      with: { method: "POST", url: "https://example.com/mails", body: { to: "{{ item.email }}" } },
      retry: { max_attempts: 3 },
    },
  ],
};

export const PipelineCreate = Type.Object(
  { name: PipelineName, ...PipelineDefinition.properties },
  { additionalProperties: false, examples: [{ name: "welcome-users", ...EXAMPLE_PIPELINE }] },
);

export const PipelineUpdate = Type.Object(
  {
    name: Type.Optional(
      Type.Unsafe<string>({ ...PipelineName, description: "As in the path, where it is given: nothing is renamed." }),
    ),
    ...PipelineDefinition.properties,
  },
  { additionalProperties: false, examples: [EXAMPLE_PIPELINE] },
);

const PipelineVersion = Type.Integer({ minimum: 1, description: "1, 2, 3 …", examples: [1] });

const Pipeline = Type.Object(
  {
    name: PipelineName,
    version: PipelineVersion,
    ...PipelineDefinition.properties,
    created_at: Timestamp,
    updated_at: Type.Unsafe<string>({ ...Timestamp, description: "When this version was recorded." }),
  },
  {
    additionalProperties: false,
    examples: [
      { name: "welcome-users", version: 1, ...EXAMPLE_PIPELINE, created_at: EXAMPLE_TIME, updated_at: EXAMPLE_TIME },
    ],
  },
);

const PipelineSummary = Type.Object(
  {
    name: PipelineName,
    version: Type.Unsafe<number>({ ...PipelineVersion, description: "The newest." }),
    description: Type.Union([Type.String(), Type.Null()]),
    steps: Type.Integer({ minimum: 1, description: "How many steps the newest version has." }),
    created_at: Timestamp,
    updated_at: Timestamp,
  },
  { additionalProperties: false },
);

const PipelineList = list(PipelineSummary);

export const ScheduleId = Type.String({
  format: "uuid",
  description: "A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.",
  examples: [EXAMPLE_SCHEDULE_ID],
});
const ScheduleStatus = oneOf(["active", "paused"], "Whether it fires.");
const NextRunAt = Type.Union([Timestamp, Type.Null()], {
  description: "The next instant; null while it is paused. In the past where it is about to be fired.",
});

const scheduleDefinition = {
  name: Type.String({
    minLength: 1,
    maxLength: 128,
    pattern: PRINTABLE,
    description: "For people; need not be unique.",
    examples: ["Morning report"],
  }),
  cron: Type.String({
    minLength: 1,
    maxLength: 128,
    description: `Minute, hour, day of the month, month, day of the week; or six fields with the second first; or a nickname such as \`@daily\`. Lists, ranges, steps, names (\`MON-FRI\`, \`JAN\`), \`L\`, \`W\` and \`#\` are understood. Where both days are restricted, either is enough, or both must fit where the day of the week begins with \`+\`. It is kept with one space between fields. Refused where no time comes within ${HORIZON_YEARS} years.`,
    examples: ["0 9 * * MON-FRI"],
  }),
  time_zone: Type.String({
    minLength: 1,
    maxLength: 64,
    default: "UTC",
    description:
      "An IANA name, in whatever case. Where its clock changes, times that are named (numbers, lists, ranges) happen once: at the moment after a gap that they fall into, and at the first of two. Intervals (`*`, steps) go with the clock.",
    examples: ["Europe/Berlin"],
  }),
  misfire_grace_seconds: Type.Integer({
    minimum: 1,
    maximum: MISFIRE_GRACE_MAX_S,
    default: MISFIRE_GRACE_DEFAULT_S,
    description:
      "How late an instant may be fired, when nothing was there to fire it in time: each one up to so late is fired at once, in order; older ones are recorded as misfired. Below the interval of the expression, at most the latest is made up for.",
  }),
};

/** The moment is the schedule's to say. */
const ScheduledJob = Type.Omit(IntakeRequest, ["run_at"], {
  additionalProperties: false,
  description: "What each instant submits: as an intake takes it, but for run_at.",
});

export const ScheduleRequest = Type.Object(
  {
    name: scheduleDefinition.name,
    cron: scheduleDefinition.cron,
    time_zone: Type.Optional(scheduleDefinition.time_zone),
    misfire_grace_seconds: Type.Optional(scheduleDefinition.misfire_grace_seconds),
    job: ScheduledJob,
  },
  {
    additionalProperties: false,
    description: "A job to submit again and again: at every instant, exactly what an intake takes.",
    examples: [
      {
        name: "Morning report",
        cron: "0 9 * * MON-FRI",
        time_zone: "Europe/Berlin",
        job: { workflow: "http", payload: { method: "GET", url: "https://example.com/" } },
      },
    ],
  },
);
export type ScheduleRequest = Static<typeof ScheduleRequest>;

const ScheduleState = Type.Object(
  { schedule_id: ScheduleId, status: ScheduleStatus, next_run_at: NextRunAt },
  { additionalProperties: false },
);

const ScheduleRan = Type.Object(
  { job_id: JobId, status: Type.Literal("queued"), schedule_id: ScheduleId },
  { additionalProperties: false },
);

const ScheduleDeleted = Type.Object(
  { schedule_id: ScheduleId, status: Type.Literal("deleted") },
  { additionalProperties: false },
);

const scheduleSummary = {
  schedule_id: ScheduleId,
  ...scheduleDefinition,
  status: ScheduleStatus,
  workflow: Workflow,
  next_run_at: NextRunAt,
  last_run_at: Type.Union([Timestamp, Type.Null()], { description: "The latest instant that was fired." }),
  last_job_id: Type.Union([JobId, Type.Null()], { description: "The job of the latest instant." }),
  runs: Type.Integer({ minimum: 0, description: "Instants fired so far." }),
  misfires: Type.Integer({
    minimum: 0,
    description: "Instants that were due and not fired; of a longer time without any firing, the first 100 count.",
  }),
  created_at: Timestamp,
  updated_at: Timestamp,
};
const ScheduleSummary = Type.Object(scheduleSummary, { additionalProperties: false });
const ScheduleList = list(ScheduleSummary);
const Schedule = Type.Object({ ...scheduleSummary, job: ScheduledJob }, { additionalProperties: false });

const ScheduleRuns = Type.Object(
  {
    data: Type.Array(Timestamp, {
      description:
        "The next instants; fewer than asked for where the year 9999 ends before, none while the schedule is paused.",
    }),
  },
  { additionalProperties: false },
);

const ScheduleEvent = Type.Object(
  {
    ...JobEvent.properties,
    version: Type.Integer({ minimum: 1, description: "The place in the schedule's own history: 1, 2, 3 …" }),
    type: Type.String({ examples: ["schedule.fired"] }),
  },
  { additionalProperties: false },
);
const ScheduleEventList = list(ScheduleEvent);

export const CancelRequest = Type.Object(
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
);

const JobCancelled = Type.Object({ job_id: JobId, status: Type.Literal("cancelled") }, { additionalProperties: false });

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

export const BulkCancelRequest = Type.Object(
  {
    filter: jobFilter(["queued", "running"], "Both where absent."),
    reason: CancelRequest.properties.reason,
    dry_run: Type.Optional(DryRun),
  },
  {
    additionalProperties: false,
    examples: [{ filter: { workflow: "http", created_before: "2026-01-15T00:00:00Z" }, reason: "Sent by mistake." }],
  },
);

export const BulkReplayRequest = Type.Object(
  {
    filter: jobFilter(
      ["failed", "cancelled", "succeeded"],
      "`failed` where absent: jobs that succeeded or were cancelled are run again only where this says so.",
    ),
    dry_run: Type.Optional(DryRun),
  },
  { additionalProperties: false, examples: [{ filter: { error_code: "unexpected_status" }, dry_run: true }] },
);

const BulkLine = Type.Object(
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
);
export type BulkLine = Static<typeof BulkLine>;

export const ReplayRequest = Type.Object(
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
);

const JobReplayed = Type.Object(
  { job_id: JobId, status: Type.Literal("queued"), origin_job_id: JobId },
  { additionalProperties: false },
);

const StreamedEvent = Type.Object(
  {
    position: Position,
    stream_id: Type.String({ examples: [`job-${EXAMPLE_JOB_ID}`] }),
    job_id: JobId,
    version: Type.Integer({ minimum: 1 }),
    type: Type.String({ examples: ["job.started"] }),
    data: Type.Unknown(),
    meta: EventMeta,
    recorded_at: Timestamp,
  },
  { additionalProperties: false, description: "The JSON in the data field of each event of a stream." },
);

export const CompleteRequest = Type.Object(
  { result: anyObject("The result that the job is to have.", { done: true }) },
  { additionalProperties: false, examples: [{ result: { done: true } }] },
);

const Completed = Type.Object({ ok: Type.Literal(true) }, { additionalProperties: false });

const Concurrency = Type.Integer({ minimum: 1, maximum: MAX_CONCURRENCY });

export const WorkflowLimitsRequest = Type.Object(
  {
    concurrency: Type.Optional(
      Type.Integer({ ...Concurrency, description: "Jobs of the workflow that may run at once.", examples: [20] }),
    ),
    concurrency_per_key: Type.Optional(
      Type.Integer({
        ...Concurrency,
        description: "Jobs with the same concurrency_key that may run at once; 1 where absent.",
        examples: [1],
      }),
    ),
    rate_per_key: Type.Optional(
      Type.Object(
        {
          limit: Type.Integer({ ...RatePerKey.properties.limit, examples: [10] }),
          per_seconds: Type.Integer({ ...RatePerKey.properties.per_seconds, examples: [60] }),
          burst: Type.Optional(
            Type.Integer({
              ...RatePerKey.properties.burst,
              description: "How many may start at once after a pause; 1 where absent.",
              examples: [1],
            }),
          ),
        },
        {
          additionalProperties: false,
          description:
            "Attempts at jobs with the same concurrency_key that may start in a time, evenly spaced (GCRA): in any per_seconds there are never more than limit, or limit + burst - 1.",
        },
      ),
    ),
  },
  {
    additionalProperties: false,
    description: "How many jobs of a workflow may run. What is left out is not limited, or as it is by default.",
    examples: [{ concurrency: 20, concurrency_per_key: 1, rate_per_key: { limit: 10, per_seconds: 60 } }],
  },
);

const WorkflowLimits = Type.Object(
  {
    workflow: Workflow,
    concurrency: Type.Union([Concurrency, Type.Null()], {
      description: "Jobs of the workflow that may run at once; null: as many as workers take.",
    }),
    concurrency_per_key: Type.Integer({
      ...Concurrency,
      description: "Jobs with the same concurrency_key that may run at once.",
    }),
    rate_per_key: Type.Union([Type.Required(RatePerKey), Type.Null()], {
      description: "Attempts at jobs with the same concurrency_key that may start in a time; null: any number.",
    }),
    updated_at: Type.Union([Timestamp, Type.Null()], { description: "null: nothing was ever settled." }),
  },
  { additionalProperties: false },
);
export type WorkflowLimits = Static<typeof WorkflowLimits>;

const WorkflowLimitsList = list(WorkflowLimits);

const ProblemDescription = Type.Object(
  {
    error: Type.String({ examples: ["job_not_found"] }),
    status: Type.Integer(),
    title: Type.String(),
    help: Type.String({ description: "What it means and how to mend it." }),
  },
  { additionalProperties: false },
);

const PublicMetrics = Type.Object(
  {
    uptime_rolling_7d: Type.Number({
      minimum: 0,
      maximum: 100,
      description:
        "Percent of the whole minutes since the later of the first start ever recorded and 7 days ago in which at least one instance recorded a start or a heartbeat. 100 in the very first minute.",
      examples: [99.98],
    }),
    jobs_today: Type.Integer({
      minimum: 0,
      description: "Jobs submitted since 00:00 UTC: the job.submitted events of the day.",
      examples: [4711],
    }),
    audit_coverage: Type.Number({
      minimum: 0,
      maximum: 100,
      description:
        "Percent of all events ever recorded that name who acted and the action they belong to (actor and correlation id).",
      examples: [100],
    }),
    last_updated: Type.Union([UnixSeconds, Type.Null()], {
      description:
        "When the last event that these figures contain was recorded, in Unix seconds; null while there is none.",
      examples: [1768469400],
    }),
  },
  { additionalProperties: false },
);

const TextId = Type.String({ description: "Stays the same when the text changes.", examples: ["accounted_for"] });
const LineText = Type.String({ description: "A sentence or two.", examples: ["The rest is made from the log again."] });

const MarketingSummary = Type.Object(
  {
    headlines: Type.Array(
      Type.Object(
        { id: TextId, title: Type.String({ description: "A few words." }), text: Type.Optional(LineText) },
        { additionalProperties: false },
      ),
      { description: "What the service is, in a few words." },
    ),
    calls_to_action: Type.Array(
      Type.Object(
        {
          id: TextId,
          label: Type.String({ description: "A button's words." }),
          href: Type.String({ description: "A path of this service, or an https address." }),
        },
        { additionalProperties: false },
      ),
      { description: "What a visitor may do next." },
    ),
    selling_points: Type.Array(
      Type.Object(
        { id: TextId, title: Type.String({ description: "A few words." }), text: LineText },
        { additionalProperties: false },
      ),
      { description: "What one gets." },
    ),
    figures: PublicMetrics,
  },
  { additionalProperties: false },
);

const EXAMPLE_INCIDENT_ID = "0197a1f0-a4c3-7d18-b26e-91f0c3d5e7a9";
export const IncidentId = Type.String({
  format: "uuid",
  description: "A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.",
  examples: [EXAMPLE_INCIDENT_ID],
});
const IncidentTitle = Type.String({
  minLength: 1,
  maxLength: 128,
  pattern: PRINTABLE,
  description: "What does not work, in a few words.",
  examples: ["Jobs start late"],
});
const IncidentText = Type.String({
  minLength: 1,
  maxLength: 2_000,
  pattern: PRINTABLE_LINES,
  description: "What is known, for those who use the service: everyone can read it.",
  examples: ["Jobs wait for up to a minute before they start. None is lost."],
});
const IncidentImpact = oneOf(
  impacts,
  "`maintenance`: it is planned. `minor`: some notice. `major`: many do. `critical`: nothing works.",
);

export const IncidentOpen = Type.Object(
  { title: IncidentTitle, impact: IncidentImpact, message: IncidentText },
  {
    additionalProperties: false,
    examples: [
      {
        title: "Jobs start late",
        impact: "minor",
        message: "Jobs wait for up to a minute before they start. None is lost.",
      },
    ],
  },
);
export const IncidentUpdate = Type.Object(
  { message: IncidentText, impact: Type.Optional(IncidentImpact) },
  {
    additionalProperties: false,
    examples: [{ message: "A database was moved. Jobs start at once again; we keep watching.", impact: "minor" }],
  },
);
export const IncidentResolve = Type.Object(
  { message: IncidentText },
  { additionalProperties: false, examples: [{ message: "Jobs have started at once for an hour." }] },
);

const IncidentChanged = Type.Object(
  { incident_id: IncidentId, status: oneOf(["open", "resolved"], "Where it stands now.") },
  { additionalProperties: false },
);

const Incident = Type.Object(
  {
    incident_id: IncidentId,
    title: IncidentTitle,
    status: oneOf(["open", "resolved"], "Whether it is over."),
    impact: IncidentImpact,
    opened_at: Timestamp,
    resolved_at: Type.Union([Timestamp, Type.Null()], { description: "`null` while it lasts." }),
    messages: Type.Array(
      Type.Object(
        {
          status: oneOf(["opened", "updated", "resolved"], "What it told."),
          message: IncidentText,
          impact: IncidentImpact,
          at: Timestamp,
        },
        { additionalProperties: false },
      ),
      { maxItems: INCIDENT_UPDATES_MAX + 2, description: "What was told of it, in order." },
    ),
  },
  { additionalProperties: false },
);
const IncidentList = list(Incident);

const EXAMPLE_KEY_ID = "0197a1f0-b8e1-7c52-9d07-4f2e6a8c1b35";

export const KeyId = Type.String({
  format: "uuid",
  description: "A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.",
  examples: [EXAMPLE_KEY_ID],
});
const KeyName = Type.String({
  minLength: 1,
  maxLength: 128,
  pattern: PRINTABLE,
  description: "What it is for, for people.",
  examples: ["Billing service"],
});
const Scopes = Type.Array(
  oneOf(
    Object.keys(scopes) as Scope[],
    Object.entries(scopes)
      .map(([scope, meaning]) => `\`${scope}\`: ${meaning}`)
      .join(" "),
  ),
  { minItems: 1, uniqueItems: true, description: "What its holder may do.", examples: [["jobs:read", "jobs:write"]] },
);
const KeyWorkflows = Type.Union(
  [Type.Array(Workflow, { minItems: 1, maxItems: KEY_WORKFLOWS_MAX, uniqueItems: true }), Type.Null()],
  {
    description:
      "The workflows that there are for its holder: jobs that run another, by its name or in a step of their own, their schedules and other pipelines do not exist for them; `null`: all.",
    examples: [["http"]],
  },
);
const Tier = Type.String({
  minLength: 1,
  maxLength: 64,
  description:
    "Of rate limits: one of those that the service has (RATE_TIERS); `free`, `pro` and `enterprise` at first.",
  examples: ["pro"],
});
const ExpiresAt = Type.Union([Type.String({ format: "date-time" }), Type.Null()], {
  description: "From then on it is not taken (RFC 3339, up to 9999-12-31T23:59:59.999Z); `null`: it does not expire.",
  examples: ["2027-01-15T00:00:00.000Z"],
});

export const KeyCreateRequest = Type.Object(
  {
    name: KeyName,
    scopes: Scopes,
    workflows: Type.Optional(KeyWorkflows),
    tier: Type.Optional(Tier),
    expires_at: Type.Optional(ExpiresAt),
  },
  {
    additionalProperties: false,
    examples: [
      {
        name: "Billing service",
        scopes: ["jobs:read", "jobs:write"],
        workflows: ["http"],
        tier: "pro",
        expires_at: "2027-01-15T00:00:00.000Z",
      },
    ],
  },
);
export const KeyRotateRequest = Type.Object(
  {
    overlap_seconds: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: KEY_OVERLAP_MAX_S,
        default: KEY_OVERLAP_DEFAULT_S,
        description:
          "How long its secrets until now are still taken: a day by default, 30 days at most; 0 ends them at once.",
      }),
    ),
    expires_at: Type.Optional(ExpiresAt),
  },
  { additionalProperties: false, examples: [{ overlap_seconds: 3600 }] },
);
export const KeyRevokeRequest = Type.Object(
  {
    reason: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 1024,
        pattern: PRINTABLE,
        description: "For the record.",
        examples: ["Found in a public repository."],
      }),
    ),
  },
  { additionalProperties: false, examples: [{ reason: "Found in a public repository." }] },
);

const OrTime = (description: string) => Type.Union([Timestamp, Type.Null()], { description });
const keyMembers = {
  key_id: KeyId,
  name: KeyName,
  environment: oneOf(environments, "Where it is taken: `live` in production, `test` elsewhere."),
  prefix: Type.String({ description: "How its newest secret begins.", examples: ["lvq_live_4fK9"] }),
  scopes: Type.Array(Type.String(), {
    description: "What its holder may do.",
    examples: [["jobs:read", "jobs:write"]],
  }),
  workflows: KeyWorkflows,
  tier: Tier,
  status: oneOf(["active", "expired", "revoked"], "Whether it is taken."),
  created_by: Type.String({ description: "Who issued it, as events name them.", examples: ["key:9f86d081"] }),
  created_at: Timestamp,
  expires_at: ExpiresAt,
  rotated_at: OrTime("When it got its newest secret; `null`: it has its first."),
  overlap_ends_at: OrTime("Until when a secret from before the last rotation is taken; `null`: none is."),
  revoked_at: OrTime("`null`: it is not."),
  last_used_at: OrTime("To a minute; `null`: never."),
};
/** As one looks; its last characters do not fit the others, so that no scanner takes it for one. */
const EXAMPLE_KEY = "lvq_live_4fK9dRz2Qw7Lm0Xb5Ty8Hc3Vn6JsPaQEXAMPLE";
const KEY_EXAMPLE = {
  key_id: EXAMPLE_KEY_ID,
  name: "Billing service",
  environment: "live",
  prefix: "lvq_live_4fK9",
  scopes: ["jobs:read", "jobs:write"],
  workflows: ["http"],
  tier: "pro",
  status: "active",
  created_by: "key:9f86d081",
  created_at: "2026-01-15T09:30:00.123Z",
  expires_at: "2027-01-15T00:00:00.000Z",
  rotated_at: null,
  overlap_ends_at: null,
  revoked_at: null,
  last_used_at: null,
};
const Key = Type.Object(keyMembers, { additionalProperties: false, examples: [KEY_EXAMPLE] });
const KeyList = list(Key);
const IssuedKey = Type.Object(
  {
    key: Type.Union([Type.String({ pattern: "^lvq_(?:live|test)_[0-9A-Za-z]{38}$" }), Type.Null()], {
      description:
        "The secret, to be sent as X-Api-Key: its last 6 characters check the others. `null` where the answer is a repetition.",
    }),
    ...keyMembers,
  },
  { additionalProperties: false, examples: [{ key: EXAMPLE_KEY, ...KEY_EXAMPLE }] },
);

const Percent = Type.Union([Type.Number({ minimum: 0, maximum: 100 }), Type.Null()]);
const Uptime = Type.Object(
  {
    status: oneOf(
      ["operational", "maintenance", "minor", "major", "critical"],
      "The worst impact of an incident that is open; `operational` without one.",
    ),
    since: Type.Union([Timestamp, Type.Null()], { description: "The first start on record." }),
    uptime_percent: Type.Union([Type.Number({ minimum: 0, maximum: 100 }), Type.Null()], {
      description: "Of all the days below; `null` before the first whole minute.",
      examples: [99.98],
    }),
    days: Type.Array(
      Type.Object(
        {
          date: Type.String({ format: "date", description: "UTC.", examples: ["2026-01-15"] }),
          uptime_percent: Percent,
          minutes_up: Type.Integer({ minimum: 0, maximum: 1_440 }),
          minutes_down: Type.Integer({ minimum: 0, maximum: 1_440 }),
          incidents: Type.Array(IncidentId, { description: "Those that were open on this day." }),
        },
        { additionalProperties: false },
      ),
      {
        maxItems: UPTIME_DAYS,
        description: `From the first start on, at most ${UPTIME_DAYS}, oldest first; today is the last.`,
      },
    ),
    outages: Type.Array(
      Type.Object(
        {
          from: Timestamp,
          to: Timestamp,
          minutes: Type.Integer({ minimum: 1 }),
          ongoing: Type.Boolean({ description: "Whether it lasts." }),
        },
        { additionalProperties: false },
      ),
      { maxItems: 100, description: "Whole minutes in a row without a sign of life, newest first; at most 100." },
    ),
    incidents: Type.Array(Incident, {
      maxItems: 100,
      description: "Those that were open on any of these days, newest first; at most 100.",
    }),
    ts: UnixSeconds,
  },
  { additionalProperties: false },
);

const Lag = Type.Integer({ minimum: 0, description: "Events behind the log's head." });

export const ProjectionName = Type.String({
  minLength: 1,
  maxLength: 64,
  description: "A read model, as GET /api/v1/ops/health names it.",
  examples: ["jobs"],
});

export const ProjectionResume = Type.Object(
  {
    skip: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER,
        description: "The position of the event that stops it: it is passed over for good. Needs a `reason`.",
        examples: [1042],
      }),
    ),
    reason: Type.Optional(
      Type.String({ minLength: 1, maxLength: 1024, description: "For the record.", examples: ["Its time cannot be."] }),
    ),
  },
  { additionalProperties: false, examples: [{ skip: 1042, reason: "Its time cannot be." }] },
);

const ProjectionResumed = Type.Object(
  {
    name: ProjectionName,
    version: Type.Integer({ minimum: 1 }),
    stopped_at: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
      description: "The position of the event that had stopped it; null: none had.",
    }),
    skipped: Type.Boolean({ description: "Whether that event is passed over for good." }),
  },
  { additionalProperties: false },
);

const OpsHealth = Type.Object(
  {
    ok: Type.Boolean({ description: "Whether every part is well." }),
    ts: UnixSeconds,
    log: Type.Object({ head: Type.Union([Position, Type.Null()]) }),
    database: Type.Object({
      ok: Type.Boolean(),
      latency_ms: Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
        description: "Of the queries behind this answer.",
      }),
    }),
    bus: Type.Object({
      ok: Type.Boolean(),
      kind: oneOf(["in_process", "jetstream"], "How events are spread."),
      connected: Type.Boolean(),
      position: Position,
      lag: Type.Union([Lag, Type.Null()], { description: "Events recorded that are not on the bus yet." }),
    }),
    projections: Type.Union(
      [
        Type.Array(
          Type.Object({
            ok: Type.Boolean({ description: "False where an event stopped it, or no process can run it." }),
            name: Type.String({ examples: ["jobs"] }),
            version: Type.Integer({ minimum: 1 }),
            state: oneOf(
              ["running", "building", "poisoned", "standby", "stopped"],
              "What the process that answers does with it; `standby`: another one runs it.",
            ),
            live: Type.Boolean({ description: "Whether queries see this version." }),
            position: Position,
            lag: Lag,
            stopped_at: Type.Union([Position, Type.Null()], { description: "The event that stopped it." }),
            how_to_mend: Type.Union([Type.String(), Type.Null()], {
              description: "What lets it go on; null: nothing stops it.",
            }),
          }),
        ),
        Type.Null(),
      ],
      { description: "The read models; null where the database cannot be reached." },
    ),
    schedules: Type.Union(
      [
        Type.Object({
          ok: Type.Boolean({ description: "False where one is due and nothing fires it." }),
          leader: Type.Union([Type.String(), Type.Null()], { description: "The instance that fires schedules." }),
          active: Type.Integer({ minimum: 0 }),
          lag_seconds: Type.Number({ minimum: 0, description: "How long the first one that is due has been." }),
        }),
        Type.Null(),
      ],
      { description: "Recurring schedules." },
    ),
    queue: Type.Union(
      [
        Type.Object({
          queued: Type.Integer({ minimum: 0 }),
          max_queued: Type.Integer({ minimum: 1, description: "At so many, intake answers 429 queue_full." }),
          running: Type.Integer({ minimum: 0 }),
        }),
        Type.Null(),
      ],
      { description: "Jobs that have not ended." },
    ),
  },
  { description: "The state of every part; null where it cannot be learned." },
);

/** The query of a list; every value arrives as text. */
export const PageQuery = Type.Object(
  {
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: PAGE_LIMIT_MAX,
        default: PAGE_LIMIT_DEFAULT,
        description: "Entries of a page.",
      }),
    ),
    cursor: Type.Optional(Type.String({ description: "The next_cursor of the page before." })),
  },
  { additionalProperties: false },
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
  },
  { additionalProperties: false },
);

export const ScheduleListQuery = Type.Object(
  { ...PageQuery.properties, status: Type.Optional(ScheduleStatus) },
  { additionalProperties: false },
);

export const NextRunsQuery = Type.Object(
  {
    count: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: NEXT_RUNS_MAX,
        default: NEXT_RUNS_DEFAULT,
        description: "How many instants to name.",
      }),
    ),
  },
  { additionalProperties: false },
);

export const StreamQuery = Type.Object(
  {
    after: Type.Optional(
      Type.Integer({ minimum: 0, description: "Events after this position of the log. Last-Event-ID goes before it." }),
    ),
    types: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 512,
        format: "job-event-types",
        description: "Only these event types, separated by commas.",
        examples: ["job.succeeded,job.failed"],
      }),
    ),
  },
  { additionalProperties: false },
);

export const AllJobsStreamQuery = Type.Object(
  { ...StreamQuery.properties, workflow: Type.Optional(Workflow) },
  { additionalProperties: false },
);

const SubscriptionId = Type.String({
  minLength: 1,
  maxLength: 64,
  description: "The client's name for the subscription, unique on its connection; where absent, the service makes one.",
  examples: ["mine"],
});

/** What a client may say over a WebSocket, by type. */
export const socketRequests = {
  subscribe: Type.Object(
    {
      type: Type.Literal("subscribe"),
      id: Type.Optional(SubscriptionId),
      job_id: Type.Optional(JobId),
      all: Type.Optional(Type.Literal(true, { description: "Of all jobs. Either this or `job_id`." })),
      workflow: Type.Optional(Workflow),
      types: Type.Optional(
        Type.Array(Type.String({ format: "job-event-type", examples: ["job.failed"] }), {
          minItems: 1,
          maxItems: 50,
          description: "Events of these types alone.",
        }),
      ),
      after: Type.Optional(
        Type.Integer({
          minimum: 0,
          description:
            "Events after this position of the log. By default, one job's from its first, all jobs' from now on.",
        }),
      ),
    },
    { additionalProperties: false },
  ),
  unsubscribe: Type.Object({ type: Type.Literal("unsubscribe"), id: SubscriptionId }, { additionalProperties: false }),
  ping: Type.Object(
    { type: Type.Literal("ping"), id: Type.Optional(SubscriptionId) },
    { additionalProperties: false, description: "Answered with `pong`, with the same id." },
  ),
} as const;

const SocketRequest = Type.Union(Object.values(socketRequests), {
  description: "A message from a client over a WebSocket.",
});

const SocketMessage = Type.Union(
  [
    Type.Object({
      type: Type.Literal("subscribed"),
      id: SubscriptionId,
      after: Type.Integer({ minimum: 0, description: "The subscription begins after this position." }),
    }),
    Type.Object({ type: Type.Literal("event"), id: SubscriptionId, event: StreamedEvent }),
    Type.Object({ type: Type.Literal("unsubscribed"), id: SubscriptionId }),
    Type.Object({ type: Type.Literal("pong"), id: Type.Optional(SubscriptionId) }),
    Type.Object(
      { type: Type.Literal("error"), id: Type.Optional(SubscriptionId), problem: Problem },
      { description: "A message of the client's was not taken. The connection goes on." },
    ),
    Type.Object(
      {
        type: Type.Literal("closed"),
        id: Type.Optional(SubscriptionId),
        reason: oneOf(Object.keys(closedReasons) as ClosedReason[], "A stable code to branch on."),
        detail: Type.String({ description: "The same for a person." }),
      },
      { description: "The service ends this subscription; without an id, the connection." },
    ),
  ],
  { description: "A message to a client over a WebSocket." },
);

/** Named schemas of the OpenAPI document. */
export const components = {
  Root,
  Health,
  Problem,
  IntakeRequest,
  IntakeAccepted,
  JobError,
  JobStatus,
  WaitingFor,
  JobSummary,
  JobEnded,
  Job,
  JobList,
  EventMeta,
  JobEvent,
  JobEventList,
  WorkerClaim,
  ClaimedJobs,
  AttemptHeartbeat,
  AttemptHeld,
  AttemptSucceeded,
  AttemptFailed,
  AttemptReleased,
  AttemptEnded,
  CallbackEntry,
  CallbackLog,
  CallbackRequested,
  CallbackSecret,
  CancelRequest,
  JobCancelled,
  BulkCancelRequest,
  BulkReplayRequest,
  BulkLine,
  ReplayRequest,
  ApproveRequest,
  JobApproval,
  JobSteps,
  JobReplayed,
  Step,
  PipelineCreate,
  PipelineUpdate,
  Pipeline,
  PipelineSummary,
  PipelineList,
  ScheduleRequest,
  ScheduleState,
  ScheduleRan,
  ScheduleDeleted,
  ScheduleSummary,
  ScheduleList,
  Schedule,
  ScheduleRuns,
  ScheduleEvent,
  ScheduleEventList,
  StreamedEvent,
  SocketRequest,
  SocketMessage,
  CompleteRequest,
  Completed,
  WorkflowLimitsRequest,
  WorkflowLimits,
  WorkflowLimitsList,
  ProblemDescription,
  PublicMetrics,
  MarketingSummary,
  OpsHealth,
  ProjectionResume,
  ProjectionResumed,
  IncidentOpen,
  IncidentUpdate,
  IncidentResolve,
  IncidentChanged,
  Incident,
  IncidentList,
  KeyCreateRequest,
  KeyRotateRequest,
  KeyRevokeRequest,
  Key,
  KeyList,
  IssuedKey,
  Uptime,
} as const;

function list<Item extends TSchema>(item: Item) {
  return Type.Object(
    {
      data: Type.Array(item),
      has_more: Type.Boolean({ description: "Whether another page follows." }),
      next_cursor: Type.Union([Type.String(), Type.Null()], {
        description: "Asks for the next page; null on the last.",
      }),
    },
    { additionalProperties: false },
  );
}

/** A string out of a list. */
function oneOf<const Values extends readonly string[]>(values: Values, description: string) {
  return Type.Unsafe<Values[number]>(
    Type.Union(
      values.map((value) => Type.Literal(value)),
      { description },
    ),
  );
}

/** Any JSON object. Not a `Record`, whose check would run over every key. */
function anyObject(description: string, example: Record<string, unknown>) {
  return Type.Unsafe<Record<string, unknown>>(
    Type.Object({}, { additionalProperties: true, description, examples: [example] }),
  );
}
