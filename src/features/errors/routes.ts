/** Errors that browsers and programs report. */
import { tags } from "../../http/document/tags.ts";
import type { ApiOptions } from "../../http/options.ts";
import { Problem } from "../../http/problem.ts";
import { route } from "../../http/route.ts";
import { collectorOf } from "./collector.ts";
import { errorProblems } from "./problems.ts";
import { groupOf, reportedError } from "./report.ts";
import { ErrorAccepted, ErrorReport, EXAMPLE_ACCEPTED } from "./schemas.ts";

const ROUTE = "/api/v1/errors";
/** When to come back, in seconds: by then another new error may be recorded. */
const RETRY_AFTER_S = 180;

export function errorRoutes({ log }: Pick<ApiOptions, "log">) {
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
  ];
}
