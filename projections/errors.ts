/** Groups of reported errors, as operators look for them. */
import type { ErrorFrame } from "../events/error.ts";
import { entityId } from "../events/mod.ts";
import { defineProjection } from "./projection.ts";

/** One group. Times are RFC 3339, UTC. */
export type ErrorRow = {
  /** The group's fingerprint, 32 hex digits. */
  error_id: string;
  source: string;
  /** `open` also where it was reported again after it was resolved. */
  status: "open" | "resolved";
  /** As the newest event has it, and all that follows. */
  type: string;
  message: string;
  frames: ErrorFrame[];
  url: string | null;
  release: string | null;
  environment: string | null;
  /** Reports that are recorded: the sum of what the group's events stand for. */
  reports: number;
  /** Events that record them. */
  events: number;
  first_seen_at: string;
  last_seen_at: string;
  /** When it was resolved last. */
  resolved_at: string | null;
  /** Where the log holds the newest `error.reported`: the order of the list. */
  position: number;
};

export const errors = defineProjection({
  name: "errors",
  version: 2,
  reads: ["error.reported", "error.resolved"],
  columns: {
    error_id: { type: "text" },
    source: { type: "text" },
    status: { type: "text" },
    type: { type: "text" },
    message: { type: "text" },
    frames: { type: "json" },
    url: { type: "text", nullable: true },
    release: { type: "text", nullable: true },
    environment: { type: "text", nullable: true },
    reports: { type: "bigint" },
    events: { type: "bigint" },
    first_seen_at: { type: "timestamptz" },
    last_seen_at: { type: "timestamptz" },
    resolved_at: { type: "timestamptz", nullable: true },
    position: { type: "bigint" },
  },
  key: "error_id",
  indexes: ["(position)", "(source, position)", "(status, position)"],

  evolve(row: ErrorRow | null, event): ErrorRow | null {
    const { recorded_at, position, stream_id } = event;
    if (event.type === "error.resolved") {
      if (!row) throw new Error(`Cannot resolve ${stream_id}: it was never reported`);
      return { ...row, status: "resolved", resolved_at: recorded_at };
    }
    const { data } = event;
    const { source, type, message, frames, url = null, release = null, environment = null } = data;
    return {
      error_id: entityId(stream_id),
      ...{ source, status: "open", type, message, frames, url, release, environment },
      reports: (row?.reports ?? 0) + data.reports,
      events: (row?.events ?? 0) + 1,
      first_seen_at: row?.first_seen_at ?? recorded_at,
      last_seen_at: recorded_at,
      resolved_at: row?.resolved_at ?? null,
      position,
    };
  },
});
