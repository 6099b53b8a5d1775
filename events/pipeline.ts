/**
 * What a pipeline is, and what can happen to a stored one. Streams are named `pipeline-<name>`; a pipeline's version is
 * the version of its stream.
 *
 * Texts may hold **expressions**, `{{ steps.fetch.output.body.id }}`: see `src/domain/pipeline/expression.ts`.
 */
import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { Backoff } from "./backoff.ts";
import { streamName } from "./envelope.ts";

/** The stream of a pipeline, by its name. */
export const pipelineStream = streamName("pipeline");

/** The bounds of a pipeline; the schemas below state and enforce them. */
export const MAX_STEPS = 50;
/** Of one for_each. */
export const MAX_ITEMS = 1_000;
export const MAX_PARALLEL = 32;
export const MAX_SLEEP_SECONDS = 31_536_000;

/** The format that definitions are written in; another one gets another number. */
export const PIPELINE_FORMAT = 1;

/** What a name must be, so that it can stand in paths, subjects and stream ids as it is. */
export const PipelineName = Type.String({
  pattern: "^[a-z0-9][a-z0-9_-]{0,127}$",
  description: "1 to 128 lower-case letters, digits, `-` and `_`: the workflow name that runs it.",
  examples: ["welcome-users"],
});

const StepId = Type.String({
  pattern: "^[a-z][a-z0-9_]{0,63}$",
  description: "1 to 64 lower-case letters, digits and `_`, beginning with a letter; each once in a pipeline.",
  examples: ["fetch"],
});

const Expression = (description: string, example: string) =>
  Type.String({ minLength: 1, maxLength: 2048, description, examples: [example] });

const StepRetry = Type.Object(
  {
    max_attempts: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    backoff: Type.Optional(Backoff),
  },
  {
    additionalProperties: false,
    description:
      "How often the connector is tried where its failure may pass, and how long to wait in between: as `max_attempts` and `backoff` of a job. Absent: as the connector has it, or the service.",
  },
);

const ForEach = Type.Object(
  {
    items: Expression(
      `One expression that gives a list of at most ${MAX_ITEMS} items; in \`with\`, \`item\` is the item and \`index\` its place from 0.`,
      "{{ steps.fetch.output.body.users }}",
    ),
    max_parallel: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_PARALLEL,
        default: 1,
        description:
          "Items that run at the same time; fewer where the inputs of those that run would take more than 4,000,000 characters together, one at least.",
      }),
    ),
  },
  {
    additionalProperties: false,
    description:
      "Runs the step once for each item; its output is the list of outputs. The steps of one job are run 10,000 times in all, each item and each repetition counted; then it fails with `too_many_step_runs`.",
  },
);

const Sleep = Type.Object(
  {
    seconds: Type.Optional(
      Type.Number({ minimum: 0, maximum: MAX_SLEEP_SECONDS, description: "From the moment that the step is reached." }),
    ),
    until: Type.Optional(
      Expression(
        "A time in RFC 3339 with an offset, which is checked at once, or an expression that gives one, which fails the step where it does not; at most 365 days ahead. The past means now.",
        "{{ payload.send_at }}",
      ),
    ),
  },
  { additionalProperties: false, description: "Waits, without a worker: exactly one of `seconds` and `until`." },
);

const WaitForApproval = Type.Object(
  {
    message: Expression("What is to be approved, for a person.", "Send {{ size(payload.users) }} mails?"),
    timeout_seconds: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        maximum: MAX_SLEEP_SECONDS,
        default: 604_800,
        description: "A week by default.",
      }),
    ),
    on_timeout: Type.Optional(
      Type.Union([Type.Literal("fail"), Type.Literal("continue")], {
        default: "fail",
        description: "What an approval that nobody gave in time means; `continue`: it is taken as given.",
      }),
    ),
    not_by_submitter: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          "Whether somebody else than the job's submitter must approve. Whoever submitted what it runs again, or defined the schedule that submitted it, counts as its submitter, and so does whoever acts for them: with a key that they issued, for example.",
      }),
    ),
  },
  {
    additionalProperties: false,
    description: "Waits, without a worker, until somebody approves or rejects: a rejection fails the job.",
  },
);

export const Step = Type.Object(
  {
    id: StepId,
    uses: Type.Optional(
      Type.String({ minLength: 1, maxLength: 128, description: "The connector to run.", examples: ["http"] }),
    ),
    with: Type.Optional(
      Type.Unsafe<Record<string, unknown>>(
        Type.Object(
          {},
          {
            additionalProperties: true,
            description: "The connector's input. Any text in it may hold expressions.",
            examples: [{ url: "https://example.com/users/{{ url_encode(payload.id) }}" }],
          },
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
        description: "For one try; the job's attempt_timeout_seconds by default.",
      }),
    ),
    for_each: Type.Optional(ForEach),
    sleep: Type.Optional(Sleep),
    wait_for_approval: Type.Optional(WaitForApproval),
  },
  {
    additionalProperties: false,
    description: "Exactly one of `uses`, `sleep` and `wait_for_approval` says what the step does.",
  },
);
export type Step = Static<typeof Step>;

export const Steps = Type.Array(Step, { minItems: 1, maxItems: MAX_STEPS, description: "Run in this order." });
export type Steps = Static<typeof Steps>;

/** The connectors that steps use, each once. */
export function usesOf(steps: readonly { readonly uses?: string | undefined }[] | null | undefined): string[] {
  return [...new Set((steps ?? []).flatMap(({ uses }) => uses ?? []))];
}

export const PipelineDefinition = Type.Object(
  {
    format: Type.Literal(PIPELINE_FORMAT, { description: "Of this description." }),
    description: Type.Optional(Type.String({ maxLength: 1024 })),
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

/** Every event type of the category, with its newest schema. */
export const pipelineEvents = {
  "pipeline.created": PipelineCreated,
  "pipeline.updated": PipelineUpdated,
} as const satisfies Record<string, TSchema>;
