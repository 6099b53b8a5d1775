/** The state of every job, for lists, status queries and claiming workers. No payloads, no results. */
import { accountOf, chargedTo } from "../events/account.ts";
import { expiresAt, firstDueAt, type Priority } from "../events/job.ts";
import { entityId } from "../events/mod.ts";
import { secondsAfter, toTimeOrNull } from "../events/time.ts";
import { defineProjection, type ReadEvent } from "./projection.ts";
import { usesColumn } from "./uses.ts";

/** One job. Times are RFC 3339, UTC. */
export type JobRow = {
  job_id: string;
  workflow: string;
  status: "queued" | "running" | "succeeded" | "failed" | "cancelled";
  priority: Priority;
  /** An account's jobs of one workflow with the same key share its limits. */
  concurrency_key: string | null;
  /** The account that it belongs to; `system`: the service submitted it itself. */
  account: string;
  /** Whose data it has, as the vault names them; `null`: nobody's. */
  subject: string | null;
  /** Whose share of the queue it uses while it waits, and of a worker's slots while it runs; `null`: the operator's. */
  charged_to: string | null;
  /** Who has claimed it for an external worker; `null`: nobody, or the operator. */
  claimant: string | null;
  /** The job of which this is a replay. */
  origin_job_id: string | null;
  /** The connectors that its own steps use, one per line; `null`: it has no steps, or they use none. */
  uses: string | null;
  /** Whether its own steps, or those of the pipeline that it started with, are known: then any worker may run it, whatever its workflow. */
  has_steps: boolean;
  /** The step in which it waits, while it is suspended. */
  suspended_in: string | null;
  /** The number of the latest attempt; 0 before the first. */
  attempt: number;
  /** The version of the job's stream: what the next append to it expects. */
  version: number;
  /** The position of `job.submitted`: the order of intake. */
  position: number;
  created_at: string;
  /** When the latest event was recorded. */
  updated_at: string;
  /** When the latest attempt started. */
  started_at: string | null;
  finished_at: string | null;
  /** Not to be started before; `null` unless it is queued and has such a time. */
  due_at: string | null;
  /** What it waits for until it is due, for example `retry`; `null`: only for a worker. */
  waiting: string | null;
  /** When its time is up, as long as it has not finished. */
  expires_at: string | null;
  /** Of the error that the job failed with, or of its latest attempt while it waits for the next; `null` otherwise. */
  error_code: string | null;
  /** Who is running it, or ran it last. `null` while no attempt has started, and after a claim was released. */
  worker: string | null;
  /** When the lease expires; `null` unless running. */
  lease_expires_at: string | null;
  /**
   * `none`: there is none. `waiting`: for the job to finish. `pending`: the worker that finished the job is about to
   * send it. `scheduled`: it is due at `callback_due_at`.
   */
  callback: "none" | "waiting" | "pending" | "scheduled" | "delivered" | "failed";
  /** When the next attempt at the callback is due; `null` unless it is pending or scheduled. */
  callback_due_at: string | null;
};

