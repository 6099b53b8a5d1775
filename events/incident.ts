/**
 * What can happen to an incident: a period in which the service did not work as promised, as its operators report it to
 * its users. Streams are named `incident-<UUID>`.
 */
import { type Static, Type } from "@sinclair/typebox";
import { streamName } from "./envelope.ts";
import { type EventSchema, eventType } from "./event_type.ts";

export const incidentStream = streamName("incident");

/** From the least to the worst: planned; some users notice; many do; nothing works. */
export const impacts = ["maintenance", "minor", "major", "critical"] as const;
export type Impact = (typeof impacts)[number];

const Impact = Type.Union(impacts.map((impact) => Type.Literal(impact)));

export const IncidentOpened = Type.Object({
  title: Type.String({ minLength: 1, maxLength: 128 }),
  impact: Impact,
  /** What is known, for users of the service. */
  message: Type.String({ minLength: 1, maxLength: 2_000 }),
});
export type IncidentOpened = Static<typeof IncidentOpened>;

/** More is known; `impact` if it has changed. */
export const IncidentUpdated = Type.Object({
  message: Type.String({ minLength: 1, maxLength: 2_000 }),
  impact: Type.Optional(Impact),
});
export type IncidentUpdated = Static<typeof IncidentUpdated>;

export const IncidentResolved = Type.Object({
  message: Type.String({ minLength: 1, maxLength: 2_000 }),
});
export type IncidentResolved = Static<typeof IncidentResolved>;

/** Every event type of the category; a stream begins with the first. */
export const incidentEvents = {
  "incident.opened": eventType(IncidentOpened, "an operator reported a problem, current or expected"),
  "incident.updated": eventType(IncidentUpdated, "an operator added an update"),
  "incident.resolved": eventType(IncidentResolved, "the incident is over"),
} as const satisfies Record<string, EventSchema>;
