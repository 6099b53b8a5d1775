/** The words that requests and answers of several features share: what validation checks and what the documentation shows. */
import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { SYSTEM } from "../../events/account.ts";
import { EventMeta } from "../../events/envelope.ts";
import { JobError } from "../../events/job.ts";
import { Step, Steps } from "../../events/pipeline.ts";
import { DEFAULT_ATTEMPT_TIMEOUT_SECONDS, DEFAULT_MAX_ATTEMPTS } from "../domain/job/job_state.ts";
import { component } from "./document/components.ts";
import { PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, RUN_AT_MAX_DAYS } from "./limits.ts";
import { problemCodes } from "./problem.ts";

component("JobError", JobError);
component("EventMeta", EventMeta);
component("Step", Step);

export const EXAMPLE_JOB_ID = "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70";

export const EXAMPLE_TIME = "2026-01-15T09:30:00.123456Z";

export const Timestamp = Type.String({ format: "date-time", description: "RFC 3339, UTC.", examples: [EXAMPLE_TIME] });

export const UnixSeconds = Type.Integer({ description: "Seconds since 1970, UTC.", examples: [1768469400] });

export const Position = Type.Integer({
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
export const PRINTABLE = "^(?:[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]|[\\ud800-\\udbff][\\udc00-\\udfff])*$";

export const Workflow = Type.String({
  minLength: 1,
  maxLength: 128,
  pattern: PRINTABLE,
  description:
    "What to run: the name of a connector such as `http`, or of a workflow that an external worker runs. Unknown names are taken and wait.",
  examples: ["http"],
});

export const Priority = oneOf(["low", "normal", "high"], "How urgent it is; `normal` where absent.");

export const Status = oneOf(
  ["queued", "running", "succeeded", "failed", "cancelled"],
  "Where the job stands. The last three are final.",
);

export const Problem = component(
  "Problem",
  Type.Object(
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
      error: Type.String({ enum: problemCodes, description: "A stable code to branch on." }),
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
  ),
);

export const IntakeRequest = component(
  "IntakeRequest",
  Type.Object(
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
              "The pauses between attempts; each is shortened by chance, by half at most, and lasts at least as long as the external service's Retry-After asks for (up to a day). Where absent, the connector's own pauses, else 1 s, 2 s, 4 s … 300 s.",
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
  ),
);
export type IntakeRequest = Static<typeof IntakeRequest>;

export const JobEvent = component(
  "JobEvent",
  Type.Object(
    {
      position: Position,
      version: Type.Integer({ minimum: 1, description: "The place in the job's own history: 1, 2, 3 …" }),
      type: Type.String({ examples: ["job.submitted"] }),
      data: Type.Unknown({ description: "What happened; its shape depends on the type." }),
      meta: EventMeta,
      recorded_at: Timestamp,
    },
    { additionalProperties: false },
  ),
);

/** In queries for jobs. */
export const AccountFilter = Type.Literal(SYSTEM, {
  description:
    "`system`: the jobs that the service gives itself, in place of all others. They exist for the operator alone.",
});

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

export function list<Item extends TSchema>(item: Item) {
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
export function oneOf<const Values extends readonly string[]>(values: Values, description: string) {
  return Type.Unsafe<Values[number]>(
    Type.Union(
      values.map((value) => Type.Literal(value)),
      { description },
    ),
  );
}

/** Any JSON object. Not a `Record`, whose check would run over every key. */
export function anyObject(description: string, example: Record<string, unknown>) {
  return Type.Unsafe<Record<string, unknown>>(
    Type.Object({}, { additionalProperties: true, description, examples: [example] }),
  );
}
