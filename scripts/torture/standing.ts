/** A job's state according to its history: by the torture's own interpretation of events, not by the service's. */
import type { LogEvent } from "./observer.ts";

export interface Standing {
  readonly status: "queued" | "running" | "succeeded" | "failed" | "cancelled";
  /** What still has to happen; `undefined`: nothing, or nothing that would happen by itself. */
  readonly open: string | undefined;
  readonly callback: "none" | "pending" | "delivered" | "failed";
}

export const ENDS: ReadonlySet<string> = new Set(["job.succeeded", "job.failed", "job.cancelled"]);

/** A job's status after an event; the others do not change it. */
const STATUS_AFTER: Readonly<Record<string, Standing["status"]>> = {
  "job.started": "running",
  "job.released": "queued",
  "job.retry_scheduled": "queued",
  "job.suspended": "queued",
  "job.succeeded": "succeeded",
  "job.failed": "failed",
  "job.cancelled": "cancelled",
};

const CALLBACK_AFTER: Readonly<Record<string, Standing["callback"]>> = {
  "job.succeeded": "pending",
  "job.failed": "pending",
  "job.cancelled": "pending",
  "job.callback_delivered": "delivered",
  "job.callback_failed": "failed",
  "job.callback_requested": "pending",
};

/** A job that is due later than this after its intake is not waited for. */
const SOON_MS = 3_600_000;

/** `isRun`: whether anybody runs a workflow. */
export function standingOf(history: readonly LogEvent[], isRun: (workflow: string) => boolean): Standing {
  const [submitted] = history;
  const { workflow, callback_url, run_at } = submitted?.data ?? {};
  const isFar = run_at !== undefined && Date.parse(run_at) > (submitted?.recorded_at ?? 0) + SOON_MS;
  let status: Standing["status"] = "queued";
  let callback: Standing["callback"] = "none";
  let approval = false;
  for (const { type, data } of history) {
    if (type === "job.suspended") approval = data.waiting === "approval";
    else if (type === "job.approval_given") approval = false;
    status = STATUS_AFTER[type] ?? status;
    if (callback_url !== undefined) callback = CALLBACK_AFTER[type] ?? callback;
  }
  const waits = status === "queued" && (approval || isFar || !isRun(workflow));
  if ((status === "queued" || status === "running") && !waits) return { status, callback, open: status };
  return { status, callback, open: callback === "pending" ? "callback" : undefined };
}
