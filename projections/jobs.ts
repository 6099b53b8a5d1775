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
  /**
   * `none`: nobody asked for one. `waiting`: for the job's end. `pending`: the worker that ended the job is about to
   * make it. `scheduled`: it is to be made at `callback_due_at`.
   */
  callback: "none" | "waiting" | "pending" | "scheduled" | "delivered" | "failed";
  /** When the next attempt at the callback is due; `null` unless it is pending or scheduled. */
  callback_due_at: string | null;
};

export const jobs: Projection<JobRow> = {
  name: "jobs",
  version: 2,
  reads: [
    "job.submitted",
    "job.started",
    "job.heartbeat",
    "job.released",
    "job.succeeded",
    "job.failed",
    "job.callback_attempted",
    "job.callback_delivered",
    "job.callback_failed",
    "job.callback_requested",
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
    callback_due_at: { type: "timestamptz", nullable: true },
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
    "(callback_due_at) where callback_due_at is not null",
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
        callback_due_at: null,
      };
    }
    if (!row) throw new Error(`Cannot apply ${event.type} to ${event.stream_id}: nothing was submitted`);
    const after = { ...row, version: event.version, updated_at: event.recorded_at };
    apply(event, after);
    return after;
  },
};

/** Changes a row of its own by an event that is not the job's first. */
function apply(event: KnownEvent, row: JobRow): void {
  switch (event.type) {
    case "job.started":
      row.status = "running";
      row.attempt = event.data.attempt;
      row.started_at = event.recorded_at;
      row.worker = event.data.worker;
      row.lease_expires_at = secondsAfter(event.recorded_at, event.data.lease_seconds);
      break;
    case "job.heartbeat":
      row.lease_expires_at = secondsAfter(event.recorded_at, event.data.lease_seconds);
      break;
    case "job.released":
      row.status = "queued";
      row.worker = null;
      row.lease_expires_at = null;
      break;
    case "job.succeeded":
      finish(row, "succeeded", event);
      break;
    case "job.failed":
      finish(row, "failed", event);
      break;
    case "job.callback_attempted":
      row.callback = "scheduled";
      row.callback_due_at = secondsAfter(event.recorded_at, event.data.retry_in_seconds);
      break;
    case "job.callback_delivered":
      row.callback = "delivered";
      row.callback_due_at = null;
      break;
    case "job.callback_failed":
      row.callback = "failed";
      row.callback_due_at = null;
      break;
    case "job.callback_requested":
      row.callback = "scheduled";
      row.callback_due_at = event.recorded_at;
      break;
  }
}

function finish(row: JobRow, status: JobRow["status"], event: KnownEvent): void {
  row.status = status;
  row.finished_at = event.recorded_at;
  row.lease_expires_at = null;
  if (row.callback !== "waiting") return;
  row.callback = event.meta.actor.startsWith("worker:") ? "pending" : "scheduled";
  row.callback_due_at = event.recorded_at;
}

function secondsAfter(time: string, seconds: number): string {
  return new Date(Date.parse(time) + seconds * 1000).toISOString();
}
