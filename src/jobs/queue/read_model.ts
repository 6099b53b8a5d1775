/**
 * What the runner asks of the read model `jobs`. It may be behind the log: whoever acts on an answer asks the log.
 *
 * Times are compared with `now()`: an index cannot be searched by `clock_timestamp()`, which may change from row to row.
 */
import type { Priority } from "../../../events/job.ts";
import type { Sql } from "../../db/mod.ts";
import type { LimitId } from "../limits/limit_streams.ts";
import type { RunnableWorkflows } from "../options.ts";

/** How many jobs are read from the read model at once. */
const PAGE = 1_000;

/** The last event that a read model includes; `undefined` before there is one. */
export async function readModelPosition(sql: Sql, name = "jobs"): Promise<number | undefined> {
  const [row] = await sql<{ position: number }[]>`
    select position from levqor_ops.projections where name = ${name} and live`;
  return row?.position;
}

/** How many jobs have not finished. Indexes keep them apart, however many have. */
export async function unfinishedJobs(sql: Sql): Promise<{ queued: number; running: number }> {
  const [row] = await sql<[{ queued: number; running: number }]>`
    select
      ((select count(*) from levqor_read.jobs where status = 'queued' and due_at is null)
        + (select count(*) from levqor_read.jobs where status = 'queued' and due_at is not null))::int as queued,
      (select count(*) from levqor_read.jobs where status = 'running')::int as running`;
  return row;
}

export interface QueuedRow extends LimitId {
  readonly job_id: string;
  readonly caller: string | null;
  readonly position: number;
  readonly version: number;
}

/** The requested part of the waiting jobs of one priority, in order of intake. */
export interface QueuedLane {
  readonly priority: Priority;
  /** `after < position <= until` */
  readonly after: number;
  readonly until: number;
  readonly limit: number;
  /** Only of this caller; `null`: of all callers. */
  readonly caller: string | null;
  /** But not of these. */
  readonly except: readonly string[];
}

/**
 * Jobs that wait for nothing but a worker.
 *
 * Here and below, rows are compared with rows: the order asked for is then that of one index, and of no other. With
 * `workflow = …` and `order by position` Postgres reads all jobs there are by their position where a workflow has few that
 * wait: 170 ms for 500,000 jobs, against 0.4 ms.
 */
export async function queuedJobs(
  sql: Sql,
  query: QueuedLane & { workflows: RunnableWorkflows },
): Promise<{ rows: readonly QueuedRow[]; more: boolean }> {
  const { workflows, priority, after, until, caller } = query;
  const limit = Math.min(query.limit, PAGE);
  const columns = sql`job_id, workflow, concurrency_key, account, charged_to as caller, position, version`;
  if (caller !== null) {
    const rows = await sql<QueuedRow[]>`
      select ${columns} from levqor_read.jobs
      where status = 'queued' and due_at is null and charged_to is not null
        and (charged_to, priority, position) > (${caller}, ${priority}, ${after}::bigint)
        and (charged_to, priority, position) <= (${caller}, ${priority}, ${until}::bigint)
        and ((not has_steps and ${among(sql, workflows)}) ${workflows.runs_steps ? sql`or has_steps` : sql``})
      order by charged_to, priority, position limit ${limit}`;
    return { rows, more: rows.length === limit };
  }
  const ofOthers = notOf(sql, query.except);
  const withSteps = sql`
    union all (
      select ${columns} from levqor_read.jobs
      where status = 'queued' and due_at is null and has_steps ${ofOthers}
        and (priority, position) > (${priority}, ${after}::bigint)
        and (priority, position) <= (${priority}, ${until}::bigint)
      order by priority, position limit ${limit})`;
  const rows = await sql<QueuedRow[]>`
    select * from (
      select queued.* from unnest(${[...workflows.everyones]}::text[]) as wanted (workflow)
      cross join lateral (
        select job_id, job.workflow, concurrency_key, account, charged_to as caller, position, version
        from levqor_read.jobs as job
        where status = 'queued' and due_at is null and not has_steps ${ofOthers}
          and (job.workflow, priority, position) > (wanted.workflow, ${priority}, ${after}::bigint)
          and (job.workflow, priority, position) <= (wanted.workflow, ${priority}, ${until}::bigint)
        order by job.workflow, priority, position limit ${limit}
      ) as queued
      union all
      select queued.* from ${owned(sql, workflows)} as wanted (account, workflow)
      cross join lateral (
        select job_id, job.workflow, concurrency_key, job.account, charged_to as caller, position, version
        from levqor_read.jobs as job
        where status = 'queued' and due_at is null and not has_steps ${ofOthers}
          and (job.account, job.workflow, priority, position)
            > (wanted.account, wanted.workflow, ${priority}, ${after}::bigint)
          and (job.account, job.workflow, priority, position)
            <= (wanted.account, wanted.workflow, ${priority}, ${until}::bigint)
        order by job.account, job.workflow, priority, position limit ${limit}
      ) as queued
      ${workflows.runs_steps ? withSteps : sql``}
    ) as queued
    order by position limit ${limit}`;
  return { rows, more: rows.length === limit };
}

