/**
 * What every event looks like, whatever it says.
 *
 * - **stream**: the history of one thing, named `<category>-<id>`, for example `job-<UUIDv7>`.
 * - **version**: an event's place in its stream, from 1, dense.
 * - **position**: an event's place in the whole log, from 1, dense, in commit order.
 * - **event id**: `<stream_id>@<version>`, known before the event is written.
 */
import { type Static, Type } from "@sinclair/typebox";

/** How many reactions may lead to an event, one after another: more go in a circle. */
export const MAX_REACTION_DEPTH = 16;

/** Who and what brought an event about. */
export const EventMeta = Type.Object(
  {
    /** Who acted: `key:<fingerprint>`, `anonymous`, `worker:<id>`, `system:<part>`. Never a secret. */
    actor: Type.String({ minLength: 1, maxLength: 300 }),
    /** Whose words the event's data are, where they are not the actor's: see `accountOf`. */
    account: Type.Optional(Type.String({ minLength: 1, maxLength: 300 })),
    /** Beside the actor: who submitted what is run again, who defined the schedule that fires. */
    on_behalf_of: Type.Optional(Type.Array(Type.String({ minLength: 1 }))),
    /** Shared by every event that one first action set off: the id of the job or of the service. */
    correlation_id: Type.String({ minLength: 1 }),
    /** The event id that led to this one, where one did; or the id derived from the request's Idempotency-Key. */
    causation_id: Type.Optional(Type.String()),
    /** How many reactions led to it, one after another, where a reaction brought it about. */
    reaction_depth: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_REACTION_DEPTH })),
    /** The HTTP request that caused it, where one did. */
    request_id: Type.Optional(Type.String()),
    /** Where it belongs in a distributed trace (W3C Trace Context): the span that it happened in, where there is one. */
    traceparent: Type.Optional(Type.String({ pattern: "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$" })),
  },
  { additionalProperties: false },
);
export type EventMeta = Static<typeof EventMeta>;

/** An event before it is recorded. */
export interface NewEvent<Type extends string = string, Data = unknown> {
  readonly type: Type;
  readonly data: Data;
}

/** An event as the log keeps it: `data_json` and `meta_json` are the exact bytes that were appended. */
export interface StoredEvent {
  readonly position: number;
  readonly stream_id: string;
  readonly version: number;
  readonly type: string;
  readonly schema_version: number;
  readonly data_json: string;
  readonly meta_json: string;
  /** RFC 3339, UTC, by the database's clock, microseconds. */
  readonly recorded_at: string;
  /** What `data_json` and `meta_json` say, where this process recorded it and had them parsed. */
  readonly parsed?: { readonly data: unknown; readonly meta: EventMeta };
}

/** A recorded event, decoded and brought to its newest shape. */
export interface RecordedEvent<Type extends string = string, Data = unknown> {
  readonly position: number;
  readonly stream_id: string;
  readonly version: number;
  readonly type: Type;
  readonly schema_version: number;
  readonly data: Data;
  readonly meta: EventMeta;
  /** RFC 3339, UTC, by the database's clock, microseconds. */
  readonly recorded_at: string;
}

/** `<stream_id>@<version>`: the same on every replica, and before the event is written. */
export function eventId(event: { stream_id: string; version: number }): string {
  return `${event.stream_id}@${event.version}`;
}

/** Names the streams of one category, by the id of each thing: `jobStream("42")` gives `job-42`. */
export interface StreamName {
  (id: string): string;
  /** Whether a stream is one of them. */
  matches(streamId: string): boolean;
}

/** The streams of a category. */
export function streamName(category: string): StreamName {
  const prefix = `${category}-`;
  return Object.assign((id: string) => prefix + id, {
    matches: (streamId: string) => streamId.startsWith(prefix),
  });
}

/** The part of a stream id after its category: `job-42` gives `42`. */
export function entityId(streamId: string): string {
  return streamId.slice(streamId.indexOf("-") + 1);
}
