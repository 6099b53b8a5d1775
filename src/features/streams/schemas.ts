/** The shapes of the feature's requests and responses. */
import { Type } from "@sinclair/typebox";
import { EventMeta } from "../../../events/envelope.ts";
import { jobStream } from "../../../events/job.ts";
import { component } from "../../http/document/components.ts";
import {
  AccountFilter,
  EXAMPLE_JOB_ID,
  JobId,
  oneOf,
  Position,
  Problem,
  Timestamp,
  Workflow,
} from "../../http/schema.ts";
import { type ClosedReason, closedReasons } from "../../http/stream/stream_end.ts";

export const StreamedEvent = component(
  "StreamedEvent",
  Type.Object(
    {
      position: Position,
      stream_id: Type.String({ examples: [jobStream(EXAMPLE_JOB_ID)] }),
      job_id: JobId,
      version: Type.Integer({ minimum: 1 }),
      type: Type.String({ examples: ["job.started"] }),
      data: Type.Unknown(),
      meta: EventMeta,
      recorded_at: Timestamp,
    },
    { additionalProperties: false, description: "The JSON in the data field of each event of a stream." },
  ),
);

export const StreamQuery = Type.Object(
  {
    after: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: "Events after this position of the log. Last-Event-ID takes precedence.",
      }),
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
  { ...StreamQuery.properties, workflow: Type.Optional(Workflow), account: Type.Optional(AccountFilter) },
  { additionalProperties: false },
);

export const SUBSCRIPTION_ID_MAX = 64;

const SubscriptionId = Type.String({
  minLength: 1,
  maxLength: SUBSCRIPTION_ID_MAX,
  description: "The client's name for the subscription, unique on its connection; by default the service chooses one.",
  examples: ["mine"],
});

/** What a client may send over a WebSocket, by type. */
export const socketRequests = {
  subscribe: Type.Object(
    {
      type: Type.Literal("subscribe"),
      id: Type.Optional(SubscriptionId),
      job_id: Type.Optional(JobId),
      all: Type.Optional(Type.Literal(true, { description: "All jobs. Give either this or `job_id`." })),
      workflow: Type.Optional(Workflow),
      types: Type.Optional(
        Type.Array(Type.String({ format: "job-event-type", examples: ["job.failed"] }), {
          minItems: 1,
          maxItems: 50,
          description: "Only these event types.",
        }),
      ),
      after: Type.Optional(
        Type.Integer({
          minimum: 0,
          description:
            "Events after this position of the log. Default: for one job from its first event, for all jobs from now on.",
        }),
      ),
    },
    { additionalProperties: false },
  ),
  unsubscribe: Type.Object({ type: Type.Literal("unsubscribe"), id: SubscriptionId }, { additionalProperties: false }),
  ping: Type.Object(
    { type: Type.Literal("ping"), id: Type.Optional(SubscriptionId) },
    { additionalProperties: false, description: "Answered by a `pong` with the same id." },
  ),
} as const;

export const SocketRequest = component(
  "SocketRequest",
  Type.Union(Object.values(socketRequests), {
    description: "A message from a client over a WebSocket.",
  }),
);

export const SocketMessage = component(
  "SocketMessage",
  Type.Union(
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
        { description: "A message from the client was rejected. The connection stays open." },
      ),
      Type.Object(
        {
          type: Type.Literal("closed"),
          id: Type.Optional(SubscriptionId),
          reason: oneOf(Object.keys(closedReasons) as ClosedReason[], "A stable code to branch on."),
          detail: Type.String({ description: "The same, for a person." }),
        },
        { description: "The service ends this subscription, or, without an id, the connection." },
      ),
    ],
    { description: "A message to a client over a WebSocket." },
  ),
);
