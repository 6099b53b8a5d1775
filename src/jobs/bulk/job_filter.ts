/** The filter of a list, or of a bulk operation. */
import { SYSTEM } from "../../../events/account.ts";
import type { BulkFilter } from "../../../events/bulk.ts";
import { microseconds } from "../../../events/time.ts";
import type { Sql } from "../../db/mod.ts";
import type { Reach } from "../../domain/reach.ts";

/**
 * Conditions on rows of the read model `jobs`, each with a leading `and`: the matches within reach, in the caller's account
 * unless `account` asks for the jobs that the service submitted itself. Times are RFC 3339, the first included.
 */
export function matches(
  sql: Sql,
  { account, ...filter }: BulkFilter & { readonly account?: typeof SYSTEM },
  { workflows, account: own, system }: Reach,
) {
  const { status, workflow, error_code, origin_job_id, created_after, created_before } = filter;
  if (isContradiction(filter) || (account === SYSTEM && !system)) return sql`and false`;
  return sql`
    ${account === undefined && own === null ? sql`and account <> ${SYSTEM}` : sql`and account = ${account ?? own}`}
    ${workflows === "all" ? sql`` : runsOnly(sql, workflows)}
    ${status === undefined ? sql`` : sql`and status = ${status}`}
    ${workflow === undefined ? sql`` : sql`and workflow = ${workflow}`}
    ${error_code === undefined ? sql`` : sql`and error_code = ${error_code}`}
    ${origin_job_id === undefined ? sql`` : sql`and origin_job_id = ${origin_job_id}`}
    ${created_after === undefined ? sql`` : sql`and created_at >= ${microseconds(created_after)}`}
    ${created_before === undefined ? sql`` : sql`and created_at < ${microseconds(created_before)}`}`;
}

/** Whether no job can match: then none is searched for, as no index would help. */
function isContradiction({ status, error_code, created_after, created_before }: BulkFilter): boolean {
  // A succeeded or cancelled job has no error of an earlier attempt.
  if (error_code !== undefined && (status === "succeeded" || status === "cancelled")) return true;
  if (created_after === undefined || created_before === undefined) return false;
  return microseconds(created_after) >= microseconds(created_before);
}

/** For rows with the columns `workflow` and `uses`: those that run nothing but these workflows. */
export function runsOnly(sql: Sql, workflows: ReadonlySet<string>) {
  const names = [...workflows];
  return sql`
    and workflow = any(${names}::text[])
    and (uses is null or string_to_array(uses, E'\\n') <@ ${names}::text[])`;
}
