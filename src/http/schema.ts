/** Schemas that requests and responses of several features share, for validation and for the documentation. */
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
  description: "A position in the whole log: 1, 2, 3 … in commit order.",
  examples: [1042],
});

/** What a call for monitors says of a read model, besides its figures. */
export const readModelHealth = {
  ok: Type.Boolean({ description: "Whether the read model is running, so that what is new becomes visible." }),
  position: Type.Integer({
    minimum: 0,
    description: "Position in the log up to which the figures include everything.",
    examples: [1042],
  }),
};

/** The id of something that is created by a call which supports an Idempotency-Key. */
export function createdId(example: string) {
  return Type.String({
    format: "uuid",
    description: "A UUIDv7; a UUIDv8 if it was derived from an Idempotency-Key.",
    examples: [example],
  });
}

export const JobId = createdId(EXAMPLE_JOB_ID);

export const EXAMPLE_ORG_ID = "0197a1f2-4a6b-7c1d-8e2f-3a4b5c6d7e8f";

export const OrgId = createdId(EXAMPLE_ORG_ID);

/** Text without control characters and lone surrogates: Postgres and terminals cannot handle those. */
export const PRINTABLE = "^(?:[^\\u0000-\\u001f\\u007f\\ud800-\\udfff]|[\\ud800-\\udbff][\\udc00-\\udfff])*$";

/** Before a pattern: there is something to see, more than white space, marks, fillers and the empty Braille pattern. */
export const NOT_BLANK = "(?=[\\s\\S]*(?![\\p{Default_Ignorable_Code_Point}\\u2800])[\\p{L}\\p{N}\\p{P}\\p{S}])";

export const Workflow = Type.String({
  minLength: 1,
  maxLength: 128,
  pattern: PRINTABLE,
  description:
    "What to run: the name of a connector such as `http`, of a stored pipeline, or of a workflow that an external worker runs. Unknown names are accepted, and the job waits. Names that begin with `levqor.`, or a look-alike spelling of it, are reserved.",
  examples: ["http"],
});

export const Priority = oneOf(["low", "normal", "high"], "How urgent it is; default: `normal`.");

export const Status = oneOf(
  ["queued", "running", "succeeded", "failed", "cancelled"],
  "The job's status. The last three are final.",
);

export const Problem = component(
  "Problem",
  Type.Object(
    {
      type: Type.String({
        format: "uri-reference",
        description: "Where the problem is documented.",
        examples: ["/problems/validation_failed"],
      }),
      title: Type.String({ description: "The same for every occurrence." }),
      status: Type.Integer({ minimum: 400, maximum: 599 }),
      detail: Type.String({ description: "What was wrong this time, for a person." }),
      instance: Type.String({ format: "uri-reference", description: "The requested path." }),
      error: Type.String({ enum: problemCodes, description: "A stable code to branch on." }),
      request_id: Type.String({ description: "As in X-Request-Id." }),
      errors: Type.Optional(
        Type.Array(
          Type.Object({
            pointer: Type.String({
              description:
                "JSON pointer (RFC 6901) into the body, or the name of a parameter or header. If longer than 200 characters, the first 200 and an ellipsis.",
            }),
            message: Type.String(),
          }),
          { description: "Each invalid value, at most the first 20." },
        ),
      ),
      terms_version: Type.Optional(
        Type.Integer({ description: "The version of the terms that must be accepted.", examples: [3] }),
      ),
      job_id: Type.Optional(
        Type.Unsafe<string>({ ...JobId, description: "The job in question, if the request did not name it." }),
      ),
      attempt: Type.Optional(Type.Integer({ description: "The attempt that a worker reported on." })),
      job_status: Type.Optional(
        Type.Unsafe<Static<typeof Status>>({
          ...Status,
          description: "The status of the job that the worker reported on.",
        }),
      ),
      decision: Type.Optional(
        Type.Object(
          {
            approved: Type.Boolean(),
            by: Type.Union([Type.String({ examples: ["key:9f86d081"] }), Type.Null()], {
              description: "As events name them; null: nobody, and the step continued when its time was up.",
            }),
            comment: Type.Union([Type.String(), Type.Null()]),
          },
          { description: "The existing decision about the step." },
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
          { description: "Who has claimed the job now; null: nobody." },
        ),
      ),
    },
    { description: "A problem document (RFC 9457). Some codes have additional members." },
  ),
);

/** A person, in the caller's own naming. */
/** Clients take . and .. in a path, even encoded, for steps in it: nobody could ask for such a name. */
const NO_DOTS = "^(?!\\.{1,2}$)";

export const SubjectName = Type.String({
  minLength: 1,
  maxLength: 128,
  pattern: NO_DOTS + PRINTABLE.slice(1),
  description:
    "Whose data the job has: your own name for a person, such as your id of a customer. Payload, results, outputs and errors are then encrypted for that person, and are gone once you erase them (DELETE /api/v1/subjects/{subject}). Default: the user whose own account it is; for other accounts, nobody.",
  examples: ["customer-42"],
});

