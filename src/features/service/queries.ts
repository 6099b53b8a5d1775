/** What the service reports about itself that only the database knows. */
import type { Sql } from "../../db/mod.ts";
import { SCHEDULER_LEASE } from "../../domain/schedule.ts";

/** The state of the scheduler. */
export interface SchedulerHealth {
  /** The leading process; `null` if there is none. */
  readonly leader: string | null;
  /** Schedules with a next run. */
  readonly active: number;
  /** How long the first due one has been due. */
  readonly lag_seconds: number;
}

export async function schedulerHealth(sql: Sql): Promise<SchedulerHealth> {
  const [row] = await sql<[SchedulerHealth]>`
    select count(*)::int as active,
      coalesce(greatest(0, extract(epoch from clock_timestamp() - min(next_run_at))), 0)::float8 as lag_seconds,
      (select split_part(holder, '/', 1) from levqor_ops.leases
       where name = ${SCHEDULER_LEASE} and expires_at > clock_timestamp()) as leader
    from levqor_read.schedules where next_run_at is not null`;
  return row;
}
