/**
 * What can happen to the service itself. Streams are named `service-<instance id>`, one for each process that ever ran.
 * Uptime is computed from these events.
 */
import { type Static, type TSchema, Type } from "@sinclair/typebox";
import { streamName } from "./envelope.ts";

/** The stream of a process, by its instance id. */
export const serviceStream = streamName("service");

export const ServiceStarted = Type.Object({
  version: Type.String(),
  build: Type.String(),
  role: Type.String(),
});
export type ServiceStarted = Static<typeof ServiceStarted>;

/** Recorded at least once in every minute that the instance is up. */
export const ServiceHeartbeat = Type.Object({});
export type ServiceHeartbeat = Static<typeof ServiceHeartbeat>;

export const ServiceStopped = Type.Object({
  /** For example the signal's name. */
  reason: Type.String(),
});
export type ServiceStopped = Static<typeof ServiceStopped>;

/** Every event type of the category, with its newest schema. */
export const serviceEvents = {
  "service.started": ServiceStarted,
  "service.heartbeat": ServiceHeartbeat,
  "service.stopped": ServiceStopped,
} as const satisfies Record<string, TSchema>;