/** The workflows that are one account's. A name that is everyone's is left out, so that no job is found twice. */
function owned(sql: Sql, { everyones, own }: RunnableWorkflows) {
  const wanted = own.filter(({ workflow }) => !everyones.has(workflow));
  const accounts = wanted.map(({ account }) => account);
  return sql`unnest(${accounts}::text[], ${wanted.map(({ workflow }) => workflow)}::text[])`;
}

/** Whether a row's workflow is one of these. */
function among(sql: Sql, workflows: RunnableWorkflows) {
  const { everyones } = workflows;
  return sql`(workflow = any(${[...everyones]}::text[])
    or (account, workflow) in (select * from ${owned(sql, workflows)} as wanted (account, workflow)))`;
}

/** Like {@link queuedJobs}: those of one workflow, of one concurrency key or of all (`null`). */
export async function queuedUnderLimit(
  sql: Sql,
  query: QueuedLane & LimitId,
): Promise<{ rows: readonly QueuedRow[]; more: boolean }> {
  const limit = Math.min(query.limit, PAGE);
  const { account, workflow, concurrency_key: key, priority, after, until, caller } = query;
  const columns = sql`job_id, workflow, concurrency_key, account, charged_to as caller, position, version`;
  const whose = caller === null ? notOf(sql, query.except) : sql`and charged_to = ${caller}`;
  const rows =
    key === null
      ? await sql<QueuedRow[]>`
          select ${columns} from levqor_read.jobs where status = 'queued' and due_at is null ${whose}
            and (account, workflow, priority, position) > (${account}, ${workflow}, ${priority}, ${after}::bigint)
            and (account, workflow, priority, position) <= (${account}, ${workflow}, ${priority}, ${until}::bigint)
          order by account, workflow, priority, position limit ${limit}`
      : await sql<QueuedRow[]>`
          select ${columns} from levqor_read.jobs
          where status = 'queued' and due_at is null and concurrency_key is not null ${whose}
            and (account, workflow, concurrency_key, priority, position)
              > (${account}, ${workflow}, ${key}, ${priority}, ${after}::bigint)
            and (account, workflow, concurrency_key, priority, position)
              <= (${account}, ${workflow}, ${key}, ${priority}, ${until}::bigint)
          order by account, workflow, concurrency_key, priority, position limit ${limit}`;
  return { rows, more: rows.length === limit };
}

/** Of all callers but these. */
function notOf(sql: Sql, callers: readonly string[]) {
  return callers.length === 0 ? sql`` : sql`and (charged_to is null or charged_to <> all(${[...callers]}::text[]))`;
}

export interface DueRow extends QueuedRow {
  readonly priority: Priority;
  /** RFC 3339. */
  readonly due_at: string;
  /** Until then, in milliseconds by the database's clock; not above 0: it is due. */
  readonly due_in: number;
}

/** The requested part of the due jobs of one priority. */
export interface DueLane {
  readonly priority: Priority;
  readonly limit: number;
  /** The last one seen; those after it are requested. */
  readonly after?: Pick<DueRow, "due_at" | "job_id">;
  /** Of all callers but these. */
  readonly except: readonly string[];
}

