/** What is asked of the read model `errors`. */
import { microseconds } from "../../../events/time.ts";
import type { ErrorRow } from "../../../projections/errors.ts";
import type { Sql } from "../../db/mod.ts";

export interface ErrorFilter {
  readonly source?: string;
  readonly status?: ErrorRow["status"];
  /** RFC 3339. */
  readonly since?: string;
}

export type ErrorSummaryRow = Omit<ErrorRow, "frames" | "url" | "events">;

/** Groups whose last report was recorded before a position, the newest first. */
export function errorGroups(
  sql: Sql,
  { source, status, since, before, take }: ErrorFilter & { readonly before: number | undefined; readonly take: number },
): PromiseLike<readonly ErrorSummaryRow[]> {
  return sql<ErrorSummaryRow[]>`
    select error_id, source, status, type, message, release, environment, reports, first_seen_at, last_seen_at, position
    from levqor_read.errors
    where true
      ${before === undefined ? sql`` : sql`and position < ${before}`}
      ${source === undefined ? sql`` : sql`and source = ${source}`}
      ${status === undefined ? sql`` : sql`and status = ${status}`}
      ${since === undefined ? sql`` : sql`and last_seen_at >= ${microseconds(since)}`}
    order by position desc
    limit ${take}`;
}
