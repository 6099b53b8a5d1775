/** What operators decided about a read model that an event had stopped. Streams are named `projection-<name>`. */
import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { streamName } from "./envelope.ts";
import { Count } from "./number.ts";

/** The stream of a read model, by its name. */
export const projectionStream = streamName("projection");

/** It goes on from the event that had stopped it; `meta.actor` says who decided so. */
export const ProjectionResumed = Type.Object({
  projection: Type.String({ minLength: 1, maxLength: 64 }),
  /** Of the projection: another version folds the event anew, whatever was decided here. */
  version: Count(1),
  /** The event that had stopped it: where the log holds it, and which it is. */
  position: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  event_id: Type.String(),
  /** Whether the event is passed over for good, by rebuilds too; else it is folded again. */
  skip: Type.Boolean(),
  reason: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })),
});
export type ProjectionResumed = Static<typeof ProjectionResumed>;

/** Every event type of the category, with its newest schema. */
export const projectionEvents = {
  "projection.resumed": ProjectionResumed,
} as const satisfies Record<string, TSchema>;
