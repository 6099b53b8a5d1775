/** What the service tells of itself that only the database knows. */
import type { Sql } from "../../db/mod.ts";
import { SCHEDULER_LEASE } from "../../domain/schedule.ts";

/** How the firing of schedules does. */
export interface SchedulerHealth {
  /** The process that leads; `null` where none does. */
  readonly leader: string | null;
  /** Schedules that are to run again. */
  readonly active: number;
  /** For how long one has been due that was not fired. */
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
