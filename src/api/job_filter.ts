/** Which jobs a list, or a bulk operation, is about. */
import type { Sql } from "../db/mod.ts";

export interface JobFilter {
  readonly status?: string;
  readonly workflow?: string;
  readonly error_code?: string;
  readonly origin_job_id?: string;
  /** RFC 3339; jobs submitted then or later. */
  readonly created_after?: string;
  /** RFC 3339; jobs submitted before. */
  readonly created_before?: string;
}

/** The conditions on rows of the read model `jobs`, each with `and` before it. */
export function matches(sql: Sql, filter: JobFilter) {
  const { status, workflow, error_code, origin_job_id, created_after, created_before } = filter;
  return sql`
    ${status === undefined ? sql`` : sql`and status = ${status}`}
    ${workflow === undefined ? sql`` : sql`and workflow = ${workflow}`}
    ${error_code === undefined ? sql`` : sql`and error_code = ${error_code}`}
    ${origin_job_id === undefined ? sql`` : sql`and origin_job_id = ${origin_job_id}`}
    ${created_after === undefined ? sql`` : sql`and created_at >= ${created_after}`}
    ${created_before === undefined ? sql`` : sql`and created_at < ${created_before}`}`;
}
