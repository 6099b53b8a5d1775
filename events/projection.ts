/** What operators decided about a read model stopped by an event. Streams are named `projection-<name>`. */
import { type Static, Type } from "@sinclair/typebox";
import { streamName } from "./envelope.ts";
import { type EventSchema, eventType } from "./event_type.ts";
import { Count } from "./number.ts";

/** The stream of a read model, by its name. */
export const projectionStream = streamName("projection");

/** It was resumed at the event that had stopped it; `meta.actor` says by whom. */
export const ProjectionResumed = Type.Object({
  projection: Type.String({ minLength: 1, maxLength: 64 }),
  /** Of the projection: another version folds the event again, whatever was decided here. */
  version: Count(1),
  /** The event that had stopped it: its position and its id. */
  position: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  event_id: Type.String(),
  /** Whether the event is skipped for good, including by rebuilds; otherwise it is folded again. */
  skip: Type.Boolean(),
  reason: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })),
});
export type ProjectionResumed = Static<typeof ProjectionResumed>;

/** Every event type of the category; a stream begins with the first. */
export const projectionEvents = {
  "projection.resumed": eventType(
    ProjectionResumed,
    "an operator resumed a read model that had stopped at an event: retrying that event, or skipping it for good",
  ),
} as const satisfies Record<string, EventSchema>;
