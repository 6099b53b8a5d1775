/**
 * The attempts that a limit let start. Streams are named `limit-<32 hex digits>`, one for each workflow with a limit
 * and each concurrency key in use. The newest event has the whole state: who is on the list, and how much of the rate
 * is used. A job on the list holds a permit as long as its own history says that it is running that attempt; after that
 * its entry has no effect.
 */
import { type Static, Type } from "@sinclair/typebox";
import { streamName } from "./envelope.ts";
import { type EventSchema, eventType } from "./event_type.ts";
import { Time } from "./time.ts";

/** The stream of a limit, by a digest of its name. */
export const limitStream = streamName("limit");

/** A job's attempt was allowed to start: recorded in one commit with its `job.started`. */
export const LimitGranted = Type.Object({
  workflow: Type.String(),
  /** Absent: the limit applies to the whole workflow. */
  concurrency_key: Type.Optional(Type.String()),
  job_id: Type.String(),
  attempt: Type.Integer({ minimum: 1 }),
  /** Attempts by job id, including this one. Those known to have ended since are left out. */
  holders: Type.Record(Type.String(), Type.Integer({ minimum: 1 })),
  /** If the rate of starts is limited (GCRA). */
  rate: Type.Optional(
    Type.Object({
      /** The theoretical arrival time of the next start: RFC 3339, UTC. */
      tat: Time,
      /** Between two starts. If this event was recorded late, `tat` is at least this long after that. */
      interval_seconds: Type.Number({ exclusiveMinimum: 0 }),
    }),
  ),
});
export type LimitGranted = Static<typeof LimitGranted>;

/** Every event type of the category; a stream begins with the first. */
export const limitEvents = {
  "limit.granted": eventType(
    LimitGranted,
    "a limit let an attempt start; recorded in the same commit as the start, with the other holders on its list",
  ),
} as const satisfies Record<string, EventSchema>;
