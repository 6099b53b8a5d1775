/**
 * What every event has, whatever its type.
 *
 * - **stream**: the history of one entity, named `<category>-<id>`, for example `job-<UUIDv7>`.
 * - **version**: an event's place in its stream, from 1, without gaps.
 * - **position**: an event's place in the whole log, from 1, without gaps, in commit order.
 * - **event id**: `<stream_id>@<version>`, known before the event is written.
 */
import { type Static, Type } from "@sinclair/typebox";
import { MAX_INT } from "./number.ts";

/** The last version that a stream can have. */
export const MAX_VERSION = MAX_INT;

/** How many reactions may lead to an event, one after another: more would mean a loop. */
export const MAX_REACTION_DEPTH = 16;

/** Every form of `meta.actor`, and who that is. */
export const ACTORS = {
  "key:<id>": "the holder of an issued key, by the key's id; of a key in `API_KEYS`, by 8 hex digits of its SHA-256",
  "user:<id>": "a user with a token of the auth server, by the id there, or part of its SHA-256 if it is not a UUID",
  anonymous: "a caller without a key in development mode, and anyone who reports an error",
  visitor: "a caller without a key where others need one, such as the sender of a support thread",
  "worker:<id>": "a worker process of the service, by its instance id; an external worker is the key that it uses",
  "system:<id>":
    "a process of the service, by its instance id: its start, heartbeats and stop, and jobs of lost workers",
  "system:scheduler": "the scheduler: runs of schedules, and the jobs that these submit",
  "system:reaction:<name>": "a reaction: what the service does automatically after an event",
  "system:sign_in": "the service, which sends somebody a link to sign in: nobody has signed in yet",
  "system:sso": "the service, which records somebody whom the provider of their organisation has signed in",
  "system:summary": "the service, which submits the mails of summaries to operators",
  "system:jobs": "the service, about a waiting job whose history cannot be read",
  "system:invitations": "the service, which ends invitations that have expired",
  "system:mail": "the service, about mail that it sends",
  "system:resend": "Resend, which reports what became of a mail",
  "system:workers": "the service, about a job that no external worker can claim",
  "system:vault": "the service, which destroys keys of personal data whose time is over",
  "system:replay": "an operator, with `npm run replay`",
} as const;

/** Who and what caused an event. */
export const EventMeta = Type.Object(
  {
    /** Who acted: one of {@link ACTORS}. Never a secret. */
    actor: Type.String({ minLength: 1, maxLength: 300 }),
    /** The account that it belongs to; absent: the operator's. See `accountOf`. */
    account: Type.Optional(Type.String({ minLength: 1, maxLength: 300 })),
    /** Of what is the operator's: the author of the event's data, if it is not the actor. See `authorOf`. */
    author: Type.Optional(Type.String({ minLength: 1, maxLength: 300 })),
    /**
     * Whose personal data it has, as the vault names them: `user:<id>`, for example. Its personal parts are sealed with their
     * keys.
     */
    subject: Type.Optional(Type.String({ minLength: 1, maxLength: 300 })),
    /** Besides the actor: the submitter of the job that is replayed, those who defined the schedule that fires. */
    on_behalf_of: Type.Optional(Type.Array(Type.String({ minLength: 1 }))),
    /** Shared by all events that one first action caused: the id of the job or of the service. */
    correlation_id: Type.String({ minLength: 1 }),
    /** The id of the event that led to this one, if any; or the id derived from the request's Idempotency-Key. */
    causation_id: Type.Optional(Type.String()),
    /** How many reactions led to it, one after another, if a reaction caused it. */
    reaction_depth: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_REACTION_DEPTH })),
    /** The HTTP request that caused it, if any. */
    request_id: Type.Optional(Type.String()),
    /** Its place in a distributed trace (W3C Trace Context): the span in which it happened, if any. */
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

/** An event as the log stores it: `data_json` and `meta_json` are the exact bytes that were appended. */
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
  /** The parsed `data_json` and `meta_json`, if this process recorded it and had them parsed. */
  readonly parsed?: { readonly data: unknown; readonly meta: EventMeta };
  /** JSON pointers to the parts of its data that are `null` because they were erased; absent: none. */
  readonly erased?: readonly string[];
}

/** A recorded event, decoded and upcast to its newest schema. */
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
  /** As of a {@link StoredEvent}. */
  readonly erased?: readonly string[];
}

/** `<stream_id>@<version>`: the same on every replica, and known before the event is written. */
export function eventId(event: { stream_id: string; version: number }): string {
  return `${event.stream_id}@${event.version}`;
}

/** Names the streams of one category by entity id: `jobStream("42")` gives `job-42`. */
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
