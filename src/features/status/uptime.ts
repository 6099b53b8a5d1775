/** `GET /ops/uptime`: the track record of the service, day by day, for status pages. */

import { type Impact, impacts } from "../../../events/incident.ts";
import { DAY_MS, toTime, toUnixSeconds } from "../../../events/time.ts";
import type { IncidentRow } from "../../../projections/incidents.ts";
import type { MetricsRow } from "../../../projections/metrics.ts";
import { uptimeByDay } from "../../../projections/uptime.ts";
import { tags } from "../../http/document/tags.ts";
import { UPTIME_DAYS } from "../../http/limits.ts";
import type { ApiOptions } from "../../http/options.ts";
import { problems } from "../../http/problems.ts";
import { onceBuilt } from "../../http/request/read_model.ts";
import { route } from "../../http/route.ts";
import { type StoredIncident, toIncident } from "./incidents.ts";
import { Uptime } from "./schemas.ts";

/** Outages and incidents that are shown. */
const SHOWN_MAX = 100;
/** Everybody may ask: the database is queried once in this time. */
const FRESH_MS = 2_000;

type Status = "operational" | Impact;
export type UptimeReport = Awaited<ReturnType<typeof readUptime>>;

export function uptimeRoutes(report: () => Promise<UptimeReport>) {
  return [
    route(
      {
        method: "GET",
        path: "/ops/uptime",
        id: "getUptime",
        tag: tags.service,
        summary: "Get uptime by day, outages and incidents",
        description: `For status pages; \`/status\` shows the same to people. Each process records a heartbeat twice a minute: a minute without one from any process counts as down. Covers the last ${UPTIME_DAYS} days, or the time since the first start. Incidents are those that operators reported with POST /api/v1/incidents.`,
        responses: {
          200: {
            description: "The track record.",
            schema: Uptime,
            example: {
              status: "operational",
              since: "2026-01-14T08:00:00.123456Z",
              uptime_percent: 99.93,
              days: [
                { date: "2026-01-14", uptime_percent: 99.89, minutes_up: 959, minutes_down: 1, incidents: [] },
                { date: "2026-01-15", uptime_percent: 100, minutes_up: 570, minutes_down: 0, incidents: [] },
              ],
              outages: [
                { from: "2026-01-14T12:30:00.000Z", to: "2026-01-14T12:31:00.000Z", minutes: 1, ongoing: false },
              ],
              incidents: [],
              ts: 1768469400,
            },
          },
        },
        errors: [problems.read_model_behind],
      },
      async (call) => {
        call.set.headers["cache-control"] = "public, max-age=5";
        return await report();
      },
    ),
  ];
}

/** Reads the report, at most every {@link FRESH_MS}; concurrent requests share it. */
export function uptimeReports(options: Pick<ApiOptions, "sql">): () => Promise<UptimeReport> {
  let latest: { readonly at: number; readonly report: Promise<UptimeReport> } | undefined;
  return () => {
    if (!latest || performance.now() - latest.at > FRESH_MS) {
      const report = readUptime(options);
      const asked = { at: performance.now(), report };
      latest = asked;
      // A fault is not cached.
      report.catch(() => {
        if (latest === asked) latest = undefined;
      });
    }
    return latest.report;
  };
}

async function readUptime({ sql }: Pick<ApiOptions, "sql">) {
  const now = Date.now();
  const since = toTime(Math.floor(now / DAY_MS) * DAY_MS - (UPTIME_DAYS - 1) * DAY_MS);
  const [hours, [first], rows] = await Promise.all([
    onceBuilt(
      () => sql<Pick<MetricsRow, "hour" | "minutes">[]>`
        select hour, minutes from levqor_read.metrics where hour >= ${since}::timestamptz`,
    ),
    onceBuilt(
      () => sql<[{ first_started_at: string | null }]>`
        select min(first_started_at) as first_started_at from levqor_read.metrics`,
    ),
    onceBuilt(
      () => sql<StoredIncident[]>`
        select incident_id, title, status, account, impact, opened_at, resolved_at, messages, position
        from levqor_read.incidents
        where account is null and (resolved_at is null or resolved_at >= ${since}::timestamptz)
        order by position desc limit ${SHOWN_MAX}`,
    ),
  ]);
  const { first_started_at } = first;
  const { uptime_percent, days, outages } = uptimeByDay(hours, { now, first_started_at, days: UPTIME_DAYS });
  const incidents = rows.map(toIncident);
  return {
    status: worst(incidents),
    since: first_started_at,
    uptime_percent,
    days: days.map((day) => ({ ...day, incidents: incidentsOf(day.date, incidents) })),
    outages: outages.slice(0, SHOWN_MAX),
    incidents,
    ts: toUnixSeconds(now),
  };
}

function worst(incidents: readonly Pick<IncidentRow, "status" | "impact">[]): Status {
  const open = incidents.filter(({ status }) => status === "open").map(({ impact }) => impacts.indexOf(impact));
  return open.length === 0 ? "operational" : (impacts[Math.max(...open)] as Impact);
}

/** Those that were open at some time of a day. */
function incidentsOf(
  date: string,
  incidents: readonly Pick<IncidentRow, "incident_id" | "opened_at" | "resolved_at">[],
): string[] {
  return incidents
    .filter(
      ({ opened_at, resolved_at }) =>
        opened_at.slice(0, 10) <= date && (resolved_at === null || resolved_at.slice(0, 10) >= date),
    )
    .map(({ incident_id }) => incident_id);
}
