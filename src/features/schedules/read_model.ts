/** The scheduler's queries of the read model. It may lag behind the log: check the log before acting on them. */
import type { Sql } from "../../db/mod.ts";
import type { ScheduledRun } from "./agenda.ts";

export function activeSchedules(sql: Sql): Promise<ScheduledRun[]> {
  return sql<ScheduledRun[]>`
    select schedule_id, version, floor(extract(epoch from next_run_at) * 1000)::float8 as next_run_at
    from levqor_read.schedules where next_run_at is not null`;
}
