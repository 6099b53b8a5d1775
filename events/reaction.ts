/** What operators decided about a reaction that an event had stopped. Streams are named `reaction-<name>`. */
import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { streamName } from "./envelope.ts";
import { Count } from "./number.ts";

/** The stream of a reaction, by its name. */
export const reactionStream = streamName("reaction");

/** It goes on from the event that had stopped it; `meta.actor` says who decided so. */
export const ReactionResumed = Type.Object({
  reaction: Type.String({ minLength: 1, maxLength: 63 }),
  /** Of the reaction, when it was stopped. */
  version: Count(1),
  /** The event that had stopped it: where the log holds it, and which it is. */
  position: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  event_id: Type.String(),
  /** Whether the event is passed over; else it is reacted to again. */
  skip: Type.Boolean(),
  reason: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })),
});
export type ReactionResumed = Static<typeof ReactionResumed>;

/** Every event type of the category, with its newest schema. */
export const reactionEvents = {
  "reaction.resumed": ReactionResumed,
} as const satisfies Record<string, TSchema>;
