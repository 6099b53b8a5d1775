/** Reading jobs: the status, the list, the history. */

import { fromTimeOrNull, toUnixSeconds } from "../../../events/time.ts";
import type { JobRow } from "../../../projections/jobs.ts";
import { reachOf } from "../../access/mod.ts";
import type { Turns } from "../../access/shares/turns.ts";
import { inSlices } from "../../async/mod.ts";
import { isFinished } from "../../domain/job/job_state.ts";
import type { WaitingFor, WaitingJob } from "../../domain/job/waiting.ts";
import { isUnlimited } from "../../domain/reach.ts";
import { tags } from "../../http/document/tags.ts";
import { PAGE_LIMIT_DEFAULT } from "../../http/limits.ts";
import type { ApiOptions } from "../../http/options.ts";
import { byVersion, etagOfPage, fromCursor, page } from "../../http/paging.ts";
import { problems } from "../../http/problems.ts";
import { jobIdParam, jobNotFound } from "../../http/request/job_id.ts";
import { readAt } from "../../http/request/read_model.ts";
import { route } from "../../http/route.ts";
import { PageQuery } from "../../http/schema.ts";
import { jobEventJson } from "../../http/stream/event_json.ts";
import { respondWithJson, respondWithWrittenJson } from "../../http/stream/response.ts";
import { matches } from "../../jobs/bulk/job_filter.ts";
import { readHistory, readJob } from "../../jobs/commands.ts";
import type { LimitedJob } from "../../jobs/limits/limits.ts";
import { Job, JobEventList, JobList, JobListQuery, JobStatus } from "./schemas.ts";
import { waitExplainer } from "./waiting.ts";

const EVENTS = byVersion("job_events");

const EXAMPLE_SUMMARY = {
  job_id: "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
  workflow: "http",
  status: "succeeded",
  priority: "normal",
  concurrency_key: null,
  origin_job_id: null,
  attempt: 1,
  created_at: "2026-01-15T09:30:00.123456Z",
  updated_at: "2026-01-15T09:30:00.345678Z",
  started_at: "2026-01-15T09:30:00.130201Z",
  finished_at: "2026-01-15T09:30:00.345678Z",
  error_code: null,
};

