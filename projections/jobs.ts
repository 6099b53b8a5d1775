/** Where every job stands: what lists, status queries and claiming workers look at. No payloads, no results. */
import type { Priority } from "../events/job.ts";
import { entityId, type KnownEvent } from "../events/mod.ts";
import type { Projection } from "./projection.ts";

/** One job. Times are RFC 3339, UTC. */
export type JobRow = {
  job_id: string;
  workflow: string;
  status: "queued" | "running" | "succeeded" | "failed" | "cancelled";
  priority: Priority;
  /** The number of the latest attempt; 0 before the first. */
  attempt: number;
  /** The version of the job's stream: what the next append to it expects. */
  version: number;
  /** Where the log holds `job.submitted`: the order of intake. */
  position: number;
  created_at: string;
  /** When the latest event was recorded. */
  updated_at: string;
  /** When the latest attempt started. */
  started_at: string | null;
  finished_at: string | null;
  /** Who runs it, or ran it last. `null` while no attempt has started, and after a claim was released. */
  worker: string | null;
  /** When the claim lapses; `null` unless running. */
  lease_expires_at: string | null;
  /** `none`: nobody asked for one. `waiting`: for the job's end. `pending`: to be made. */
  callback: "none" | "waiting" | "pending" | "delivered" | "failed";
};

export const jobs: Projection<JobRow> = {
  name: "jobs",
  version: 1,
  reads: [
    "job.submitted",
    "job.started",
    "job.heartbeat",
    "job.released",
    "job.succeeded",
    "job.failed",
    "job.callback_delivered",
    "job.callback_failed",
  ],
  columns: {
    job_id: { type: "uuid" },
    workflow: { type: "text" },
    status: { type: "text" },
    priority: { type: "text" },
    attempt: { type: "int" },
    version: { type: "int" },
    position: { type: "bigint" },
    created_at: { type: "timestamptz" },
    updated_at: { type: "timestamptz" },
    started_at: { type: "timestamptz", nullable: true },
    finished_at: { type: "timestamptz", nullable: true },
    worker: { type: "text", nullable: true },
    lease_expires_at: { type: "timestamptz", nullable: true },
    callback: { type: "text" },
  },
  key: "job_id",
  indexes: [
    // Lists, newest first: all, by workflow, by status.
    "(position)",
    "(workflow, position)",
    // Most jobs succeed: those are found by position. Of jobs that wait or run there are few, or many new ones.
    "(status, position) where status in ('failed', 'cancelled')",
    // Rows lie roughly in the order of time: block ranges are enough, and cost next to nothing to keep.
    "using brin (created_at) with (autosummarize = on)",
    // What a worker may claim next, what a dead worker held, what is to be called back.
    "(priority, position) where status = 'queued'",
    "(lease_expires_at) where status = 'running'",
    "(position) where callback = 'pending'",
  ],

  keyOf: (event) => entityId(event.stream_id),
  begins: (event) => event.version === 1,

  evolve(row, event) {
    if (event.type === "job.submitted") {
      if (row) throw new Error(`Cannot submit job ${row.job_id}: it exists since position ${row.position}`);
      return {
        job_id: entityId(event.stream_id),
        workflow: event.data.workflow,
        status: "queued",
        priority: event.data.priority ?? "normal",
        attempt: 0,
        version: event.version,
        position: event.position,
        created_at: event.recorded_at,
        updated_at: event.recorded_at,
        started_at: null,
        finished_at: null,
        worker: null,
        lease_expires_at: null,
        callback: event.data.callback_url === undefined ? "none" : "waiting",
      };
    }
    if (!row) throw new Error(`Cannot apply ${event.type} to ${event.stream_id}: nothing was submitted`);
    return { ...row, ...changes(row, event), version: event.version, updated_at: event.recorded_at };
  },
};

function changes(row: JobRow, event: KnownEvent): Partial<JobRow> {
  switch (event.type) {
    case "job.started":
      return {
        status: "running",
        attempt: event.data.attempt,
        started_at: event.recorded_at,
        worker: event.data.worker,
        lease_expires_at: secondsAfter(event.recorded_at, event.data.lease_seconds),
      };
    case "job.heartbeat":
      return { lease_expires_at: secondsAfter(event.recorded_at, event.data.lease_seconds) };
    case "job.released":
      return { status: "queued", worker: null, lease_expires_at: null };
    case "job.succeeded":
      return { status: "succeeded", ...finished(row, event.recorded_at) };
    case "job.failed":
      return { status: "failed", ...finished(row, event.recorded_at) };
    case "job.callback_delivered":
      return { callback: "delivered" };
    case "job.callback_failed":
      return { callback: "failed" };
    default:
      return {};
  }
}

function finished(row: JobRow, at: string): Partial<JobRow> {
  return {
    finished_at: at,
    lease_expires_at: null,
    callback: row.callback === "waiting" ? "pending" : row.callback,
  };
}

function secondsAfter(time: string, seconds: number): string {
  return new Date(Date.parse(time) + seconds * 1000).toISOString();
}
