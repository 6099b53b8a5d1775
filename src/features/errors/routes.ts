/** Errors that browsers and programs report. */
import { tags } from "../../http/document/tags.ts";
import type { ApiOptions } from "../../http/options.ts";
import { Problem } from "../../http/problem.ts";
import { route } from "../../http/route.ts";
import { collectorOf } from "./collector.ts";
import { errorProblems } from "./problems.ts";
import { errorGroups } from "./queries.ts";
import { groupOf, reportedError } from "./report.ts";
import { ErrorAccepted, ErrorList, ErrorListQuery, ErrorReport, EXAMPLE_ACCEPTED, EXAMPLE_SUMMARY } from "./schemas.ts";

const ROUTE = "/api/v1/errors";
/** When to come back, in seconds: by then another new error may be recorded. */
const RETRY_AFTER_S = 180;

export function errorRoutes({ log, sql }: Pick<ApiOptions, "log" | "sql">) {
  const collector = collectorOf(log);
  return [
    route(
      {
        method: "POST",
        path: ROUTE,
        id: "reportError",
        tag: tags.errors,
        summary: "Report an error",
        description:
          "For browsers and programs; no key is needed. Reports of one error are grouped by where it happened. E-mail addresses, IP addresses, ids, tokens, long numbers and the queries of URLs are taken out of what is kept; neither the caller's address nor their browser is. A group that is reported again and again is recorded seldomer, and counted all the same.",
        body: ErrorReport,
        rate: "errors",
        records: "many",
        answers: {
          202: { description: "It is recorded, or counted.", schema: ErrorAccepted, example: EXAMPLE_ACCEPTED },
        },
        errors: [errorProblems.too_many_errors],
      },
      async (call) => {
        const error = reportedError(call.body);
        const error_id = groupOf(error, call.body.fingerprint);
        const collected = await collector.report(error_id, error, call.cause);
        if (!collected) {
          const headers = { "retry-after": String(RETRY_AFTER_S) };
          throw new Problem(errorProblems.too_many_errors, "Too many new errors were reported.", { headers });
        }
        call.recorded(collected.position);
        return { error_id, status: collected.status };
      },
    ),
    route(
      {
        method: "GET",
        path: ROUTE,
        id: "listErrors",
        tag: tags.errors,
        summary: "List reported errors by group",
        description:
          "Those first of which reports were recorded last. A group moves to the front when more are, so it may be missing from later pages of a list that is read meanwhile. Read from a read model that follows the log, as a rule within milliseconds.",
        scope: "errors:read",
        reach: "everyones",
        query: ErrorListQuery,
        list: true,
        answers: {
          200: {
            description: "A page of groups.",
            schema: ErrorList,
            example: { data: [EXAMPLE_SUMMARY], has_more: false, next_cursor: null },
          },
        },
      },
      async (call) => {
        const { limit: _, cursor: __, ...filter } = call.query;
        const select = (before: number | undefined, take: number) => errorGroups(sql, { ...filter, before, take });
        return await call.page("errors", { select, show: ({ position: _, ...shown }) => shown });
      },
    ),
  ];
}