export function jobRoutes({
  log,
  sql,
  bus,
  projector,
  workflows,
  signal,
  timing,
  matching,
}: ApiOptions & { matching: Turns }) {
  const wait_ms = timing?.read_model_wait_ms;
  const waitsOf = waitExplainer({ log, sql, bus, workflows, signal });
  const columns = sql`job_id, workflow, status, priority, concurrency_key, origin_job_id, attempt, position, created_at,
    updated_at, started_at, finished_at, error_code, due_at, waiting, suspended_in, has_steps, account, charged_to`;
  return [
    route(
      {
        method: "GET",
        path: "/api/v1/status/:job_id",
        id: "getJobStatus",
        tag: tags.jobs,
        summary: "Get a job's status",
        description:
          "Computed from the job's own events at the time of the request, and never older than an earlier response.",
        scope: "jobs:read",
        params: { job_id: jobIdParam },
        conditional: true,
        responses: {
          200: {
            description: "The job's state. It has an ETag once the job has finished.",
            schema: JobStatus,
            example: {
              job_id: "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
              status: "succeeded",
              created_at: 1768469400,
              result: { status: 200, headers: {}, body: "…" },
              error: null,
            },
          },
        },
      },
      async (call) => {
        const named = call.job;
        const { job_id } = named;
        const found = await readJob(log, named);
        if (!found || found.state.created_at === null) throw jobNotFound(job_id);
        const { state: job } = found;
        const waits = await waitsOf(
          [{ ...job, job_id, error_code: job.last_error?.code ?? null, has_steps: job.steps !== null }],
          named.reach,
        );
        // What a waiting job waits for can change without an event.
        if (isFinished(job)) call.etag(found.version);
        const status = {
          job_id,
          status: job.status,
          created_at: toUnixSeconds(Date.parse(found.state.created_at)),
          result: job.result,
          error: job.error,
          ...(job.origin_job_id !== null && { origin_job_id: job.origin_job_id }),
          ...(job.cancel_reason !== null && { cancel_reason: job.cancel_reason }),
          ...(job.last_error !== null && { last_error: job.last_error }),
          ...(waits.has(job_id) && { waiting_for: waits.get(job_id) }),
          ...(job.erased && { erased: true }),
        };
        return await respondWithJson(status, call.set);
      },
    ),
    route(
      {
        method: "GET",
        path: "/api/v1/jobs",
        id: "listJobs",
        tag: tags.jobs,
        summary: "List jobs, newest first",
        description:
          "Read from a read model that follows the log, normally within milliseconds. To be sure to see your own write, send its Levqor-Position as Levqor-Min-Position.",
        scope: "jobs:read",
        query: JobListQuery,
        list: true,
        responses: {
          200: {
            description: "A page of jobs.",
            schema: JobList,
            example: {
              data: [EXAMPLE_SUMMARY],
              has_more: false,
              next_cursor: null,
            },
          },
        },
      },
      async (call) => {
        const { caller } = call;
        const reach = reachOf(caller);
        const { limit, cursor, ...filter } = call.query;
        const find = async (before: number | undefined, take: number) =>
          await sql<JobRow[]>`
          select ${columns} from levqor_read.jobs
          where true
            ${before === undefined ? sql`` : sql`and position < ${before}`}
            ${matches(sql, filter, reach)}
          order by position desc
          limit ${take}`;
        const isBounded = isUnlimited(reach) && Object.keys(filter).every((name) => name === "account");
        // A filter with few matches may have to search many rows, if each of two conditions matches often: in turn.
        const select: typeof find = (...part) =>
          isBounded ? find(...part) : matching.take(caller.counted_as, () => find(...part));
        const { data: rows, ...rest } = await call.page("jobs", { select, show: (row) => row });
        const waits = await waitsOf(rows.map(toWaitingJob), reach);
        return { data: rows.map((row) => toSummary(row, waits.get(row.job_id))), ...rest };
      },
    ),
    route(
      {
        method: "GET",
        path: "/api/v1/jobs/:job_id",
        id: "getJob",
        tag: tags.jobs,
        summary: "Get a job",
        description:
          "As in the list, with its result; never older than an earlier response. What was submitted is in its first event.",
        scope: "jobs:read",
        params: { job_id: jobIdParam },
        conditional: true,
        responses: {
          200: {
            description: "The job. It has an ETag once the job has finished.",
            schema: Job,
            example: { ...EXAMPLE_SUMMARY, result: { status: 200, headers: {}, body: "…" }, error: null },
          },
        },
        errors: [problems.read_model_behind],
      },
      async (call) => {
        const named = call.job;
        const { job_id } = named;
        const found = await readJob(log, named);
        if (!found) throw jobNotFound(job_id);
        const [row] = await readAt(
          projector,
          { names: ["jobs"], position: found.position, wait_ms },
          () => sql<JobRow[]>`select ${columns} from levqor_read.jobs where job_id = ${job_id}`,
        );
        if (!row) throw jobNotFound(job_id);
        // It may have finished in the meantime: the result must agree with the row.
        const isEndNews = row.finished_at !== null && !isFinished(found.state);
        const { state, version } = isEndNews ? ((await readJob(log, named)) ?? found) : found;
        if (isFinished(state)) call.etag(version);
        const { result, error, cancel_reason, erased } = state;
        const waits = await waitsOf([toWaitingJob(row)], named.reach);
        const summary = toSummary(row, waits.get(job_id));
        return await respondWithJson(
          {
            ...summary,
            result,
            error,
            ...(cancel_reason !== null && { cancel_reason }),
            ...(erased && { erased }),
          },
          call.set,
        );
      },
    ),
    route(
      {
        method: "GET",
        path: "/api/v1/jobs/:job_id/events",
        id: "listJobEvents",
        tag: tags.jobs,
        summary: "List a job's events",
        description: "The job's whole history, in order, exactly as recorded.",
        scope: "jobs:read",
        params: { job_id: jobIdParam },
        query: PageQuery,
        conditional: true,
        responses: {
          200: {
            description: "A page of events, oldest first.",
            schema: JobEventList,
            example: {
              data: [
                {
                  position: 1040,
                  version: 1,
                  type: "job.submitted",
                  data: { workflow: "http", payload: { method: "GET", url: "https://example.com/" } },
                  meta: { actor: "anonymous", correlation_id: "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70" },
                  recorded_at: "2026-01-15T09:30:00.123456Z",
                },
              ],
              has_more: false,
              next_cursor: null,
            },
          },
        },
        errors: [problems.invalid_cursor],
      },
      async (call) => {
        const named = call.job;
        const { limit = PAGE_LIMIT_DEFAULT, cursor } = call.query;
        const after_version = fromCursor(cursor, EVENTS) ?? 0;
        const events = await readHistory(log, { ...named, after_version, limit: limit + 1 });
        if (!events) throw jobNotFound(named.job_id);
        const { items, has_more, next_cursor } = page(events, limit, { kind: EVENTS, keyOf: ({ version }) => version });
        call.set.headers.etag = etagOfPage(items, has_more);
        const data: string[] = [];
        await inSlices(items, (event) => data.push(jobEventJson(event)));
        const rest = `"has_more":${has_more},"next_cursor":${JSON.stringify(next_cursor)}`;
        return await respondWithWrittenJson(() => `{"data":[${data.join(",")}],${rest}}`, call.set);
      },
    ),
  ];
}

/** As in the list. */
function toSummary(
  {
    position: _,
    due_at: __,
    waiting: ___,
    suspended_in: ____,
    has_steps: _____,
    account: ______,
    charged_to: _______,
    ...job
  }: JobRow,
  waiting_for: WaitingFor | undefined,
) {
  return waiting_for ? { ...job, waiting_for } : job;
}

function toWaitingJob(row: JobRow): WaitingJob & LimitedJob {
  return { ...row, caller: row.charged_to, due_at: fromTimeOrNull(row.due_at) };
}
