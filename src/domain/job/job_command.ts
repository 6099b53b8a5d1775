/** The commands on a job, and why they may be refused. */
import type {
  JobCallbackAttempted,
  JobCallbackDelivered,
  JobCallbackFailed,
  JobError,
  JobPipelinePinned,
  JobReplayedFrom,
  JobStepReused,
  JobSubmitted,
} from "../../../events/job.ts";
import type { Rejection } from "../decider.ts";
import type { NewStepEvent } from "../pipeline/step_states.ts";
import type { Ending } from "../pipeline/steps.ts";

/** The job of which this is a replay, and what it reuses. */
export interface Replays extends JobReplayedFrom {
  /** The outputs of the steps before `from_step`. */
  readonly reused: readonly JobStepReused[];
  /** The stored pipeline at the origin's version: the outputs belong to its steps. */
  readonly pipeline: JobPipelinePinned | null;
}

/** Reports name the attempt that they are for; `any` is for reports by hand, whoever has the claim. */
export type ReportedAttempt = number | "any";

export type JobCommand =
  | { readonly type: "submit"; readonly submission: JobSubmitted; readonly replays?: Replays | undefined }
  | {
      readonly type: "start";
      readonly worker: string;
      readonly lease_seconds: number;
      /** The connector's own limit. */
      readonly max_attempts?: number;
      /** An external worker claims it. */
      readonly external?: boolean;
      /** The stored pipeline that it runs from now on. */
      readonly pipeline?: JobPipelinePinned;
    }
  | { readonly type: "heartbeat"; readonly attempt: number; readonly lease_seconds: number }
  /**
   * Milliseconds since 1970 by the database's clock, which also set the lease. `lease_expires_at`: of the lease that had expired
   * by `now`: if another was recorded since, the clock may have been set back in between.
   */
  | {
      readonly type: "release";
      readonly attempt: number;
      readonly reason: "lease_expired";
      readonly lease_expires_at: number;
      readonly now: number;
    }
  | { readonly type: "release"; readonly attempt: number; readonly reason: "worker_lost" | "worker_stopping" }
  | { readonly type: "complete"; readonly attempt: ReportedAttempt; readonly result: unknown }
  /** `retry`: the fault is retryable, so another attempt is to follow after the delay, if one is left. */
  | {
      readonly type: "fail";
      readonly attempt: ReportedAttempt;
      readonly error: JobError;
      readonly retry?: { readonly in_seconds: number };
    }
  /** The outcomes of steps, and how they end the attempt, if they do. */
  | {
      readonly type: "step";
      readonly attempt: number;
      readonly events: readonly NewStepEvent[];
      readonly ending: Ending | null;
    }
  | {
      readonly type: "approve";
      readonly step: string;
      readonly approved: boolean;
      readonly by: string;
      readonly comment?: string;
      /** All actors that count as one party with `by`, including itself. */
      readonly party: ReadonlySet<string>;
    }
  /** Ends the job, whatever it does. Does nothing if it is already cancelled. */
  | { readonly type: "cancel"; readonly reason?: string }
  /** `now`: milliseconds since 1970 by the database's clock. */
  | { readonly type: "expire"; readonly now: number }
  | { readonly type: "callback_attempted"; readonly delivery: JobCallbackAttempted }
  | { readonly type: "callback_delivered"; readonly delivery: JobCallbackDelivered }
  | { readonly type: "callback_failed"; readonly delivery: JobCallbackFailed }
  | { readonly type: "request_callback" };

/** Why a command was refused. */
export type JobRejectionCode =
  | "job_exists"
  | "job_not_found"
  | "job_finished"
  | "job_not_queued"
  | "attempt_superseded"
  | "lease_not_expired"
  | "held_externally"
  | "job_not_expired"
  | "step_not_waiting"
  | "already_decided"
  | "self_approval_refused"
  | "job_not_finished"
  | "callback_not_wanted"
  | "callback_requests_used"
  | "callback_not_pending"
  | "callback_superseded";

export interface JobRejection extends Rejection {
  readonly code: JobRejectionCode;
}

export function refuse(code: JobRejectionCode, message: string): JobRejection {
  return { rejected: true, code, message };
}
