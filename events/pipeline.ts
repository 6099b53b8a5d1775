/**
 * What a pipeline is, and what can happen to a stored one. Streams are named `pipeline-<account>/<name>`, the operator's
 * `pipeline-<name>`; a pipeline's version is the version of its stream.
 *
 * Strings can contain **expressions**, `{{ steps.fetch.output.body.id }}`: see `src/domain/pipeline/expression.ts`.
 */
import { type Static, Type } from "@sinclair/typebox";
import { OPERATOR } from "./account.ts";
import { Backoff } from "./backoff.ts";
import { entityId, streamName } from "./envelope.ts";
import { type EventSchema, eventType } from "./event_type.ts";
import { personalIfSubject } from "./personal.ts";

/** A stored pipeline: its name is its account's own. */
export interface PipelineId {
  readonly account: string;
  readonly name: string;
}

/** The streams of pipelines. */
export const pipelineStreams = streamName("pipeline");

/** The stream of a pipeline. */
export function pipelineStream({ account, name }: PipelineId): string {
  return pipelineStreams(account === OPERATOR ? name : `${account}/${name}`);
}

/** The pipeline that a stream belongs to. */
export function pipelineOf(streamId: string): PipelineId {
  const id = entityId(streamId);
  const [account, name] = id.split("/") as [string, string?];
  return name === undefined ? { account: OPERATOR, name: id } : { account, name };
}

/** The limits of a pipeline; the schemas below state and enforce them. */
export const MAX_STEPS = 50;
/** Of one for_each. */
export const MAX_ITEMS = 1_000;
export const MAX_PARALLEL = 32;
export const MAX_SLEEP_SECONDS = 31_536_000;

/** The format of definitions; an incompatible one gets another number. */
export const PIPELINE_FORMAT = 1;

/** What a name must look like, so that it can be used in paths, subjects and stream ids. */
export const PipelineName = Type.String({
  pattern: "^[a-z0-9][a-z0-9_-]{0,127}$",
  description: "1 to 128 lower-case letters, digits, `-` and `_`: the workflow name under which jobs run it.",
  examples: ["welcome-users"],
});

const StepId = Type.String({
  pattern: "^[a-z][a-z0-9_]{0,63}$",
  description: "1 to 64 lower-case letters, digits and `_`, starting with a letter; unique within the pipeline.",
  examples: ["fetch"],
});

/** It may name a person outright: to compare with, or to show. */
const Expression = (description: string, example: string) =>
  personalIfSubject(Type.String({ minLength: 1, maxLength: 2048, description, examples: [example] }));

const StepRetry = Type.Object(
  {
    max_attempts: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    backoff: Type.Optional(Backoff),
  },
  {
    additionalProperties: false,
    description:
      "How many times to run the connector if its error is retryable, and how long to wait in between: like `max_attempts` and `backoff` of a job. Default: the connector's own, or else the service's.",
  },
);

const ForEach = Type.Object(
  {
    items: Expression(
      `One expression that returns a list of at most ${MAX_ITEMS} items; in \`with\`, \`item\` is the item and \`index\` its index, starting at 0.`,
      "{{ steps.fetch.output.body.users }}",
    ),
    max_parallel: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_PARALLEL,
        default: 1,
        description:
          "How many items run at once; fewer, but at least one, if their inputs would exceed 4,000,000 characters together.",
      }),
    ),
  },
  {
    additionalProperties: false,
    description:
      "Runs the step once for each item; its output is the list of outputs. The steps of one job run at most 10,000 times in total, counting each item and each retry; beyond that it fails with `too_many_step_runs`.",
  },
);

const Sleep = Type.Object(
  {
    seconds: Type.Optional(
      Type.Number({ minimum: 0, maximum: MAX_SLEEP_SECONDS, description: "From when the step is reached." }),
    ),
    until: Type.Optional(
      Expression(
        "A time in RFC 3339 with an offset, which is checked when it is stored, or an expression that returns one, checked when the step runs; at most 365 days ahead. A time in the past means now.",
        "{{ payload.send_at }}",
      ),
    ),
  },
  {
    additionalProperties: false,
    description: "Waits, without occupying a worker: exactly one of `seconds` and `until`.",
  },
);

