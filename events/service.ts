/**
 * What can happen to the service itself. Streams are named `service-<instance id>`, one for each process that ever ran.
 * Uptime is computed from these events.
 */
import { type Static, Type } from "@sinclair/typebox";
import { streamName } from "./envelope.ts";
import { type EventSchema, eventType } from "./event_type.ts";

/** The stream of a process, by its instance id. */
export const serviceStream = streamName("service");

export const ServiceStarted = Type.Object({
  version: Type.String(),
  build: Type.String(),
  role: Type.String(),
});
export type ServiceStarted = Static<typeof ServiceStarted>;

/** Recorded twice a minute while the instance is up. */
export const ServiceHeartbeat = Type.Object({});
export type ServiceHeartbeat = Static<typeof ServiceHeartbeat>;

export const ServiceStopped = Type.Object({
  /** For example the signal's name. */
  reason: Type.String(),
});
export type ServiceStopped = Static<typeof ServiceStopped>;

/** Every event type of the category; a stream begins with the first. */
export const serviceEvents = {
  "service.started": eventType(ServiceStarted, "an instance of the service started"),
  "service.heartbeat": eventType(ServiceHeartbeat, "recorded twice a minute while an instance is up"),
  "service.stopped": eventType(ServiceStopped, "an instance shut down gracefully"),
} as const satisfies Record<string, EventSchema>;
