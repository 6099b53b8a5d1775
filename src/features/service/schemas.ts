/** The shapes of the feature's requests and answers. */
import { Type } from "@sinclair/typebox";
import { component } from "../../http/document/components.ts";
import { oneOf, Position, UnixSeconds } from "../../http/schema.ts";

export const Root = component(
  "Root",
  Type.Object(
    {
      ok: Type.Literal(true),
      service: Type.Literal("levqor-backend"),
      version: Type.String({ examples: ["0.1.0"] }),
      build: Type.String({ description: "The commit or build that is running.", examples: ["dev"] }),
    },
    { additionalProperties: false },
  ),
);

export const Health = component(
  "Health",
  Type.Object({ ok: Type.Literal(true), ts: UnixSeconds }, { additionalProperties: false }),
);

export const ProblemDescription = component(
  "ProblemDescription",
  Type.Object(
    {
      error: Type.String({ examples: ["job_not_found"] }),
      status: Type.Integer(),
      title: Type.String(),
      help: Type.String({ description: "What it means and how to mend it." }),
    },
    { additionalProperties: false },
  ),
);

export const PublicMetrics = component(
  "PublicMetrics",
  Type.Object(
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
        description:
          "Jobs submitted since 00:00 UTC: the job.submitted events of the day, without those of jobs that the service gave itself.",
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
  ),
);

const TextId = Type.String({ description: "Stays the same when the text changes.", examples: ["accounted_for"] });

const LineText = Type.String({ description: "A sentence or two.", examples: ["The rest is made from the log again."] });

export const MarketingSummary = component(
  "MarketingSummary",
  Type.Object(
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
  ),
);

const Lag = Type.Integer({ minimum: 0, description: "Events behind the log's head." });

export const ProjectionName = Type.String({
  minLength: 1,
  maxLength: 64,
  description: "A read model, as GET /api/v1/ops/health names it.",
  examples: ["jobs"],
});

/** What is asked for where something goes on that an event stopped. */
function resumption() {
  return Type.Object(
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
        Type.String({
          minLength: 1,
          maxLength: 1024,
          description: "For the record.",
          examples: ["Its time cannot be."],
        }),
      ),
    },
    { additionalProperties: false, examples: [{ skip: 1042, reason: "Its time cannot be." }] },
  );
}

/** What is told of it. */
const resumed = {
  stopped_at: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
    description: "The position of the event that had stopped it; null: none had.",
  }),
  skipped: Type.Boolean({ description: "Whether that event is passed over for good." }),
};

export const ProjectionResume = component("ProjectionResume", resumption());

export const ProjectionResumed = component(
  "ProjectionResumed",
  Type.Object(
    {
      name: ProjectionName,
      version: Type.Integer({ minimum: 1 }),
      ...resumed,
    },
    { additionalProperties: false },
  ),
);

export const ReactionName = Type.String({
  minLength: 1,
  maxLength: 63,
  description: "A reaction, as GET /api/v1/ops/health names it.",
  examples: ["support_mail"],
});

export const ReactionResume = component("ReactionResume", resumption());

export const ReactionResumed = component(
  "ReactionResumed",
  Type.Object(
    {
      name: ReactionName,
      ...resumed,
    },
    { additionalProperties: false },
  ),
);

export const OpsHealth = component(
  "OpsHealth",
  Type.Object(
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
      reactions: Type.Union(
        [
          Type.Array(
            Type.Object({
              ok: Type.Boolean({ description: "False where an event stopped it, or no process can run it." }),
              name: Type.String({ examples: ["support_mail"] }),
              version: Type.Integer({ minimum: 1 }),
              state: oneOf(
                ["running", "poisoned", "standby", "stopped"],
                "What the process that answers does with it; `standby`: another one runs it.",
              ),
              position: Position,
              lag: Lag,
              stopped_at: Type.Union([Position, Type.Null()], { description: "The event that stopped it." }),
            }),
          ),
          Type.Null(),
        ],
        {
          description: "What follows from events by itself, such as a mail; null where the database cannot be reached.",
        },
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
  ),
);
