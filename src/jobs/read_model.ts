/** What the runner asks of the read model `jobs`. It may be behind the log: whoever acts on an answer asks the log. */
import type { Priority } from "../../events/job.ts";
import type { Sql } from "../db/mod.ts";

/** How many jobs are taken from the read model at once. */
const PAGE = 1_000;

/** The last event that the read model contains; `undefined` before there is one. */
export async function readModelPosition(sql: Sql): Promise<number | undefined> {
  const [row] = await sql<{ position: number }[]>`
    select position from levqor_ops.projections where name = 'jobs' and live`;
  return row?.position;
}

export interface QueuedRow {
  readonly job_id: string;
  readonly position: number;
  readonly version: number;
}

/** Queued jobs of one priority in the order of their intake, `after < position <= until`. */
export async function queuedJobs(
  sql: Sql,
  query: { workflows: readonly string[]; priority: Priority; after: number; until: number; limit: number },
): Promise<{ rows: readonly QueuedRow[]; more: boolean }> {
  const limit = Math.min(query.limit, PAGE);
  const rows = await sql<QueuedRow[]>`
    select job_id, position, version from levqor_read.jobs
    where status = 'queued' and priority = ${query.priority} and workflow = any(${query.workflows as string[]})
      and position > ${query.after} and position <= ${query.until}
    order by position limit ${limit}`;
  return { rows, more: rows.length === limit };
}

export interface RunningRow {
  readonly job_id: string;
  readonly attempt: number;
  /** The database's clock, in milliseconds since 1970. */
  readonly now: number;
}

/** Running jobs whose lease has lapsed by the database's clock, longest first. */
export function lapsedJobs(sql: Sql): Promise<RunningRow[]> {
  return sql<RunningRow[]>`
    select job_id, attempt, floor(extract(epoch from clock_timestamp()) * 1000)::float8 as now from levqor_read.jobs
    where status = 'running' and lease_expires_at < clock_timestamp()
    order by lease_expires_at limit ${PAGE}`;
}

/** Running jobs that another worker than `worker` holds. */
export function jobsOfOthers(sql: Sql, worker: string): Promise<{ job_id: string; attempt: number }[]> {
  return sql<{ job_id: string; attempt: number }[]>`
    select job_id, attempt from levqor_read.jobs where status = 'running' and worker <> ${worker}`;
}

export interface DueCallbackRow {
  readonly job_id: string;
  /** Of the job's stream when the callback was due: where it has grown since, the row is out of date. */
  readonly version: number;
}

/**
 * Callbacks that are due by the database's clock, the longest first. Those that the worker that ended the job is about
 * to make are left to it for `grace_seconds`.
 */
export function dueCallbacks(sql: Sql, grace_seconds: number): Promise<DueCallbackRow[]> {
  return sql<DueCallbackRow[]>`
    select job_id, version from levqor_read.jobs
    where callback_due_at <= now()
      and (callback = 'scheduled' or callback_due_at <= now() - make_interval(secs => ${grace_seconds}))
    order by callback_due_at limit ${PAGE}`;
}
