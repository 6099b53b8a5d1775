/** The shapes of the feature's requests and responses. */
import { type Static, Type } from "@sinclair/typebox";
import { component } from "../../http/document/components.ts";
import {
  CLAIM_JOBS_MAX,
  CLAIM_WAIT_DEFAULT_S,
  CLAIM_WAIT_MAX_S,
  CLAIM_WORKFLOWS_MAX,
  LEASE_DEFAULT_S,
  LEASE_MAX_S,
} from "../../http/limits.ts";
import {
  anyObject,
  EXAMPLE_JOB_ID,
  JobId,
  PRINTABLE,
  Priority,
  Status,
  Timestamp,
  Workflow,
} from "../../http/schema.ts";

export const WorkerClaim = component(
  "WorkerClaim",
  Type.Object(
    {
      worker: Type.String({
        minLength: 1,
        maxLength: 128,
        pattern: PRINTABLE,
        description: "The worker's name, shown to people. Several workers may have the same name.",
        examples: ["translator-7"],
      }),
      workflows: Type.Array(Workflow, {
        minItems: 1,
        maxItems: CLAIM_WORKFLOWS_MAX,
        description: "The workflows that the worker runs; none that the service runs itself.",
        examples: [["translate"]],
      }),
      max_jobs: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: CLAIM_JOBS_MAX,
          default: 1,
          description: "The maximum number of jobs to claim.",
        }),
      ),
      wait_seconds: Type.Optional(
        Type.Number({
          minimum: 0,
          maximum: CLAIM_WAIT_MAX_S,
          default: CLAIM_WAIT_DEFAULT_S,
          description: "How long the response waits for a job if none is ready. 0: return only what is ready now.",
        }),
      ),
      lease_seconds: Type.Optional(
        Type.Number({
          minimum: 1,
          maximum: LEASE_MAX_S,
          default: LEASE_DEFAULT_S,
          description: "Without a heartbeat within this time, the job is given to another worker.",
        }),
      ),
    },
    {
      additionalProperties: false,
      description: "Which jobs an external worker claims.",
      examples: [
        { worker: "translator-7", workflows: ["translate"], max_jobs: 10, wait_seconds: 20, lease_seconds: 30 },
      ],
    },
  ),
);
export type WorkerClaim = Static<typeof WorkerClaim>;

export const ClaimedJobs = component(
  "ClaimedJobs",
  Type.Object(
    {
      jobs: Type.Array(
        Type.Object(
          {
            job_id: JobId,
            workflow: Workflow,
            payload: anyObject("As submitted.", { text: "Guten Tag" }),
            priority: Priority,
            attempt: Type.Integer({ minimum: 1, description: "Identifies the claim; every report must include it." }),
            max_attempts: Type.Integer({ minimum: 1, description: "How many attempts may fail or lose their worker." }),
            idempotency_key: Type.String({
              description: "The same at every attempt: pass it on to services that support one.",
              examples: [EXAMPLE_JOB_ID],
            }),
            lease_seconds: Type.Number({ exclusiveMinimum: 0 }),
            lease_expires_at: Timestamp,
            created_at: Timestamp,
            traceparent: Type.Optional(
              Type.String({ description: "Continues the trace of the job's submission (W3C Trace Context)." }),
            ),
          },
          { additionalProperties: false },
        ),
        { description: "The claimed jobs; empty if the wait timed out." },
      ),
    },
    { additionalProperties: false },
  ),
);

/** The attempt that an external worker reports on. */
const attemptNamed = {
  job_id: JobId,
  attempt: Type.Integer({ minimum: 1, description: "From the response to the claim.", examples: [1] }),
};

export const AttemptHeartbeat = component(
  "AttemptHeartbeat",
  Type.Object(
    {
      ...attemptNamed,
      lease_seconds: Type.Optional(
        Type.Number({
          minimum: 1,
          maximum: LEASE_MAX_S,
          description: "How long the lease is valid from now on; default: as in the claim.",
        }),
      ),
    },
    { additionalProperties: false, examples: [{ job_id: EXAMPLE_JOB_ID, attempt: 1, lease_seconds: 30 }] },
  ),
);

export const AttemptHeld = component(
  "AttemptHeld",
  Type.Object(
    { job_id: JobId, attempt: Type.Integer({ minimum: 1 }), lease_expires_at: Timestamp },
    { additionalProperties: false },
  ),
);

export const AttemptSucceeded = component(
  "AttemptSucceeded",
  Type.Object(
    {
      ...attemptNamed,
      result: Type.Optional(
        Type.Unknown({ description: "Any JSON; default: null.", examples: [{ text: "Good day" }] }),
      ),
    },
    { additionalProperties: false, examples: [{ job_id: EXAMPLE_JOB_ID, attempt: 1, result: { text: "Good day" } }] },
  ),
);

export const AttemptFailed = component(
  "AttemptFailed",
  Type.Object(
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
              "One sentence for a person. No secrets: it is recorded, and visible to anyone who can read the job.",
            examples: ["No dictionary for Klingon."],
          }),
          detail: Type.Optional(Type.Unknown({ description: "Any further details, as JSON." })),
          retryable: Type.Optional(
            Type.Boolean({
              default: true,
              description:
                "Whether another attempt may succeed. If so, and attempts are left, one follows after a delay.",
            }),
          ),
          retry_after_seconds: Type.Optional(
            Type.Number({
              minimum: 0,
              maximum: 86_400,
              description: "The minimum delay, a day at most.",
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
  ),
);

export const AttemptReleased = component(
  "AttemptReleased",
  Type.Object(attemptNamed, {
    additionalProperties: false,
    examples: [{ job_id: EXAMPLE_JOB_ID, attempt: 1 }],
  }),
);

export const AttemptEnded = component(
  "AttemptEnded",
  Type.Object(
    {
      job_id: JobId,
      status: Status,
      retry_at: Type.Optional(
        Type.String({ format: "date-time", description: "When the next attempt is due, if this one failed." }),
      ),
    },
    { additionalProperties: false },
  ),
);
