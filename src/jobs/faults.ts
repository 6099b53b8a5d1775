/**
 * Handles exceptions while one job is processed. Retryable ones (the log is down) are retried; anything else fails that
 * job, on record, and affects nothing else.
 */
import { type EventMeta, eventId, type StoredEvent } from "../../events/envelope.ts";
import type { JobError } from "../../events/job.ts";
import { jobStream } from "../../events/job.ts";
import type { EventType } from "../../events/mod.ts";
import { AppendRefusedError, type EventLog, pagesOf } from "../log/mod.ts";

/** The error of a failed job. Faults are not quoted: their text may contain the payload. */
export function errorOf(fault: unknown): JobError {
  if (fault instanceof AppendRefusedError) {
    return { code: "result_not_recordable", message: `The outcome cannot be recorded: ${fault.reason}.` };
  }
  return {
    code: "internal_fault",
    message: "The service encountered a fault in this job; its own log has the details.",
  };
}

const ENDS: ReadonlySet<string> = new Set<EventType>(["job.succeeded", "job.failed", "job.cancelled"]);

/**
 * Fails a job for good from its bare events: reading their contents, or deciding by them, may be what broke. Resolves
 * to whether it did: not if the job has finished, or is no longer at the `version` at which the fault occurred. Throws
 * what `log.append` throws.
 */
export async function failForGood(
  log: Pick<EventLog, "append" | "readStream">,
  { job_id, version, fault, actor }: { job_id: string; version?: number | undefined; fault: unknown; actor: string },
): Promise<boolean> {
  const stream_id = jobStream(job_id);
  let last: StoredEvent | undefined;
  let attempt = 0;
  for await (const page of pagesOf(log, { stream_id })) {
    last = page.at(-1);
    if (page.some(({ type }) => ENDS.has(type))) return false;
    attempt += page.filter(({ type }) => type === "job.started").length;
  }
  if (!last || (version !== undefined && last.version !== version)) return false;
  const meta: EventMeta = { actor, correlation_id: job_id, causation_id: eventId(last) };
  const events = [{ type: "job.failed", data: { attempt, error: errorOf(fault) } }] as const;
  const { ok } = await log.append({ stream_id, expected_version: last.version, events, meta });
  return ok;
}

/** The same at every attempt of the callback. */
export function webhookId(jobId: string): string {
  return `msg_${jobId}`;
}

/** Fails a due callback, from the bare events of its job. Throws what `log.append` throws. */
export async function failCallbackForGood(
  log: Pick<EventLog, "append" | "readStream">,
  { job_id, fault, actor }: { job_id: string; fault: unknown; actor: string },
): Promise<void> {
  const stream_id = jobStream(job_id);
  let last: StoredEvent | undefined;
  let attempt = 1;
  for await (const page of pagesOf(log, { stream_id })) {
    last = page.at(-1);
    for (const { type } of page) {
      if (type === "job.callback_requested") attempt = 1;
      else if (type === "job.callback_attempted") attempt++;
    }
  }
  // Delivered or failed: another was faster.
  if (!last || last.type === "job.callback_delivered" || last.type === "job.callback_failed") return;
  const data = { webhook_id: webhookId(job_id), attempt, error: errorOf(fault) };
  const meta: EventMeta = { actor, correlation_id: job_id, causation_id: eventId(last) };
  const events = [{ type: "job.callback_failed", data }] as const;
  await log.append({ stream_id, expected_version: last.version, events, meta });
}
