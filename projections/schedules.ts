/** The state of every schedule, for lists and for the scheduler to start from. No payloads. */
import { accountOf, chargedTo } from "../events/account.ts";
import { entityId } from "../events/mod.ts";
import { defineProjection } from "./projection.ts";
import { usesColumn } from "./uses.ts";

/** One schedule that has not been deleted. Times are RFC 3339, UTC. */
export type ScheduleRow = {
  schedule_id: string;
  name: string;
  status: "active" | "paused";
  cron: string;
  time_zone: string;
  misfire_grace_seconds: number;
  /** Of the job that it submits. */
  workflow: string;
  /** The connectors that the job's own steps use, one per line; `null`: it has no steps, or they use none. */
  uses: string | null;
  /** The version of the schedule's stream. */
  version: number;
  /** The position of `schedule.created`. */
  position: number;
  created_at: string;
  /** When the latest event was recorded. */
  updated_at: string;
  /** The next instant to fire; `null` unless active. */
  next_run_at: string | null;
  /** The latest instant that was fired. */
  last_run_at: string | null;
  last_job_id: string | null;
  /** Instants fired so far. */
  runs: number;
  /** Instants misfired so far, as far as they were counted. */
  misfires: number;
  /** The account that it belongs to. */
  account: string;
  /** Whose share it uses; `null`: nobody's, as for what the operator stores. */
  charged_to: string | null;
};

export const schedules = defineProjection({
  name: "schedules",
  version: 5,
  reads: [
    "schedule.created",
    "schedule.updated",
    "schedule.paused",
    "schedule.resumed",
    "schedule.deleted",
    "schedule.fired",
    "schedule.misfired",
    "schedule.triggered",
  ],
  columns: {
    schedule_id: { type: "uuid" },
    name: { type: "text" },
    status: { type: "text" },
    cron: { type: "text" },
    time_zone: { type: "text" },
    misfire_grace_seconds: { type: "int" },
    workflow: { type: "text" },
    uses: { type: "text", nullable: true },
    version: { type: "int" },
    position: { type: "bigint" },
    created_at: { type: "timestamptz" },
    updated_at: { type: "timestamptz" },
    next_run_at: { type: "timestamptz", nullable: true },
    last_run_at: { type: "timestamptz", nullable: true },
    last_job_id: { type: "uuid", nullable: true },
    runs: { type: "int" },
    misfires: { type: "int" },
    account: { type: "text" },
    charged_to: { type: "text", nullable: true },
  },
  key: "schedule_id",
  indexes: [
    // Lists, newest first.
    "(account, position)",
    // What is due, and what is next.
    "(next_run_at) where next_run_at is not null",
  ],

  evolve(row: ScheduleRow | null, event): ScheduleRow | null {
    if (event.type === "schedule.created") {
      if (row) throw new Error(`Cannot create schedule ${row.schedule_id}: it exists since position ${row.position}`);
      const { job, ...definition } = event.data;
      return {
        schedule_id: entityId(event.stream_id),
        ...definition,
        status: "active",
        workflow: job.workflow,
        uses: usesColumn(job.steps),
        version: event.version,
        position: event.position,
        created_at: event.recorded_at,
        updated_at: event.recorded_at,
        last_run_at: null,
        last_job_id: null,
        runs: 0,
        misfires: 0,
        account: accountOf(event.meta),
        charged_to: chargedTo(event.meta),
      };
    }
    if (!row) throw new Error(`Cannot apply ${event.type} to ${event.stream_id}: it was not created`);
    const after = { ...row, version: event.version, updated_at: event.recorded_at };
    switch (event.type) {
      case "schedule.updated": {
        const { job, authors: _, ...definition } = event.data;
        return { ...after, ...definition, workflow: job.workflow, uses: usesColumn(job.steps) };
      }
      case "schedule.paused":
        return { ...after, status: "paused", next_run_at: null };
      case "schedule.resumed":
        return { ...after, status: "active", next_run_at: event.data.next_run_at };
      case "schedule.deleted":
        return null;
      case "schedule.fired":
        return {
          ...after,
          next_run_at: event.data.next_run_at,
          last_run_at: event.data.instant,
          last_job_id: event.data.job_id,
          runs: row.runs + 1,
        };
      case "schedule.misfired":
        return { ...after, next_run_at: event.data.next_run_at, misfires: row.misfires + event.data.count };
      case "schedule.triggered":
        return after;
    }
  },
});
