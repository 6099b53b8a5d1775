/** The catalogue of everything that can happen: event types, their schemas, and how old versions are read. */

import type { Static } from "@sinclair/typebox";
import { decodeJson } from "../src/json/mod.ts";
import { addressEvents } from "./address.ts";
import { bulkEvents } from "./bulk.ts";
import { consentEvents } from "./consent.ts";
import { cookiesEvents } from "./cookies.ts";
import { documentEvents } from "./document.ts";
import type { EventMeta, NewEvent, RecordedEvent, StoredEvent } from "./envelope.ts";
import { errorEvents } from "./error.ts";
import { incidentEvents } from "./incident.ts";
import { jobEvents } from "./job.ts";
import { keyEvents } from "./key.ts";
import { limitEvents } from "./limit.ts";
import { mailEvents } from "./mail.ts";
import { orgEvents } from "./org.ts";
import { pipelineEvents } from "./pipeline.ts";
import { projectionEvents } from "./projection.ts";
import { decodeWithRawOutput } from "./raw_output.ts";
import { reactionEvents } from "./reaction.ts";
import { scheduleEvents } from "./schedule.ts";
import { serviceEvents } from "./service.ts";
import { sessionEvents } from "./session.ts";
import { signInEvents } from "./sign_in.ts";
import { ssoEvents } from "./sso.ts";
import { subjectEvents } from "./subject.ts";
import { supportEvents } from "./support.ts";
import { userEvents } from "./user.ts";
import { vaultEvents } from "./vault.ts";
import { workflowEvents } from "./workflow.ts";

export * from "./envelope.ts";

/** Every event type with its newest schema. */
export const catalogue = {
  ...addressEvents,
  ...bulkEvents,
  ...consentEvents,
  ...cookiesEvents,
  ...documentEvents,
  ...errorEvents,
  ...incidentEvents,
  ...jobEvents,
  ...keyEvents,
  ...limitEvents,
  ...mailEvents,
  ...orgEvents,
  ...pipelineEvents,
  ...projectionEvents,
  ...reactionEvents,
  ...scheduleEvents,
  ...serviceEvents,
  ...signInEvents,
  ...ssoEvents,
  ...subjectEvents,
  ...sessionEvents,
  ...supportEvents,
  ...userEvents,
  ...vaultEvents,
  ...workflowEvents,
} as const;

export type EventType = keyof typeof catalogue;

/** What events are about: the part of a type before its dot, and of a stream's id before its first hyphen. */
export const categories: readonly string[] = [
  ...new Set(Object.keys(catalogue).map((type) => type.slice(0, type.indexOf(".")))),
].sort();
export type EventData<T extends EventType> = Static<(typeof catalogue)[T]>;

/** A known event before it is recorded. */
export type KnownNewEvent = { [T in EventType]: NewEvent<T, EventData<T>> }[EventType];

/** An event of one of these types, as read. */
export type EventOf<Types extends EventType> = { [T in Types]: RecordedEvent<T, EventData<T>> }[Types];

/** A known event, as read. */
export type KnownEvent = EventOf<EventType>;

/** The schema version of newly recorded events of a type: 1, plus one for each upcast. */
export function schemaVersion(type: string): number {
  return 1 + (upcasts[type]?.length ?? 0);
}

/**
 * Pure functions from one schema version of an event's data to the next: `upcasts["job.started"][0]` converts version 1
 * to version 2. Recorded events are never rewritten; they are converted as they are read.
 */
const upcasts: Record<string, ReadonlyArray<(data: unknown) => unknown>> = {
  "job.callback_delivered": [firstAttempt],
  "job.callback_failed": [firstAttempt],
};

/** Originally a callback had one attempt, and its outcome had no number. */
function firstAttempt(data: unknown): unknown {
  return { ...(data as object), attempt: 1 };
}

/**
 * Decodes a stored event and upcasts it to its newest schema. Unknown types pass unchanged. A step's or job's output
 * stays a text if it is large: see `JsonText`.
 */
export function decode(stored: StoredEvent): KnownEvent {
  const { parsed } = stored;
  let data: unknown = parsed ? parsed.data : (decodeWithRawOutput(stored) ?? decodeJson(stored.data_json));
  const steps = upcasts[stored.type];
  if (steps) for (const step of steps.slice(stored.schema_version - 1)) data = step(data);
  return {
    position: stored.position,
    stream_id: stored.stream_id,
    version: stored.version,
    type: stored.type,
    schema_version: steps ? 1 + steps.length : stored.schema_version,
    data,
    meta: metaOf(stored),
    recorded_at: stored.recorded_at,
    ...(stored.erased && { erased: stored.erased }),
  } as KnownEvent;
}

/** Who and what caused an event. */
export function metaOf({ parsed, meta_json }: StoredEvent): EventMeta {
  return parsed ? parsed.meta : decodeJson<EventMeta>(meta_json);
}

const decoded = new WeakMap<StoredEvent, KnownEvent>();

/**
 * Like {@link decode}, but an event that several parts of a process read is decoded once. None of them may change it.
 */
export function decodeOnce(stored: StoredEvent): KnownEvent {
  let event = decoded.get(stored);
  if (!event) {
    event = decode(stored);
    decoded.set(stored, event);
  }
  return event;
}
