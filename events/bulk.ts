/**
 * What was done to many jobs at once. Streams are named `bulk-<UUID>`, one per operation. What happened to each job is
 * in its own history; `causation_id` refers back to here.
 */
import { type Static, Type } from "@sinclair/typebox";
import { streamName } from "./envelope.ts";
import { type EventSchema, eventType } from "./event_type.ts";

/** The stream of a bulk operation. */
export const bulkStream = streamName("bulk");

/** The filter: jobs that match every given condition. */
export const BulkFilter = Type.Object({
  status: Type.Optional(Type.String()),
  workflow: Type.Optional(Type.String()),
  error_code: Type.Optional(Type.String()),
  origin_job_id: Type.Optional(Type.String()),
  created_after: Type.Optional(Type.String()),
  created_before: Type.Optional(Type.String()),
});
export type BulkFilter = Static<typeof BulkFilter>;

/** Somebody asked for it; `meta.actor` says who. */
export const BulkStarted = Type.Object({
  action: Type.Union([Type.Literal("cancel"), Type.Literal("replay")]),
  filter: BulkFilter,
  /** Jobs that run anything else are beyond the caller's reach; absent: none are. */
  workflows: Type.Optional(Type.Array(Type.String())),
  /** For the history of each cancelled job. */
  reason: Type.Optional(Type.String()),
  /** Jobs submitted after this position of the log are left alone, including those that the operation creates. */
  until_position: Type.Integer({ minimum: 0 }),
});
export type BulkStarted = Static<typeof BulkStarted>;

/** All jobs that it is about have been gone through. */
export const BulkFinished = Type.Object({
  /** Jobs that fulfilled the filter when it was begun, or taken up again. */
  matched: Type.Integer({ minimum: 0 }),
  /** Jobs that were cancelled, or new jobs that were created. */
  changed: Type.Integer({ minimum: 0 }),
  /** Jobs that had changed in the meantime, or had already been replayed by the same operation. */
  unchanged: Type.Integer({ minimum: 0 }),
  /** Jobs that could not be processed because of a fault of their own. */
  failed: Type.Integer({ minimum: 0 }),
});
export type BulkFinished = Static<typeof BulkFinished>;

/** Every event type of the category; a stream begins with the first. */
export const bulkEvents = {
  "bulk.started": eventType(BulkStarted, "somebody asked to cancel or replay all jobs that match a filter"),
  "bulk.finished": eventType(BulkFinished, "all matching jobs have been processed"),
} as const satisfies Record<string, EventSchema>;
