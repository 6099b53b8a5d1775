/**
 * Events of subjects: persons whose data an account's jobs have. Streams are named `subject-<64 hex digits>`, after the
 * vault's name for the person, from which nobody finds the account's.
 */
import { type Static, Type } from "@sinclair/typebox";
import { streamName } from "./envelope.ts";
import { type EventSchema, eventType } from "./event_type.ts";

const streamOf = streamName("subject");
const PREFIX = "subject:";

/** The stream of a subject, by the vault's name. */
export function subjectStream(subject: string): string {
  return streamOf(subject.slice(PREFIX.length));
}

/** The vault's name for the subject that a stream belongs to. */
export function subjectNameOf(streamId: string): string {
  return `${PREFIX}${streamId.slice(streamOf("").length)}`;
}

export const SubjectErased = Type.Object({});
export type SubjectErased = Static<typeof SubjectErased>;

/** Every event type of the category; a stream has one event. */
export const subjectEvents = {
  "subject.erased": eventType(
    SubjectErased,
    "an account erased one of its subjects: their keys are destroyed, and what their jobs recorded about them cannot be read any more",
  ),
} as const satisfies Record<string, EventSchema>;
