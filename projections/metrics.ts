/**
 * What `/public/metrics` is computed from: counts per hour. {@link publicMetrics} has the definitions.
 */
import { accountOf, SYSTEM } from "../events/account.ts";
import { HOUR_MS, MINUTE_MS } from "../events/time.ts";
import { defineProjection } from "./projection.ts";

/** One hour in which anything was recorded. */
export type MetricsRow = {
  /** The hour's start: `2026-01-02T03:00:00Z`. */
  hour: string;
  /** `job.submitted` events, without those of jobs that the service submitted itself. */
  jobs_submitted: number;
  /** Events of any type. */
  events: number;
  /** Events whose meta names an actor and a correlation id. */
  attributed_events: number;
  /** Reports of errors that `error.reported` events record. */
  error_reports: number;
  /** `support.message_added` and `support.opened` events: messages of senders and operators. */
  support_messages: number;
  /** Where the log holds the hour's last event. */
  position: number;
  /** Minute by minute, 60 characters: `1` if there was a `service.started` or `service.heartbeat`. */
  minutes: string;
  /** The first `service.started` of the hour. */
  first_started_at: string | null;
};

const NO_MINUTES = "0".repeat(60);

export const metrics = defineProjection({
  name: "metrics",
  version: 3,
  reads: "all",
  columns: {
    hour: { type: "timestamptz" },
    jobs_submitted: { type: "int" },
    events: { type: "int" },
    attributed_events: { type: "int" },
    error_reports: { type: "bigint" },
    support_messages: { type: "int" },
    position: { type: "bigint" },
    minutes: { type: "text" },
    first_started_at: { type: "timestamptz", nullable: true },
  },
  key: "hour",

  keysOf: (event) => [hourOf(event)],

  evolve(row: MetricsRow | null, event): MetricsRow | null {
    const hour = row ?? {
      hour: hourOf(event),
      jobs_submitted: 0,
      events: 0,
      attributed_events: 0,
      error_reports: 0,
      support_messages: 0,
      position: 0,
      minutes: NO_MINUTES,
      first_started_at: null,
    };
    const counted = {
      ...hour,
      events: hour.events + 1,
      position: event.position,
      attributed_events: hour.attributed_events + (event.meta.actor && event.meta.correlation_id ? 1 : 0),
    };
    switch (event.type) {
      case "job.submitted":
        if (accountOf(event.meta) !== SYSTEM) counted.jobs_submitted++;
        return counted;
      case "error.reported":
        counted.error_reports += event.data.reports;
        return counted;
      case "support.opened":
      case "support.message_added":
        counted.support_messages++;
        return counted;
      case "service.started":
        counted.first_started_at ??= event.recorded_at;
        return markUp(counted, event.recorded_at);
      case "service.heartbeat":
        return markUp(counted, event.recorded_at);
      default:
        return counted;
    }
  },
});

function hourOf({ recorded_at }: { recorded_at: string }): string {
  return `${recorded_at.slice(0, 13)}:00:00Z`;
}

function markUp(row: MetricsRow, time: string): MetricsRow {
  const minute = Number(time.slice(14, 16));
  if (row.minutes[minute] === "1") return row;
  return { ...row, minutes: `${row.minutes.slice(0, minute)}1${row.minutes.slice(minute + 1)}` };
}

/** What the service publishes about itself. */
export interface PublicMetrics {
  /**
   * Percentage of the whole minutes, since 7 days ago or the first `service.started`, whichever is later, in which at
   * least one instance was up (recorded a start or a heartbeat). 100 in the first minute, 0 before any start.
   */
  readonly uptime_rolling_7d: number;
  /** `job.submitted` events since 00:00 UTC, without those of jobs that the service submitted itself. */
  readonly jobs_today: number;
  /** Percentage of all events whose meta names an actor and a correlation id. 100 for an empty log. */
  readonly audit_coverage: number;
}

const WINDOW_MS = 7 * 24 * HOUR_MS;

/**
 * Computes the public metrics from the read model.
 *
 * @param rows the hours of the last 7 days, including the one in which that period began; order does not matter
 * @param now milliseconds since 1970
 */
export function publicMetrics(
  rows: Iterable<Pick<MetricsRow, "hour" | "jobs_submitted" | "minutes">>,
  {
    now,
    totals,
  }: {
    now: number;
    /** Over all hours: sums, and the least `first_started_at`. */
    totals: Pick<MetricsRow, "events" | "attributed_events" | "first_started_at">;
  },
): PublicMetrics {
  const { events, attributed_events, first_started_at } = totals;
  const since = Math.max(first_started_at === null ? now : Date.parse(first_started_at), now - WINDOW_MS);
  const from = Math.floor(since / MINUTE_MS);
  const to = Math.floor(now / MINUTE_MS);
  const today = Math.floor(now / (24 * HOUR_MS)) * 24 * HOUR_MS;
  let up = 0;
  let jobsToday = 0;
  for (const { hour, jobs_submitted, minutes } of rows) {
    const start = Date.parse(hour);
    if (start >= today) jobsToday += jobs_submitted;
    const first = start / MINUTE_MS;
    for (let minute = Math.max(first, from); minute < Math.min(first + 60, to); minute++) {
      if (minutes[minute - first] === "1") up++;
    }
  }
  const untold = first_started_at === null ? 0 : 100;
  return {
    uptime_rolling_7d: to > from ? percent(up, to - from) : untold,
    jobs_today: jobsToday,
    audit_coverage: events > 0 ? percent(attributed_events, events) : 100,
  };
}

/** Two decimals, rounded down: never 100 unless it is all. */
export function percent(part: number, whole: number): number {
  return Math.floor((part * 10_000) / whole) / 100;
}
