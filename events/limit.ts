/**
 * What a limit let run. Streams are named `limit-<32 hex digits>`, one for each workflow with a limit and each
 * concurrency key in use. The newest event says all: who is on the list, and when the rate is spent. A job on the list
 * holds a slot as long as its own history says that it runs that attempt; after that its entry counts for nothing.
 */
import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { streamName } from "./envelope.ts";
import { Time } from "./time.ts";

/** The stream of a limit, by a digest of its name. */
export const limitStream = streamName("limit");

/** A job's attempt was let run: recorded in one commit with its `job.started`. */
export const LimitGranted = Type.Object({
  workflow: Type.String(),
  /** Absent: the limit is the whole workflow's. */
  concurrency_key: Type.Optional(Type.String()),
  /** The user among whose jobs the key counts; absent: it is shared. */
  key_owner: Type.Optional(Type.String()),
  job_id: Type.String(),
  attempt: Type.Integer({ minimum: 1 }),
  /** Attempts by job id, this one among them. Those that have ended since are left out where they are known. */
  holders: Type.Record(Type.String(), Type.Integer({ minimum: 1 })),
  /** Where starts are limited in number by time (GCRA). */
  rate: Type.Optional(
    Type.Object({
      /** The theoretical arrival time of the next start: RFC 3339, UTC. */
      tat: Time,
      /** Between two starts. Where this event was recorded late, `tat` is this long after that at least. */
      interval_seconds: Type.Number({ exclusiveMinimum: 0 }),
    }),
  ),
});
export type LimitGranted = Static<typeof LimitGranted>;

/** Every event type of the category, with its newest schema. */
export const limitEvents = {
  "limit.granted": LimitGranted,
} as const satisfies Record<string, TSchema>;
