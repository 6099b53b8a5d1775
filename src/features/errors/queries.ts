/** Queries of the read model `errors`. */
import { microseconds } from "../../../events/time.ts";
import type { ErrorRow } from "../../../projections/errors.ts";
import type { Sql } from "../../db/mod.ts";
import { decodeJson } from "../../json/mod.ts";

export interface ErrorFilter {
  readonly source?: string;
  readonly status?: ErrorRow["status"];
  /** RFC 3339. */
  readonly since?: string;
}

export type ErrorSummaryRow = Omit<ErrorRow, "frames" | "url" | "events">;

function summary(sql: Sql) {
  return sql`error_id, source, status, type, message, release, environment, reports, first_seen_at, last_seen_at,
    resolved_at, position`;
}

/** Groups whose last report was recorded before a position, the newest first. */
export function errorGroups(
  sql: Sql,
  { source, status, since, before, take }: ErrorFilter & { readonly before: number | undefined; readonly take: number },
): PromiseLike<readonly ErrorSummaryRow[]> {
  return sql<ErrorSummaryRow[]>`
    select ${summary(sql)} from levqor_read.errors
    where true
      ${before === undefined ? sql`` : sql`and position < ${before}`}
      ${source === undefined ? sql`` : sql`and source = ${source}`}
      ${status === undefined ? sql`` : sql`and status = ${status}`}
      ${since === undefined ? sql`` : sql`and last_seen_at >= ${microseconds(since)}`}
    order by position desc
    limit ${take}`;
}

/** A row as the database returns it, with JSON as text. */
type StoredGroup = Omit<ErrorRow, "frames"> & { readonly frames: string };

/** A group with all its details; `undefined` if it does not exist. */
export async function errorGroup(sql: Sql, error_id: string): Promise<ErrorRow | undefined> {
  const [row] = await sql<StoredGroup[]>`
    select ${summary(sql)}, frames, url, events from levqor_read.errors where error_id = ${error_id}`;
  return row && { ...row, frames: decodeJson(row.frames) };
}

/** The number of groups, and when a report was last recorded. */
export async function errorCounts(sql: Sql): Promise<{ open: number; resolved: number; last_seen_at: string | null }> {
  const [row] = await sql<[{ open: number; resolved: number; last_seen_at: string | null }]>`
    select count(*) filter (where status = 'open')::int as open,
      count(*) filter (where status = 'resolved')::int as resolved,
      max(last_seen_at) as last_seen_at
    from levqor_read.errors`;
  return row;
}
