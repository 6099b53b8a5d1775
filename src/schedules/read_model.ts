/** What firing asks of the read model. It may be behind the log: whoever acts on an answer asks the log. */
import type { Sql } from "../db/mod.ts";
import type { Appointment } from "./agenda.ts";

/** What the leader holds, for as long as it leads. */
export const SCHEDULER_LEASE = "scheduler";

/** How firing does. */
export interface Firing {
  /** The process that leads; `null` where none does. */
  readonly leader: string | null;
  /** Schedules that are to run again. */
  readonly active: number;
  /** For how long one has been due that was not fired. */
  readonly lag_seconds: number;
}

export async function firing(sql: Sql): Promise<Firing> {
  const [row] = await sql<[Firing]>`
    select count(*)::int as active,
      coalesce(greatest(0, extract(epoch from clock_timestamp() - min(next_run_at))), 0)::float8 as lag_seconds,
      (select split_part(holder, '/', 1) from levqor_ops.leases
       where name = ${SCHEDULER_LEASE} and expires_at > clock_timestamp()) as leader
    from levqor_read.schedules where next_run_at is not null`;
  return row;
}

/** Every active schedule. */
export function activeSchedules(sql: Sql): Promise<Appointment[]> {
  return sql<Appointment[]>`
    select schedule_id, version, floor(extract(epoch from next_run_at) * 1000)::float8 as next_run_at
    from levqor_read.schedules where next_run_at is not null`;
}
