/** `GET /api/v1/ops/summary`: what happened in a day or a week. */
import { databaseNow } from "../../db/mod.ts";
import { contextOf } from "../../http/context.ts";
import { tags } from "../../http/document/tags.ts";
import type { ApiOptions } from "../../http/options.ts";
import { problems } from "../../http/problems.ts";
import { readAt } from "../../http/request/read_model.ts";
import { invalid } from "../../http/request/validation.ts";
import { route } from "../../http/route.ts";
import { htmlOf } from "../../mail/mod.ts";
import { READ_MODELS, type Summary, summaryOf } from "./figures.ts";
import { letterOf } from "./letter.ts";
import { isOver, lastPeriod, periodAt } from "./period.ts";
import { OpsSummary, SummaryQuery } from "./schemas.ts";

const EXAMPLE: Summary = {
  period: { kind: "day", date: "2026-01-15", from: "2026-01-15T00:00:00.000Z", to: "2026-01-16T00:00:00.000Z" },
  position: 81_042,
  runs: { submitted: 4711, succeeded: 4690, failed: 12, cancelled: 3 },
  failures: [{ error_code: "unexpected_status", jobs: 12 }],
  cost: null,
  queue: { unfinished: 9 },
  uptime: { percent: 99.93, minutes_up: 1439, minutes_down: 1 },
  errors: { reports: 41, new_groups: 2 },
  support: { threads_opened: 3, messages: 8 },
};

export function summaryRoutes({
  log,
  sql,
  projector,
  timing,
}: Pick<ApiOptions, "log" | "sql" | "projector" | "timing">) {
  const wait_ms = timing?.read_model_wait_ms;
  return [
    route(
      {
        method: "GET",
        path: "/api/v1/ops/summary",
        id: "getOpsSummary",
        tag: tags.operations,
        summary: "Get the summary of a day or a week",
        description:
          "Jobs, failures, queue, uptime, reported errors and support of a period that is over. The same period always has the same summary. With RECEIVING_EMAIL, each is mailed to operators when its period is over.",
        scope: "ops:read",
        query: SummaryQuery,
        responses: {
          200: {
            description: "The summary.",
            schema: OpsSummary,
            example: EXAMPLE,
            also: { "text/html": htmlOf(letterOf(EXAMPLE)) },
          },
        },
        errors: [problems.read_model_behind],
      },
      async (call) => {
        const { period: kind = "day", date, format } = call.query;
        const now = await databaseNow(sql);
        const period = date === undefined ? lastPeriod(kind, now) : periodAt(kind, date);
        if (!period) throw invalid([{ pointer: "?date", message: "must be a day that exists, 1970-01-05 or later" }]);
        if (!isOver(period, now)) {
          throw invalid([
            { pointer: "?date", message: `must be in a ${kind} that is over: this one ends at ${period.to}` },
          ]);
        }
        const position = await log.head();
        const summary = await readAt(projector, { names: READ_MODELS, position, wait_ms }, () =>
          summaryOf(sql, period),
        );
        const accepts = contextOf(call.request).headers.accept ?? "";
        if ((format ?? (accepts.includes("text/html") ? "html" : "json")) === "json") return summary;
        return new Response(htmlOf(letterOf(summary)), { headers: { "content-type": "text/html; charset=utf-8" } });
      },
    ),
  ];
}