const WaitForApproval = Type.Object(
  {
    message: Expression("What is to be approved, as text for a person.", "Send {{ size(payload.users) }} mails?"),
    timeout_seconds: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: MAX_SLEEP_SECONDS,
        default: 604_800,
        description: "Default: a week.",
      }),
    ),
    on_timeout: Type.Optional(
      Type.Union([Type.Literal("fail"), Type.Literal("continue")], {
        default: "fail",
        description: "What happens if nobody decides in time; with `continue`, the step counts as approved.",
      }),
    ),
    not_by_submitter: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          "Whether somebody other than the job's submitter must approve. The submitter of the job's origin, anyone who has defined the schedule that submitted it, and anyone acting for one of them (with a key that they issued, for example) count as the submitter.",
      }),
    ),
  },
  {
    additionalProperties: false,
    description: "Waits, without occupying a worker, until somebody approves or rejects; a rejection fails the job.",
  },
);

export const Step = Type.Object(
  {
    id: StepId,
    uses: Type.Optional(
      Type.String({ minLength: 1, maxLength: 128, description: "The connector to run.", examples: ["http"] }),
    ),
    with: Type.Optional(
      personalIfSubject(
        Type.Unsafe<Record<string, unknown>>(
          Type.Object(
            {},
            {
              additionalProperties: true,
              description: "The connector's input. Any string in it can contain expressions.",
              examples: [{ url: "https://example.com/users/{{ url_encode(payload.id) }}" }],
            },
          ),
        ),
      ),
    ),
    if: Type.Optional(
      Expression("The step is skipped unless this one expression is true.", "{{ steps.fetch.output.status == 200 }}"),
    ),
    retry: Type.Optional(StepRetry),
    timeout_seconds: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: 86_400,
        description: "For one run of the step; default: the job's attempt_timeout_seconds.",
      }),
    ),
    for_each: Type.Optional(ForEach),
    sleep: Type.Optional(Sleep),
    wait_for_approval: Type.Optional(WaitForApproval),
  },
  {
    additionalProperties: false,
    description: "Exactly one of `uses`, `sleep` and `wait_for_approval` sets what the step does.",
  },
);
export type Step = Static<typeof Step>;

export const Steps = Type.Array(Step, {
  minItems: 1,
  maxItems: MAX_STEPS,
  description: "The steps, in the order in which they run.",
});
export type Steps = Static<typeof Steps>;

/** The connectors that steps use, without duplicates. */
export function usesOf(steps: readonly { readonly uses?: string | undefined }[] | null | undefined): string[] {
  return [...new Set((steps ?? []).flatMap(({ uses }) => uses ?? []))];
}

export const PipelineDefinition = Type.Object(
  {
    format: Type.Literal(PIPELINE_FORMAT, { description: "The version of the pipeline format." }),
    description: Type.Optional(Type.String({ maxLength: 1024 })),
    published: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          "Only of the operator's pipelines: whether jobs of all accounts can run it under its name. In an account with a pipeline of that name, jobs run that one.",
      }),
    ),
    steps: Steps,
  },
  { additionalProperties: false },
);
export type PipelineDefinition = Static<typeof PipelineDefinition>;

export const PipelineCreated = Type.Object({ definition: PipelineDefinition });
export type PipelineCreated = Static<typeof PipelineCreated>;

/** Jobs that have started keep the version that they started with. */
export const PipelineUpdated = Type.Object({ definition: PipelineDefinition });
export type PipelineUpdated = Static<typeof PipelineUpdated>;

/** Every event type of the category; a stream begins with the first. */
export const pipelineEvents = {
  "pipeline.created": eventType(PipelineCreated, "a pipeline was stored: its first version"),
  "pipeline.updated": eventType(PipelineUpdated, "a new version of the pipeline was stored"),
} as const satisfies Record<string, EventSchema>;
