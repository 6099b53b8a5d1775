/** The shapes of the feature's requests and responses. */
import { type Static, Type } from "@sinclair/typebox";
import { EventMeta } from "../../../events/envelope.ts";
import { jobStream } from "../../../events/job.ts";
import { categories } from "../../../events/mod.ts";
import { component } from "../../http/document/components.ts";
import { EXAMPLE_JOB_ID, list, oneOf, PageQuery, Position, PRINTABLE, Timestamp } from "../../http/schema.ts";

const STREAM = jobStream(EXAMPLE_JOB_ID);

export const EventId = Type.String({
  description: "The event's stream and version.",
  examples: [`${STREAM}@1`],
});

export const LogEvent = component(
  "LogEvent",
  Type.Object(
    {
      event_id: EventId,
      position: Position,
      stream_id: Type.String({ description: "The stream, the entity whose history this is.", examples: [STREAM] }),
      version: Type.Integer({ minimum: 1, description: "The event's place in its stream." }),
      type: Type.String({ examples: ["job.submitted"] }),
      schema_version: Type.Integer({ minimum: 1, description: "The version of the schema of `data`." }),
      data: Type.Unknown({ description: "Exactly as recorded." }),
      meta: EventMeta,
      recorded_at: Timestamp,
    },
    {
      additionalProperties: false,
      examples: [
        {
          event_id: `${STREAM}@1`,
          position: 1040,
          stream_id: STREAM,
          version: 1,
          type: "job.submitted",
          schema_version: 1,
          data: { workflow: "http", payload: { method: "GET", url: "https://example.com/" } },
          meta: { actor: "anonymous", correlation_id: EXAMPLE_JOB_ID },
          recorded_at: "2026-01-15T09:30:00.123456Z",
        },
      ],
    },
  ),
);

export const LogEventList = component("LogEventList", list(LogEvent));

const Progress = Type.Object(
  {
    progress: Type.Object(
      {
        position: Type.Integer({ minimum: 0, description: "The last position of the log that was searched." }),
        until: Type.Integer({ minimum: 0, description: "The position at which the export ends." }),
        events: Type.Integer({ minimum: 0, description: "Events written so far." }),
        finished: Type.Boolean(),
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);

export const ExportLine = component(
  "ExportLine",
  Type.Union([LogEvent, Progress], { description: "A line of an NDJSON export: an event, or the progress so far." }),
);

const text = (description: string, example: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 300, pattern: PRINTABLE, description, examples: [example] }));

/** Which events to include: those that match all given conditions. */
const filter = {
  types: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 2_048,
      format: "event-types",
      description: "Only these event types, separated by commas.",
      examples: ["key.created,key.revoked"],
    }),
  ),
  category: Type.Optional(
    oneOf(categories, "Only streams of this category: the part of their ids before the first hyphen."),
  ),
  stream: Type.Optional(
    Type.String({
      maxLength: 300,
      format: "stream-id",
      description: "Only this stream: a category, a hyphen and an id.",
      examples: [STREAM],
    }),
  ),
  actor: text("Only events caused by this actor.", "anonymous"),
  account: text("Only events of this account.", "org:0197a1f2-4a6b-7c1d-8e2f-3a4b5c6d7e8f"),
  subject: text(
    "Only events with personal data of this subject, as meta.subject names them.",
    "user:0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
  ),
  request_id: text("Only events caused by this HTTP request.", "7f1c2a9e-52b0-4a53-9a0e-6d1f0c3b8e21"),
};
const period = {
  from: Type.Optional(
    Type.String({
      format: "date-time",
      description: "Recorded at this time or later.",
      examples: ["2026-01-15T00:00:00Z"],
    }),
  ),
  until: Type.Optional(
    Type.String({ format: "date-time", description: "Recorded before this time.", examples: ["2026-01-16T00:00:00Z"] }),
  ),
};
const after = {
  after: Type.Optional(
    Type.Integer({ minimum: 0, description: "Events after this position of the log.", examples: [1042] }),
  ),
};

export type EventFilter = Static<ReturnType<typeof filterOf>>;

function filterOf() {
  return Type.Object({ ...filter, ...period }, { additionalProperties: false });
}

export const EventListQuery = Type.Object(
  { ...PageQuery.properties, ...after, ...filter, ...period },
  { additionalProperties: false },
);

export const EventStreamQuery = Type.Object({ ...after, ...filter }, { additionalProperties: false });

export const EventExportQuery = Type.Object(
  {
    format: Type.Optional(oneOf(["ndjson", "csv"], "Default: `ndjson`, one JSON text per line.")),
    progress: Type.Optional(oneOf(["true", "false"], "Adds lines that report progress. Only for `ndjson`.")),
    ...after,
    ...filter,
    ...period,
  },
  { additionalProperties: false },
);