export const IntakeRequest = component(
  "IntakeRequest",
  Type.Object(
    {
      workflow: Workflow,
      payload: anyObject("The workflow's input; at most 200 KB of JSON.", {
        method: "GET",
        url: "https://example.com/",
      }),
      callback_url: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 1024,
          format: "http-url",
          description:
            "An http or https URL, without credentials, that receives a signed POST (Standard Webhooks) when the job finishes, retried until it is delivered or given up. It must be a public address, unless the service's configuration allows others: an IP address that is not allowed is rejected here, a host name that resolves to one when it is called.",
          examples: ["https://example.com/hooks/levqor"],
        }),
      ),
      priority: Type.Optional(Priority),
      max_attempts: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: 100,
          description: `How many attempts may fail or lose their worker before the job fails; 1: it never runs twice. Default: the connector's own limit, or else ${DEFAULT_MAX_ATTEMPTS}.`,
          examples: [3],
        }),
      ),
      backoff: Type.Optional(
        Type.Object(
          {
            initial_seconds: Type.Optional(
              Type.Number({
                minimum: 0,
                maximum: 86_400,
                description: "The delay before the second attempt.",
                examples: [1],
              }),
            ),
            factor: Type.Optional(
              Type.Number({
                minimum: 1,
                maximum: 10,
                description: "The factor by which each delay grows.",
                examples: [2],
              }),
            ),
            max_seconds: Type.Optional(
              Type.Number({ minimum: 0, maximum: 86_400, description: "The longest delay.", examples: [300] }),
            ),
          },
          {
            additionalProperties: false,
            description:
              "The delays between attempts; each is randomly shortened, by half at most, and is at least as long as the external service's Retry-After (up to a day). Default: the connector's own delays, or else 1 s, 2 s, 4 s … 300 s.",
          },
        ),
      ),
      run_at: Type.Optional(
        Type.String({
          format: "date-time",
          description: `Not before this time (RFC 3339 with an offset), up to ${RUN_AT_MAX_DAYS} days ahead. A time in the past means now.`,
          examples: ["2026-02-01T06:00:00+01:00"],
        }),
      ),
      attempt_timeout_seconds: Type.Optional(
        Type.Number({
          minimum: 1,
          maximum: 86_400,
          description: `How long one attempt may take, a day at most; then it fails with \`attempt_timeout\`, and another may follow. Default: ${DEFAULT_ATTEMPT_TIMEOUT_SECONDS}.`,
          examples: [120],
        }),
      ),
      timeout_seconds: Type.Optional(
        Type.Number({
          minimum: 1,
          maximum: 2_592_000,
          description:
            "How long the job may take with all its attempts and delays, from when it may first run, 30 days at most; then it fails with `job_timeout`. Default: no limit.",
          examples: [3600],
        }),
      ),
      concurrency_key: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 128,
          pattern: PRINTABLE,
          description:
            "Jobs of one workflow with the same key share its limits. A user's keys count only among that user's jobs; those of API keys are shared.",
          examples: ["customer-42"],
        }),
      ),
      subject: Type.Optional(SubjectName),
      steps: Type.Optional({
        ...Steps,
        description:
          "The steps to run, in order, in place of what the workflow's name refers to; the same as in a stored pipeline of format 1.",
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

const Erased = Type.Array(Type.String(), {
  description: "JSON pointers to the parts of data that are null because the person they were about was erased.",
  examples: [["/payload"]],
});

export const JobEvent = component(
  "JobEvent",
  Type.Object(
    {
      position: Position,
      version: Type.Integer({ minimum: 1, description: "The event's place in the job's own history: 1, 2, 3 …" }),
      type: Type.String({ examples: ["job.submitted"] }),
      data: Type.Unknown({ description: "What happened; the schema depends on the type." }),
      meta: EventMeta,
      recorded_at: Timestamp,
      erased: Type.Optional(Erased),
    },
    { additionalProperties: false },
  ),
);

/** In queries for jobs. */
export const AccountFilter = Type.Literal(SYSTEM, {
  description: "`system`: the service's own jobs, in place of all others. They exist for the operator alone.",
});

/** The query of a list; every value arrives as text. */
export const PageQuery = Type.Object(
  {
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: PAGE_LIMIT_MAX,
        default: PAGE_LIMIT_DEFAULT,
        description: "Entries per page.",
      }),
    ),
    cursor: Type.Optional(Type.String({ description: "The next_cursor of the previous page." })),
  },
  { additionalProperties: false },
);

export function list<Item extends TSchema>(item: Item) {
  return Type.Object(
    {
      data: Type.Array(item),
      has_more: Type.Boolean({ description: "Whether there is another page." }),
      next_cursor: Type.Union([Type.String(), Type.Null()], {
        description: "Gets the next page; null on the last.",
      }),
    },
    { additionalProperties: false },
  );
}

/** One of several strings. */
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
