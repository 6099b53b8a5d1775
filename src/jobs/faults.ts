/**
 * Handles exceptions while one job is processed. Retryable ones (the log is down) are retried; anything else is recorded
 * as the failure of that job, and affects nothing else.
 */
import { accountOf, ofAccount } from "../../events/account.ts";
import { type EventMeta, eventId, type StoredEvent } from "../../events/envelope.ts";
import type { JobError } from "../../events/job.ts";
import { jobStream } from "../../events/job.ts";
import { type EventType, type KnownNewEvent, metaOf } from "../../events/mod.ts";
import { AppendRefusedError, type EventLog, pagesOf } from "../log/mod.ts";

/** A job cannot run without its data. */
export class JobErasedError extends Error {
  override readonly name = "JobErasedError";
  override readonly message = "The data of the job's subject was erased";
}

/** The error of a failed job. Faults are not quoted: their text may contain the payload. */
export function errorOf(fault: unknown): JobError {
  if (fault instanceof AppendRefusedError) {
    return { code: "result_not_recordable", message: `The outcome cannot be recorded: ${fault.reason}.` };
  }
  if (fault instanceof JobErasedError) {
    return { code: "subject_erased", message: "The job did not run: the data of its subject was erased." };
  }
  return {
    code: "internal_fault",
    message: "The service encountered a fault in this job; its own log has the details.",
  };
}

const ENDS: ReadonlySet<string> = new Set<EventType>(["job.succeeded", "job.failed", "job.cancelled"]);

interface Failing {
  readonly job_id: string;
  readonly fault: unknown;
  readonly actor: string;
  /** Of the job's stream at the fault: if it has changed since, nothing fails. Absent: whichever it has. */
  readonly version?: number | undefined;
}

type Log = Pick<EventLog, "append" | "readStream">;

/** Fails a job for good, unless it has finished. Resolves to whether it did. Throws what `log.append` throws. */
export function failForGood(log: Log, failing: Failing): Promise<boolean> {
  return failByTypes(log, failing, (types) => {
    if (types.some((type) => ENDS.has(type))) return undefined;
    const attempt = types.filter((type) => type === "job.started").length;
    return { type: "job.failed", data: { attempt, error: errorOf(failing.fault) } };
  });
}

/** The same at every attempt of the callback. */
export function webhookId(jobId: string): string {
  return `msg_${jobId}`;
}

/** Fails a due callback for good, unless another was faster. Resolves to whether it did. Throws what `log.append` throws. */
export function failCallbackForGood(log: Log, failing: Failing): Promise<boolean> {
  return failByTypes(log, failing, (types) => {
    const last = types.at(-1);
    if (last === "job.callback_delivered" || last === "job.callback_failed") return undefined;
    const since = types.slice(types.lastIndexOf("job.callback_requested") + 1);
    const attempt = 1 + since.filter((type) => type === "job.callback_attempted").length;
    const data = { webhook_id: webhookId(failing.job_id), attempt, error: errorOf(failing.fault) };
    return { type: "job.callback_failed", data };
  });
}

/**
 * Appends a failure that follows from the types of a job's events alone: reading their contents, or deciding by them, may be
 * what broke, so this is not for the decider.
 */
async function failByTypes(
  log: Log,
  { job_id, actor, version }: Failing,
  failure: (types: readonly string[]) => KnownNewEvent | undefined,
): Promise<boolean> {
  const stream_id = jobStream(job_id);
  const types: string[] = [];
  let first: StoredEvent | undefined;
  let last: StoredEvent | undefined;
  for await (const page of pagesOf(log, { stream_id })) {
    first ??= page[0];
    last = page.at(-1);
    types.push(...page.map(({ type }) => type));
  }
  if (!first || !last || (version !== undefined && last.version !== version)) return false;
  const event = failure(types);
  if (!event) return false;
  const { subject, ...about } = metaOf(first);
  const meta: EventMeta = {
    actor,
    ...ofAccount(accountOf(about)),
    ...(subject !== undefined && { subject }),
    correlation_id: job_id,
    causation_id: eventId(last),
  };
  return (await log.append({ stream_id, expected_version: last.version, events: [event], meta })).ok;
}
