/** Incidents as a status page shows them. */
import { accountOf, OPERATOR } from "../events/account.ts";
import type { Impact } from "../events/incident.ts";
import { type EventMeta, entityId } from "../events/mod.ts";
import { defineProjection } from "./projection.ts";

/** One message from its operators. */
export interface IncidentMessage {
  readonly status: "opened" | "updated" | "resolved";
  readonly message: string;
  readonly impact: Impact;
  /** RFC 3339, UTC. */
  readonly at: string;
}

/** One incident. Times are RFC 3339, UTC. */
export type IncidentRow = {
  incident_id: string;
  title: string;
  status: "open" | "resolved";
  /** The only account that it concerns, and that sees it; `null`: everybody does. */
  account: string | null;
  /** The latest report. */
  impact: Impact;
  opened_at: string;
  resolved_at: string | null;
  /** In order; the first one opened it. */
  messages: IncidentMessage[];
  /** The position of `incident.opened`. */
  position: number;
};

function customersOf(meta: Pick<EventMeta, "account">): string | null {
  const account = accountOf(meta);
  return account === OPERATOR ? null : account;
}

export const incidents = defineProjection({
  name: "incidents",
  version: 2,
  reads: ["incident.opened", "incident.updated", "incident.resolved"],
  columns: {
    incident_id: { type: "uuid" },
    title: { type: "text" },
    status: { type: "text" },
    account: { type: "text", nullable: true },
    impact: { type: "text" },
    opened_at: { type: "timestamptz" },
    resolved_at: { type: "timestamptz", nullable: true },
    messages: { type: "json" },
    position: { type: "bigint" },
  },
  key: "incident_id",
  indexes: ["(position)", "(resolved_at)"],

  evolve(row: IncidentRow | null, event): IncidentRow | null {
    const { recorded_at: at } = event;
    if (event.type === "incident.opened") {
      if (row) throw new Error(`Cannot open incident ${row.incident_id}: it exists since position ${row.position}`);
      const { title, impact, message } = event.data;
      return {
        incident_id: entityId(event.stream_id),
        title,
        status: "open",
        account: customersOf(event.meta),
        impact,
        opened_at: at,
        resolved_at: null,
        messages: [{ status: "opened", message, impact, at }],
        position: event.position,
      };
    }
    if (!row) throw new Error(`Cannot apply ${event.type} to ${event.stream_id}: it was not opened`);
    switch (event.type) {
      case "incident.updated": {
        const { message, impact = row.impact } = event.data;
        return { ...row, impact, messages: [...row.messages, { status: "updated", message, impact, at }] };
      }
      case "incident.resolved": {
        const { impact } = row;
        const { message } = event.data;
        const messages: IncidentMessage[] = [...row.messages, { status: "resolved", message, impact, at }];
        return { ...row, status: "resolved", resolved_at: at, messages };
      }
    }
  },
});
