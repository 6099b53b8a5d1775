/** `GET /public/metrics`: figures about the service, for everybody, each computed from the log. */

import { toTime, toUnixSeconds } from "../../../events/time.ts";
import { type MetricsRow, publicMetrics } from "../../../projections/metrics.ts";
import { tags } from "../../http/document/tags.ts";
import type { ApiOptions } from "../../http/options.ts";
import { problems } from "../../http/problems.ts";
import { onceBuilt } from "../../http/request/read_model.ts";
import { route } from "../../http/route.ts";
import { PublicMetrics } from "./schemas.ts";

type Totals = Pick<MetricsRow, "events" | "attributed_events" | "first_started_at">;

type FiguresOptions = Pick<ApiOptions, "log" | "sql" | "projector">;

export function metricsRoutes(options: FiguresOptions) {
  return [
    route(
      {
        method: "GET",
        path: "/public/metrics",
        id: "getPublicMetrics",
        any_query: true,
        tag: tags.service,
        summary: "Get public figures",
        description: "Every figure is computed from the event log, as the schema describes.",
        responses: {
          200: {
            description: "The figures.",
            schema: PublicMetrics,
            example: { uptime_rolling_7d: 99.98, jobs_today: 4711, audit_coverage: 100, last_updated: 1768469400 },
          },
        },
        errors: [problems.read_model_behind],
      },
      (call) => {
        call.set.headers["cache-control"] = "public, max-age=5";
        return publicFigures(options);
      },
    ),
  ];
}

/** The figures in the schema `PublicMetrics`. */
export async function publicFigures(options: FiguresOptions) {
  const { sql } = options;
  const now = Date.now();
  const [hours, [totals], last_updated] = await Promise.all([
    onceBuilt(
      () => sql<Pick<MetricsRow, "hour" | "jobs_submitted" | "minutes">[]>`
        select hour, jobs_submitted, minutes from levqor_read.metrics
        where hour > ${toTime(now)}::timestamptz - interval '7 days 1 hour'`,
    ),
    onceBuilt(
      () => sql<[Totals]>`
        select coalesce(sum(events), 0)::bigint as events,
          coalesce(sum(attributed_events), 0)::bigint as attributed_events,
          min(first_started_at) as first_started_at
        from levqor_read.metrics`,
    ),
    lastUpdated(options),
  ]);
  return { ...publicMetrics(hours, { now, totals }), last_updated };
}

/** When the last event included in the figures was recorded, in Unix seconds. */
async function lastUpdated({ log, projector }: FiguresOptions): Promise<number | null> {
  const status = (await projector.status()).find(({ name }) => name === "metrics");
  if (!status || status.position === 0) return null;
  const [event] = await log.readRange(status.position - 1, 1);
  return event ? toUnixSeconds(Date.parse(event.recorded_at)) : null;
}
