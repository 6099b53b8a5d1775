/** The jobs of a subject. */
import type { StoredEvent } from "../../../events/envelope.ts";
import { jobStream } from "../../../events/job.ts";
import type { JobRow } from "../../../projections/jobs.ts";
import type { Sql } from "../../db/mod.ts";
import type { Reach } from "../../domain/reach.ts";
import { matches } from "../../jobs/bulk/job_filter.ts";
import { type EventLog, pagesOf } from "../../log/mod.ts";

export type SubjectJobRow = Pick<JobRow, "job_id" | "workflow" | "status" | "created_at" | "position">;

interface Within {
  /** The vault's name for them. */
  readonly subject: string;
  readonly reach: Reach;
}

/** Newest first, starting before a position. */
export function selectJobs(
  sql: Sql,
  { subject, reach, before, take }: Within & { readonly before: number | undefined; readonly take: number },
) {
  return sql<SubjectJobRow[]>`
    select job_id, workflow, status, created_at, position from levqor_read.jobs
    where subject = ${subject} ${before === undefined ? sql`` : sql`and position < ${before}`} ${matches(sql, {}, reach)}
    order by position desc limit ${take}`;
}

export async function countJobs(sql: Sql, { subject, reach }: Within): Promise<number> {
  const [row] = await sql<[{ count: number }]>`
    select count(*)::int as count from levqor_read.jobs where subject = ${subject} ${matches(sql, {}, reach)}`;
  return row.count;
}

/** Jobs that are looked for at once. */
const JOBS = 100;

/** All that was recorded of a subject's jobs, opened, job by job, the newest first. */
export async function* eventsOf(
  { sql, log }: { sql: Sql; log: Pick<EventLog, "readStream"> },
  within: Within,
): AsyncGenerator<readonly StoredEvent[]> {
  for (let before: number | undefined; ; ) {
    const jobs: SubjectJobRow[] = await selectJobs(sql, { ...within, before, take: JOBS });
    for (const { job_id } of jobs) yield* pagesOf(log, { stream_id: jobStream(job_id) });
    before = jobs.at(-1)?.position;
    if (before === undefined || jobs.length < JOBS) return;
  }
}
