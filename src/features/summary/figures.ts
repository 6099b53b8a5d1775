/** The figures of a period, each the same whenever it is asked for: none depends on what happened after the period. */
import type { PendingQuery, Row } from "postgres";
import { SYSTEM } from "../../../events/account.ts";
import { uptimeByDay } from "../../../projections/uptime.ts";
import type { Sql } from "../../db/mod.ts";
import { daysOf, type Period, type PeriodKind } from "./period.ts";

/** The read models that the figures are read from. */
export const READ_MODELS = ["jobs", "metrics", "errors", "support_threads"] as const;

const FAILURES_MAX = 10;

export interface Summary {
  readonly period: { readonly kind: PeriodKind; readonly date: string; readonly from: string; readonly to: string };
  /** Of the last event of the period or before: the figures hold as of it. */
  readonly position: number;
  readonly runs: {
    readonly submitted: number;
    readonly succeeded: number;
    readonly failed: number;
    readonly cancelled: number;
  };
  /** The most frequent error codes of jobs that failed, at most 10. */
  readonly failures: readonly { readonly error_code: string; readonly jobs: number }[];
  /** Not available: job costs are not recorded yet. */
  readonly cost: null;
  readonly queue: { readonly unfinished: number };
  readonly uptime: { readonly percent: number | null; readonly minutes_up: number; readonly minutes_down: number };
  readonly errors: { readonly reports: number; readonly new_groups: number };
  readonly support: { readonly threads_opened: number; readonly messages: number };
}

/** Reads the figures of a period that is over. The read models must contain all its events. */
export async function summaryOf(sql: Sql, period: Period): Promise<Summary> {
  const { kind, date, from, to } = period;
  const within = (column: PendingQuery<Row[]>) =>
    sql`${column} >= ${from}::timestamptz and ${column} < ${to}::timestamptz`;
  const [[runs], failures, [queue], hours, [totals], [errors], [support]] = await Promise.all([
    sql<[Summary["runs"]]>`
      select
        (select count(*) from levqor_read.jobs where account <> ${SYSTEM} and ${within(sql`created_at`)})::int as submitted,
        count(*) filter (where status = 'succeeded')::int as succeeded,
        count(*) filter (where status = 'failed')::int as failed,
        count(*) filter (where status = 'cancelled')::int as cancelled
      from levqor_read.jobs where account <> ${SYSTEM} and ${within(sql`finished_at`)}`,
    sql<{ error_code: string; jobs: number }[]>`
      select error_code, count(*)::int as jobs from levqor_read.jobs
      where account <> ${SYSTEM} and status = 'failed' and error_code is not null and ${within(sql`finished_at`)}
      group by error_code order by jobs desc, error_code collate "C" limit ${FAILURES_MAX}`,
    sql<[Summary["queue"]]>`
      select ((select count(*) from levqor_read.jobs
          where account <> ${SYSTEM} and finished_at >= ${to}::timestamptz and created_at < ${to}::timestamptz)
        + (select count(*) from levqor_read.jobs
          where account <> ${SYSTEM} and status in ('queued', 'running') and created_at < ${to}::timestamptz))::int as unfinished`,
    sql<{ hour: string; minutes: string; error_reports: number; support_messages: number }[]>`
      select hour, minutes, error_reports, support_messages from levqor_read.metrics where ${within(sql`hour`)}`,
    sql<[{ position: number; first_started_at: string | null }]>`
      select coalesce(max(position) filter (where hour < ${to}::timestamptz), 0)::bigint as position,
        min(first_started_at) as first_started_at
      from levqor_read.metrics`,
    sql<[{ new_groups: number }]>`
      select count(*)::int as new_groups from levqor_read.errors where ${within(sql`first_seen_at`)}`,
    sql<[{ threads_opened: number }]>`
      select count(*)::int as threads_opened from levqor_read.support_threads where ${within(sql`opened_at`)}`,
  ]);
  const sum = (figure: "error_reports" | "support_messages") => hours.reduce((total, hour) => total + hour[figure], 0);
  return {
    period: { kind, date, from, to },
    position: totals.position,
    runs,
    failures: failures.map((each) => ({ ...each })),
    cost: null,
    queue,
    uptime: uptimeIn(period, { hours, first_started_at: totals.first_started_at }),
    errors: { reports: sum("error_reports"), new_groups: errors.new_groups },
    support: { threads_opened: support.threads_opened, messages: sum("support_messages") },
  };
}

function uptimeIn(
  period: Period,
  { hours, first_started_at }: { hours: Iterable<{ hour: string; minutes: string }>; first_started_at: string | null },
): Summary["uptime"] {
  // The day after the period has begun, and has no minute yet.
  const { uptime_percent, days } = uptimeByDay(hours, {
    now: Date.parse(period.to),
    first_started_at,
    days: daysOf(period) + 1,
  });
  return {
    percent: uptime_percent,
    minutes_up: days.reduce((minutes, day) => minutes + day.minutes_up, 0),
    minutes_down: days.reduce((minutes, day) => minutes + day.minutes_down, 0),
  };
}
