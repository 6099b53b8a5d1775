/**
 * Which faults are retryable, and how long to wait before the next attempt.
 *
 * The delay grows from `initial_seconds` by `factor` with each attempt that was used, up to `max_seconds`; up to a half
 * of it is subtracted at random, so that simultaneous failures are not retried together. The external service's
 * `Retry-After` is a minimum.
 */
import { MAX_RETRY_AFTER } from "../../../connectors/retry_after.ts";
import type { Backoff } from "../../../events/backoff.ts";
import type { JobError } from "../../../events/job.ts";
import type { JobState } from "../../domain/job/job_state.ts";

/**
 * `retry`: the same attempt may well succeed later. `final`: it would fail the same way, or must not be made twice.
 * `by_status`: depends on the status in `detail`. A code that is not listed is final: whoever adds an error code says
 * here what it means.
 */
export const ERROR_CLASSES: Readonly<Record<string, "retry" | "final" | "by_status">> = {
  // For any attempt.
  attempt_timeout: "retry",
  connector_fault: "retry", // an unexpected fault may well be temporary
  internal_fault: "final", // it would occur again, and may affect others
  invalid_payload: "final",
  result_not_json: "final",
  result_not_recordable: "final",
  result_too_deep: "final",
  result_too_large: "final",
  subject_erased: "final",
  // For steps.
  expression_failed: "final",
  expression_too_costly: "final",
  outputs_too_large: "final",
  step_errors_too_large: "final",
  step_timeout: "retry",
  too_many_step_runs: "final",
  unknown_connector: "retry", // another worker may have it: versions differ during a rollout
  // For connectors.
  address_refused: "final",
  connection_failed: "retry",
  mail_rejected: "final",
  mail_unavailable: "retry",
  malformed_answer: "final", // the request was answered: what it asks for may be done
  timeout: "retry",
  unexpected_status: "by_status",
};

/** Statuses of a response after which the same request may succeed. */
const RETRYABLE_STATUSES: ReadonlySet<unknown> = new Set([
  408, // the service waited too long for the request
  425, // too early
  429, // too many requests
  500,
  502,
  503,
  504,
]);

/** The default delay, if neither job nor connector sets one: 1, 2, 4, 8 … 300 seconds, less jitter. */
const DEFAULT_BACKOFF = { initial_seconds: 1, factor: 2, max_seconds: 300 } as const satisfies Backoff;

/** Whether the same attempt may succeed later. */
export function isRetryable({ code, detail }: JobError): boolean {
  const kind = ERROR_CLASSES[code] ?? "final";
  return kind === "by_status"
    ? RETRYABLE_STATUSES.has((detail as { status?: unknown } | undefined)?.status)
    : kind === "retry";
}

/** Seconds before the attempt that follows the one that has just failed. */
export function retryDelay(
  { backoff, attempts_used }: Pick<JobState, "backoff" | "attempts_used">,
  {
    connector = {},
    retry_after = 0,
  }: {
    /** The connector's own delays. */
    connector?: Backoff;
    /** The external service's Retry-After, in seconds. */
    retry_after?: number;
  } = {},
): number {
  const { initial_seconds, factor, max_seconds } = { ...DEFAULT_BACKOFF, ...connector, ...backoff };
  const pause = Math.min(max_seconds, initial_seconds * factor ** attempts_used);
  return Math.max(pause * (0.5 + Math.random() / 2), Math.min(retry_after, MAX_RETRY_AFTER));
}