/** Queued jobs that are due, or will be within `within_ms`, by the database's clock: of each lane those due first. */
export function dueJobs(
  sql: Sql,
  query: { workflows: RunnableWorkflows; lanes: readonly DueLane[]; within_ms: number },
): Promise<DueRow[]> {
  const lanes = query.lanes.map(({ priority, limit, after, except }) => ({
    priority,
    size: limit,
    others: except,
    due_at: after?.due_at ?? "-infinity",
    job_id: after?.job_id ?? null,
  }));
  const ofOthers = sql`and (charged_to is null or charged_to <> all(array(select json_array_elements_text(lane.others))))`;
  const columns = sql`job_id, job.workflow, concurrency_key, job.account, charged_to as caller, position, version, job.priority, job.due_at,
    (extract(epoch from job.due_at - now()) * 1000)::float8 as due_in`;
  const first = sql`coalesce(lane.job_id, '00000000-0000-0000-0000-000000000000')`;
  const until = sql`now() + make_interval(secs => ${query.within_ms / 1000})`;
  const withSteps = sql`
    union all (
      select ${columns} from levqor_read.jobs as job
      where status = 'queued' and job.due_at is not null and has_steps ${ofOthers}
        and (job.priority, job.due_at, job.job_id) > (lane.priority, lane.due_at, ${first})
        and (job.priority, job.due_at) <= (lane.priority, ${until})
      order by job.priority, job.due_at, job.job_id limit lane.size)`;
  return sql<DueRow[]>`
    select due.* from json_to_recordset(${JSON.stringify(lanes)}::text::json)
      as lane (priority text, size int, due_at timestamptz, job_id uuid, others json)
    cross join lateral (
      select * from (
        select due.* from unnest(${[...query.workflows.everyones]}::text[]) as wanted (workflow)
        cross join lateral (
          select ${columns} from levqor_read.jobs as job
          where status = 'queued' and job.due_at is not null and not has_steps ${ofOthers}
            and (job.workflow, job.priority, job.due_at, job.job_id)
              > (wanted.workflow, lane.priority, lane.due_at, ${first})
            and (job.workflow, job.priority, job.due_at) <= (wanted.workflow, lane.priority, ${until})
          order by job.workflow, job.priority, job.due_at, job.job_id limit lane.size
        ) as due
        union all
        select due.* from ${owned(sql, query.workflows)} as wanted (account, workflow)
        cross join lateral (
          select ${columns} from levqor_read.jobs as job
          where status = 'queued' and job.due_at is not null and not has_steps ${ofOthers}
            and (job.account, job.workflow, job.priority, job.due_at, job.job_id)
              > (wanted.account, wanted.workflow, lane.priority, lane.due_at, ${first})
            and (job.account, job.workflow, job.priority, job.due_at)
              <= (wanted.account, wanted.workflow, lane.priority, ${until})
          order by job.account, job.workflow, job.priority, job.due_at, job.job_id limit lane.size
        ) as due
        ${query.workflows.runs_steps ? withSteps : sql``}
      ) as due
      order by due_at, job_id limit lane.size
    ) as due
    order by due_at, job_id`;
}

/** How many jobs of each of some callers are running that built-in workers may run. */
export async function runningOf(
  sql: Sql,
  { callers, workflows }: { callers: readonly string[]; workflows: RunnableWorkflows },
): Promise<ReadonlyMap<string, number>> {
  if (callers.length === 0) return new Map();
  const rows = await sql<{ caller: string; running: number }[]>`
    select charged_to as caller, count(*)::int as running from levqor_read.jobs
    where status = 'running' and charged_to is not null and charged_to = any(${[...callers]}::text[])
      and (has_steps or ${among(sql, workflows)})
    group by charged_to`;
  return new Map(rows.map(({ caller, running }) => [caller, running]));
}

interface ExpiredLease {
  readonly job_id: string;
  readonly attempt: number;
  readonly lease_expires_at: string;
  /** The database's clock, in milliseconds since 1970. */
  readonly now: number;
}

/** Running jobs whose lease has expired by the database's clock, longest first. */
export function jobsWithExpiredLease(sql: Sql): Promise<ExpiredLease[]> {
  return sql<ExpiredLease[]>`
    select job_id, attempt, lease_expires_at, floor(extract(epoch from now()) * 1000)::float8 as now from levqor_read.jobs
    where status = 'running' and lease_expires_at < now()
    order by lease_expires_at limit ${PAGE}`;
}

/** Jobs whose time is up by the database's clock, longest first. */
export function expiredJobs(sql: Sql): Promise<{ job_id: string; now: number }[]> {
  return sql<{ job_id: string; now: number }[]>`
    select job_id, floor(extract(epoch from now()) * 1000)::float8 as now from levqor_read.jobs
    where expires_at <= now()
    order by expires_at limit ${PAGE}`;
}

/** Running jobs that another worker than `worker` has claimed. */
export function jobsOfOthers(sql: Sql, worker: string): Promise<{ job_id: string; attempt: number }[]> {
  return sql<{ job_id: string; attempt: number }[]>`
    select job_id, attempt from levqor_read.jobs where status = 'running' and worker <> ${worker}`;
}

export interface DueCallbackRow {
  readonly job_id: string;
  /** The version of the job's stream when the callback was due: if it has grown since, the row is stale. */
  readonly version: number;
}

/**
 * Callbacks that are due by the database's clock, the longest first. Those that the worker that finished the job is
 * about to send are left to it for `grace_seconds`.
 */
export function dueCallbacks(sql: Sql, grace_seconds: number): Promise<DueCallbackRow[]> {
  return sql<DueCallbackRow[]>`
    select job_id, version from levqor_read.jobs
    where callback_due_at <= now()
      and (callback = 'scheduled' or callback_due_at <= now() - make_interval(secs => ${grace_seconds}))
    order by callback_due_at limit ${PAGE}`;
}
