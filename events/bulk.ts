/**
 * What was done to many jobs at once. Streams are named `bulk-<UUID>`, one for each operation. What became of each job is
 * in its own history; `causation_id` leads from there to here.
 */
import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { streamName } from "./envelope.ts";

/** The stream of a bulk operation. */
export const bulkStream = streamName("bulk");

/** Which jobs it is about: those that fulfil every condition that is named. */
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
  /** Jobs that run anything else lie beyond the reach of whoever asked; absent: none do. */
  workflows: Type.Optional(Type.Array(Type.String())),
  /** For the history of each job that is cancelled. */
  reason: Type.Optional(Type.String()),
  /** Jobs submitted after this position of the log are left alone: what it brings forth itself among them. */
  until_position: Type.Integer({ minimum: 0 }),
});
export type BulkStarted = Static<typeof BulkStarted>;

/** All jobs that it is about have been gone through. */
export const BulkFinished = Type.Object({
  /** Jobs that fulfilled the filter when it was begun, or taken up again. */
  matched: Type.Integer({ minimum: 0 }),
  /** Jobs that were cancelled, or new jobs that were made. */
  changed: Type.Integer({ minimum: 0 }),
  /** Jobs that had changed meanwhile, or been replayed before by the same operation. */
  unchanged: Type.Integer({ minimum: 0 }),
  /** Jobs with which nothing could be done for a fault of their own. */
  failed: Type.Integer({ minimum: 0 }),
});
export type BulkFinished = Static<typeof BulkFinished>;

/** Every event type of the category, with its newest schema. */
export const bulkEvents = {
  "bulk.started": BulkStarted,
  "bulk.finished": BulkFinished,
} as const satisfies Record<string, TSchema>;