export const jobs = defineProjection({
  name: "jobs",
  version: 13,
  reads: [
    "job.submitted",
    "job.started",
    "job.heartbeat",
    "job.released",
    "job.retry_scheduled",
    "job.succeeded",
    "job.failed",
    "job.cancelled",
    "job.replayed_from",
    "job.step_reused",
    "job.pipeline_pinned",
    "job.step_started",
    "job.step_succeeded",
    "job.step_failed",
    "job.step_skipped",
    "job.suspended",
    "job.approval_given",
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
    concurrency_key: { type: "text", nullable: true },
    account: { type: "text" },
    subject: { type: "text", nullable: true },
    charged_to: { type: "text", nullable: true },
    claimant: { type: "text", nullable: true },
    origin_job_id: { type: "uuid", nullable: true },
    uses: { type: "text", nullable: true },
    has_steps: { type: "boolean" },
    suspended_in: { type: "text", nullable: true },
    attempt: { type: "int" },
    version: { type: "int" },
    position: { type: "bigint" },
    created_at: { type: "timestamptz" },
    updated_at: { type: "timestamptz" },
    started_at: { type: "timestamptz", nullable: true },
    finished_at: { type: "timestamptz", nullable: true },
    due_at: { type: "timestamptz", nullable: true },
    waiting: { type: "text", nullable: true },
    expires_at: { type: "timestamptz", nullable: true },
    error_code: { type: "text", nullable: true },
    worker: { type: "text", nullable: true },
    lease_expires_at: { type: "timestamptz", nullable: true },
    callback: { type: "text" },
    callback_due_at: { type: "timestamptz", nullable: true },
  },
  key: "job_id",
  indexes: [
    // Lists, newest first: all, by workflow, by status.
    "(account, position)",
    "(account, workflow, position)",
    // Most jobs succeed: those are found by position. There are few waiting or running jobs, or many new ones.
    "(account, status, position) where status in ('failed', 'cancelled')",
    // Rows are roughly ordered by time: block ranges are enough, and cost next to nothing to maintain.
    "using brin (created_at) with (autosummarize = on)",
    "using brin (finished_at) with (autosummarize = on)",
    "(account, error_code, position) where error_code is not null",
    "(origin_job_id) where origin_job_id is not null",
    "(subject, position) where subject is not null",
    // How many jobs of a caller wait, and how many a caller has claimed.
    "(charged_to) where status = 'queued' and charged_to is not null",
    "(claimant) where claimant is not null",
    // What a worker may claim next, now and later; a dead worker's jobs; jobs whose time is up; callbacks that are due.
    "(workflow, priority, position) where status = 'queued' and due_at is null",
    "(account, workflow, priority, position) where status = 'queued' and due_at is null",
    "(priority, position) where status = 'queued' and due_at is null and has_steps",
    "(charged_to, priority, position) where status = 'queued' and due_at is null and charged_to is not null",
    "(workflow, priority, due_at, job_id) where status = 'queued' and due_at is not null",
    "(account, workflow, priority, due_at, job_id) where status = 'queued' and due_at is not null",
    "(priority, due_at, job_id) where status = 'queued' and due_at is not null and has_steps",
    "(account, workflow, concurrency_key, priority, position) where status = 'queued' and concurrency_key is not null",
    "(lease_expires_at) where status = 'running'",
    // Which callers have running jobs.
    "(charged_to) where status = 'running' and charged_to is not null",
    "(expires_at) where expires_at is not null",
    "(callback_due_at) where callback_due_at is not null",
  ],

  evolve(row: JobRow | null, event): JobRow | null {
    if (event.type === "job.submitted") {
      if (row) throw new Error(`Cannot submit job ${row.job_id}: it exists since position ${row.position}`);
      const due_at = firstDueAt(event.data, event.recorded_at);
      return {
        job_id: entityId(event.stream_id),
        workflow: event.data.workflow,
        status: "queued",
        priority: event.data.priority ?? "normal",
        concurrency_key: event.data.concurrency_key ?? null,
        account: accountOf(event.meta),
        subject: event.meta.subject ?? null,
        charged_to: chargedTo(event.meta),
        claimant: null,
        origin_job_id: null,
        uses: usesColumn(event.data.steps),
        has_steps: event.data.steps !== undefined,
        suspended_in: null,
        attempt: 0,
        version: event.version,
        position: event.position,
        created_at: event.recorded_at,
        updated_at: event.recorded_at,
        started_at: null,
        finished_at: null,
        due_at: toTimeOrNull(due_at),
        waiting: due_at === null ? null : "run_at",
        expires_at: toTimeOrNull(expiresAt(event.data, event.recorded_at)),
        error_code: null,
        worker: null,
        lease_expires_at: null,
        callback: event.data.callback_url === undefined ? "none" : "waiting",
        callback_due_at: null,
      };
    }
    if (!row) throw new Error(`Cannot apply ${event.type} to ${event.stream_id}: it was not submitted`);
    const after = { ...row, version: event.version, updated_at: event.recorded_at };
    apply(event, after);
    return after;
  },
});

type LaterEvent = Exclude<ReadEvent<typeof jobs.reads>, { type: "job.submitted" }>;

/** Changes a job's row for any event but its first. */
function apply(event: LaterEvent, row: JobRow): void {
  switch (event.type) {
    case "job.started":
      row.status = "running";
      row.attempt = event.data.attempt;
      row.started_at = event.recorded_at;
      row.due_at = null;
      row.waiting = null;
      row.suspended_in = null;
      row.error_code = null;
      row.worker = event.data.worker;
      row.claimant = event.data.external ? chargedTo(event.meta) : null;
      row.lease_expires_at = secondsAfter(event.recorded_at, event.data.lease_seconds);
      break;
    case "job.heartbeat":
      row.lease_expires_at = secondsAfter(event.recorded_at, event.data.lease_seconds);
      break;
    case "job.released":
      row.status = "queued";
      row.worker = null;
      row.claimant = null;
      row.lease_expires_at = null;
      break;
    case "job.retry_scheduled":
      row.status = "queued";
      row.worker = null;
      row.claimant = null;
      row.lease_expires_at = null;
      row.due_at = secondsAfter(event.recorded_at, event.data.retry_in_seconds);
      row.waiting = "retry";
      row.error_code = event.data.error.code;
      break;
    case "job.step_failed":
      row.error_code = event.data.error.code;
      break;
    case "job.suspended":
      row.status = "queued";
      row.worker = null;
      row.claimant = null;
      row.lease_expires_at = null;
      row.due_at = event.data.until;
      row.waiting = event.data.waiting;
      row.suspended_in = event.data.step;
      if (event.data.waiting !== "retry") row.error_code = null;
      break;
    case "job.approval_given":
      row.due_at = null;
      row.waiting = null;
      break;
    case "job.succeeded":
      finish(row, "succeeded", event);
      break;
    case "job.failed":
      finish(row, "failed", event);
      row.error_code = event.data.error.code;
      break;
    case "job.cancelled":
      finish(row, "cancelled", event);
      break;
    case "job.replayed_from":
      row.origin_job_id = event.data.origin_job_id;
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
    case "job.pipeline_pinned":
      row.has_steps = true;
      break;
    case "job.step_reused":
    case "job.step_started":
    case "job.step_succeeded":
    case "job.step_skipped":
      break;
    default:
      event satisfies never;
  }
}

function finish(row: JobRow, status: JobRow["status"], event: LaterEvent): void {
  row.status = status;
  row.finished_at = event.recorded_at;
  row.claimant = null;
  row.due_at = null;
  row.waiting = null;
  row.suspended_in = null;
  row.expires_at = null;
  row.error_code = null;
  row.lease_expires_at = null;
  if (row.callback !== "waiting") return;
  row.callback = event.meta.actor.startsWith("worker:") ? "pending" : "scheduled";
  row.callback_due_at = event.recorded_at;
}
