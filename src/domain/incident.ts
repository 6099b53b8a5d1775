/**
 * The life of an incident, as operators report it.
 *
 * ```text
 *   open ──▶ open (updated, up to 100 times) ──resolve──▶ resolved
 * ```
 */
import { accountOf } from "../../events/account.ts";
import type { IncidentOpened, IncidentResolved, IncidentUpdated } from "../../events/incident.ts";
import type { KnownEvent, KnownNewEvent } from "../../events/mod.ts";
import type { Decider, Rejection } from "./decider.ts";

/** Its history is always shown completely. */
export const INCIDENT_UPDATES_MAX = 100;

export interface IncidentState {
  readonly status: "none" | "open" | "resolved";
  /** As it was opened. */
  readonly opened: IncidentOpened | null;
  /** The account that it belongs to; empty before it was opened. */
  readonly account: string;
  readonly updates: number;
}

export type IncidentCommand =
  | ({ readonly type: "open" } & IncidentOpened)
  | ({ readonly type: "update" } & IncidentUpdated)
  | ({ readonly type: "resolve" } & IncidentResolved);

export interface IncidentRejection extends Rejection {
  readonly code: "incident_exists" | "incident_not_found" | "incident_resolved" | "too_many_updates";
}

export const incidentDecider: Decider<IncidentState, IncidentCommand, IncidentRejection> = {
  initial: { status: "none", opened: null, account: "", updates: 0 },
  evolve,
  decide,
};

function evolve(state: IncidentState, event: KnownEvent): IncidentState {
  switch (event.type) {
    case "incident.opened":
      return { status: "open", opened: event.data, account: accountOf(event.meta), updates: 0 };
    case "incident.updated":
      return { ...state, updates: state.updates + 1 };
    case "incident.resolved":
      return { ...state, status: "resolved" };
    default:
      return state;
  }
}

function decide(
  { type, ...data }: IncidentCommand,
  { status, updates }: IncidentState,
): readonly KnownNewEvent[] | IncidentRejection {
  if (type === "open") {
    if (status !== "none") return refuse("incident_exists", "Cannot open the incident: its id is in use.");
    return [{ type: "incident.opened", data: data as IncidentOpened }];
  }
  if (status === "none") return refuse("incident_not_found", `Cannot ${type} the incident: it does not exist.`);
  if (status === "resolved") return refuse("incident_resolved", `Cannot ${type} the incident: it is resolved.`);
  if (type === "resolve") return [{ type: "incident.resolved", data: data as IncidentResolved }];
  if (updates >= INCIDENT_UPDATES_MAX) {
    return refuse("too_many_updates", `Cannot update the incident: it has ${updates} updates, the maximum.`);
  }
  return [{ type: "incident.updated", data: data as IncidentUpdated }];
}

function refuse(code: IncidentRejection["code"], message: string): IncidentRejection {
  return { rejected: true, code, message };
}
