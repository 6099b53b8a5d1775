/** Errors that browsers and programs report. */
import { errorStream } from "../../../events/error.ts";
import { tags } from "../../http/document/tags.ts";
import type { ApiOptions } from "../../http/options.ts";
import { Problem } from "../../http/problem.ts";
import { problems } from "../../http/problems.ts";
import { nameParam } from "../../http/request/params.ts";
import { healthOf, readAt } from "../../http/request/read_model.ts";
import { invalid } from "../../http/request/validation.ts";
import { route } from "../../http/route.ts";
import type { ErrorCollector } from "./collector.ts";
import { errorProblems } from "./problems.ts";
import { errorCounts, errorGroup, errorGroups } from "./queries.ts";
import { groupOf, reportedError, wrongNames } from "./report.ts";
import {
  ErrorAccepted,
  ErrorChanged,
  ErrorId,
  ErrorList,
  ErrorListQuery,
  ErrorReport,
  ErrorsHealth,
  EXAMPLE_ACCEPTED,
  EXAMPLE_GROUP,
  EXAMPLE_SUMMARY,
  ReportedErrorGroup,
} from "./schemas.ts";

const ROUTE = "/api/v1/errors";
const errorIdParam = nameParam(ErrorId, errorProblems.error_not_found);

/** When to retry, in seconds: by then another new error may be recorded. */
const RETRY_AFTER_S = 180;

export function errorRoutes({
  log,
  sql,
  projector,
  timing,
  collector,
}: Pick<ApiOptions, "log" | "sql" | "projector" | "timing"> & { collector: ErrorCollector }) {
  return [
    route(
      {
        method: "POST",
        path: ROUTE,
        id: "reportError",
        tag: tags.errors,
        summary: "Report an error",
        description:
          "For browsers and programs; no key is needed. Reports of one error are grouped by where it happened. E-mail addresses, IP addresses, ids, tokens, long numbers and the queries of URLs are removed before anything is stored; the caller's address and browser are not stored at all. A group that is reported often is recorded less often, but every report is counted.",
        body: ErrorReport,
        rate: "errors",
        records: "many",
        responses: {
          202: { description: "The report was recorded or counted.", schema: ErrorAccepted, example: EXAMPLE_ACCEPTED },
        },
        errors: [errorProblems.too_many_errors],
      },
      async (call) => {
        const { body, caller, cause } = call;
        const wrong = wrongNames(body);
        if (wrong.length > 0) throw invalid(wrong);
        const newest = reportedError(body);
        const error_id = groupOf(newest, body.fingerprint);
        const collected = await collector.report(error_id, { newest, cause, by: caller?.counted_as });
        if (!collected) {
          const detail = "Too many new errors were reported.";
          throw new Problem(errorProblems.too_many_errors, detail, { retry_after_s: RETRY_AFTER_S });
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
          "The most recently recorded groups come first. A group moves to the front when it is recorded again, so it may be missing from the later pages of a list that is being read. The read model follows the log, usually within milliseconds.",
        scope: "errors:read",
        query: ErrorListQuery,
        list: true,
        responses: {
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
    route(
      {
        method: "GET",
        path: `${ROUTE}/health`,
        id: "getErrorsHealth",
        tag: tags.errors,
        summary: "Get the health of error reporting",
        description: "For monitors: whether recorded reports are showing up, and how many groups there are.",
        scope: "errors:read",
        any_query: true,
        responses: {
          200: {
            description: "Whether error reporting works, and how many groups there are.",
            schema: ErrorsHealth,
            example: { ok: true, position: 1042, open: 3, resolved: 17, last_seen_at: EXAMPLE_SUMMARY.last_seen_at },
          },
        },
        errors: [problems.read_model_behind],
      },
      async () => {
        return await healthOf(projector, {
          name: "errors",
          figures: () => errorCounts(sql),
          wait_ms: timing?.read_model_wait_ms,
        });
      },
    ),
    route(
      {
        method: "GET",
        path: `${ROUTE}/:error_id`,
        id: "getError",
        tag: tags.errors,
        summary: "Get a reported error",
        description:
          "What the list shows, and the page and stack of the latest recorded report. Always up to date with the log.",
        scope: "errors:read",
        params: { error_id: errorIdParam },
        responses: {
          200: {
            description: "The group.",
            schema: ReportedErrorGroup,
            example: { ...EXAMPLE_SUMMARY, ...EXAMPLE_GROUP },
          },
        },
        errors: [problems.read_model_behind],
      },
      async (call) => {
        const { error_id } = call.params;
        const { events } = await log.readLast([errorStream(error_id)]);
        const last = events.get(errorStream(error_id));
        if (!last) throw errorNotFound(error_id);
        const group = await readAt(
          projector,
          { names: ["errors"], position: last.position, wait_ms: timing?.read_model_wait_ms },
          () => errorGroup(sql, error_id),
        );
        if (!group) throw errorNotFound(error_id);
        const { position: _, ...shown } = group;
        return shown;
      },
    ),
    route(
      {
        method: "POST",
        path: `${ROUTE}/:error_id/resolve`,
        id: "resolveError",
        tag: tags.errors,
        summary: "Resolve a reported error",
        description:
          "Marks an error as fixed. If it is reported again, it reopens: immediately if the report reaches the process that resolved it or one that has not seen the error before, otherwise within a minute. Repeating the request changes nothing.",
        scope: "errors:write",
        params: { error_id: errorIdParam },
        responses: {
          200: {
            description: "The error is resolved.",
            schema: ErrorChanged,
            example: { error_id: EXAMPLE_SUMMARY.error_id, status: "resolved" },
          },
        },
      },
      async (call) => {
        const { error_id } = call.params;
        const handled = await collector.resolve(error_id, { actor: call.caller.actor, ...call.cause });
        if (!handled.ok) throw errorNotFound(error_id);
        call.recorded(handled.position);
        return { error_id, status: "resolved" };
      },
    ),
  ];
}

function errorNotFound(error_id: string): Problem {
  return new Problem(
    errorProblems.error_not_found,
    `No reported error has the id ${JSON.stringify(error_id.slice(0, 64))}.`,
  );
}
