/** What operators decided about a reaction stopped by an event. Streams are named `reaction-<name>`. */
import { type Static, Type } from "@sinclair/typebox";
import { streamName } from "./envelope.ts";
import { type EventSchema, eventType } from "./event_type.ts";
import { Count } from "./number.ts";

/** The stream of a reaction, by its name. */
export const reactionStream = streamName("reaction");

/** It was resumed at the event that had stopped it; `meta.actor` says by whom. */
export const ReactionResumed = Type.Object({
  reaction: Type.String({ minLength: 1, maxLength: 63 }),
  /** Of the reaction, when it was stopped. */
  version: Count(1),
  /** The event that had stopped it: its position and its id. */
  position: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  event_id: Type.String(),
  /** Whether the event is skipped; otherwise it is handled again. */
  skip: Type.Boolean(),
  reason: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })),
});
export type ReactionResumed = Static<typeof ReactionResumed>;

/** Every event type of the category; a stream begins with the first. */
export const reactionEvents = {
  "reaction.resumed": eventType(
    ReactionResumed,
    "an operator resumed a reaction that had stopped at an event: retrying that event, or skipping it",
  ),
} as const satisfies Record<string, EventSchema>;
