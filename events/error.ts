/**
 * What happens to errors that browsers and programs report. A stream holds a group of reports that are of one error, and is named
 * `error-<32 hex digits>` by its fingerprint. Its newest event says how the group stands.
 */
import { type Static, Type } from "@sinclair/typebox";
import { streamName } from "./envelope.ts";
import { type EventSchema, eventType } from "./event_type.ts";
import { Count } from "./number.ts";

/** The stream of a group. */
export const errorStream = streamName("error");

/** The most that each part of a report may hold, in characters; of a stack, frames. */
export const ERROR_MAX = { source: 64, type: 128, message: 1_000, frames: 20, name: 200, release: 64 } as const;

export const ErrorFrame = Type.Object({
  /** The function's name, where it has one. */
  function: Type.Union([Type.String({ minLength: 1, maxLength: ERROR_MAX.name }), Type.Null()]),
  /** A path, or a URL without query and fragment. */
  file: Type.Union([Type.String({ minLength: 1, maxLength: ERROR_MAX.name }), Type.Null()]),
  line: Type.Union([Count(0), Type.Null()]),
  column: Type.Union([Count(0), Type.Null()]),
});
export type ErrorFrame = Static<typeof ErrorFrame>;

/** What a report says of an error, without what identifies a person. */
export const ReportedError = Type.Object({
  /** The program that it happened in. */
  source: Type.String({ minLength: 1, maxLength: ERROR_MAX.source }),
  /** For example `TypeError`. */
  type: Type.String({ minLength: 1, maxLength: ERROR_MAX.type }),
  message: Type.String({ maxLength: ERROR_MAX.message }),
  /** The call that failed first. */
  frames: Type.Array(ErrorFrame, { maxItems: ERROR_MAX.frames }),
  /** The page, without query and fragment. */
  url: Type.Optional(Type.String({ maxLength: ERROR_MAX.name })),
  release: Type.Optional(Type.String({ maxLength: ERROR_MAX.release })),
  environment: Type.Optional(Type.String({ maxLength: ERROR_MAX.release })),
});
export type ReportedError = Static<typeof ReportedError>;

/** The error was reported: the newest of `reports` reports, which one process received since it last recorded any. */
export const ErrorReported = Type.Composite([
  ReportedError,
  Type.Object({
    reports: Count(1),
    /** How many events in a row record the group, with less than a day between two: the more, the seldomer comes the next. */
    streak: Count(1),
  }),
]);
export type ErrorReported = Static<typeof ErrorReported>;

/** An operator holds it to be mended. If it is reported again, it is open again. */
export const ErrorResolved = Type.Object({});

/** Every event type of the category; a stream begins with the first. */
export const errorEvents = {
  "error.reported": eventType(
    ErrorReported,
    "an error that browsers or programs report, with how many reports the event stands for",
  ),
  "error.resolved": eventType(
    ErrorResolved,
    "an operator considers the error fixed; if it is reported again, it is open again",
  ),
} as const satisfies Record<string, EventSchema>;
