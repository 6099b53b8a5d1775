/** The shapes of the feature's requests and responses. */
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
      help: Type.String({ description: "What it means and how to fix it." }),
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
          "Percentage of whole minutes, since 7 days ago or the first recorded start, whichever is later, in which at least one instance recorded a start or a heartbeat. 100 in the very first minute.",
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
          "Percentage of all recorded events that name who acted and which action they belong to (actor and correlation id).",
        examples: [100],
      }),
      last_updated: Type.Union([UnixSeconds, Type.Null()], {
        description:
          "When the last event included in these figures was recorded, in Unix seconds; null if there is none.",
        examples: [1768469400],
      }),
    },
    { additionalProperties: false },
  ),
);

const TextId = Type.String({ description: "Stays the same when the text changes.", examples: ["accounted_for"] });

const LineText = Type.String({
  description: "A sentence or two.",
  examples: ["Levqor runs AI-automation jobs and records every step as an event in an append-only log."],
});

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
            label: Type.String({ description: "The text of a button." }),
            href: Type.String({ description: "A path of this service, or an https URL." }),
          },
          { additionalProperties: false },
        ),
        { description: "What a visitor can do next." },
      ),
      selling_points: Type.Array(
        Type.Object(
          { id: TextId, title: Type.String({ description: "A few words." }), text: LineText },
          { additionalProperties: false },
        ),
        { description: "What customers get." },
      ),
      figures: PublicMetrics,
    },
    { additionalProperties: false },
  ),
);

const Lag = Type.Integer({ minimum: 0, description: "How many events it is behind the log's head." });

export const ProjectionName = Type.String({
  minLength: 1,
  maxLength: 64,
  description: "A read model, as GET /api/v1/ops/health names it.",
  examples: ["jobs"],
});

/** The request to resume what an event stopped. */
function resumption() {
  return Type.Object(
    {
      skip: Type.Optional(
        Type.Integer({
          minimum: 1,
          maximum: Number.MAX_SAFE_INTEGER,
          description: "The position of the event that stopped it, which is then skipped for good. Needs a `reason`.",
          examples: [1042],
        }),
      ),
      reason: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 1024,
          description: "A reason, for the record.",
          examples: ["Its time is invalid."],
        }),
      ),
    },
    { additionalProperties: false, examples: [{ skip: 1042, reason: "Its time is invalid." }] },
  );
}

/** The response to it. */
const resumed = {
  stopped_at: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], {
    description: "The position of the event that had stopped it; null if none had.",
  }),
  skipped: Type.Boolean({ description: "Whether that event is skipped for good." }),
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

/** Why a read model or a reaction is stopped. */
const stop = {
  stopped_at: Type.Union([Position, Type.Null()], { description: "The event that stopped it." }),
  how_to_fix: Type.Union([Type.String(), Type.Null()], { description: "How to resume it; null if nothing stops it." }),
};

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
          description: "Of the queries behind this response.",
        }),
      }),
      bus: Type.Object({
        ok: Type.Boolean(),
        kind: oneOf(["in_process", "jetstream"], "How events reach other processes."),
        connected: Type.Boolean(),
        position: Position,
        lag: Type.Union([Lag, Type.Null()], { description: "Recorded events that are not on the bus yet." }),
      }),
      projections: Type.Union(
        [
          Type.Array(
            Type.Object({
              ok: Type.Boolean({ description: "False if an event stopped it, or no process can run it." }),
              name: Type.String({ examples: ["jobs"] }),
              version: Type.Integer({ minimum: 1 }),
              state: oneOf(
                ["running", "building", "poisoned", "standby", "stopped"],
                "What the responding process does with it; `standby`: another one runs it.",
              ),
              live: Type.Boolean({ description: "Whether queries use this version." }),
              position: Position,
              lag: Lag,
              ...stop,
            }),
          ),
          Type.Null(),
        ],
        { description: "The read models; null if the database is unreachable." },
      ),
      reactions: Type.Union(
        [
          Type.Array(
            Type.Object({
              ok: Type.Boolean({ description: "False if an event stopped it, or no process can run it." }),
              name: Type.String({ examples: ["support_mail"] }),
              version: Type.Integer({ minimum: 1 }),
              state: oneOf(
                ["running", "poisoned", "standby", "stopped"],
                "What the responding process does with it; `standby`: another one runs it.",
              ),
              position: Position,
              lag: Lag,
              ...stop,
            }),
          ),
          Type.Null(),
        ],
        {
          description:
            "What the service does automatically after an event, such as sending a mail; null if the database is unreachable.",
        },
      ),
      schedules: Type.Union(
        [
          Type.Object({
            ok: Type.Boolean({ description: "False if a run is due and nothing fires it." }),
            leader: Type.Union([Type.String(), Type.Null()], { description: "The instance that fires schedules." }),
            active: Type.Integer({ minimum: 0 }),
            lag_seconds: Type.Number({ minimum: 0, description: "How long the first due run has been due." }),
          }),
          Type.Null(),
        ],
        { description: "Recurring schedules." },
      ),
      queue: Type.Union(
        [
          Type.Object({
            queued: Type.Integer({ minimum: 0 }),
            max_queued: Type.Integer({ minimum: 1, description: "At this many, intake responds with 429 queue_full." }),
            running: Type.Integer({ minimum: 0 }),
          }),
          Type.Null(),
        ],
        { description: "Jobs that have not finished." },
      ),
    },
    { description: "The state of every part; null if it cannot be determined." },
  ),
);
