/** Claiming a job: `job.started`, appended with the version that is known, so that of two workers one meets a conflict. */
import type { EventMeta } from "../../events/envelope.ts";
import type { KnownEvent, KnownNewEvent } from "../../events/mod.ts";
import { type JobState, jobDecider } from "../domain/job.ts";
import { AppendInDoubtError, type EventLog } from "../log/mod.ts";
import { jobStream, readJob } from "./commands.ts";
import { untilKnown } from "./until_known.ts";

export interface ClaimRequest {
  readonly job_id: string;
  /** The job as it is known, and the version of its stream then. */
  readonly state: JobState;
  readonly version: number;
  /** Who claims. Its name must be its own: it tells this claim from another's. */
  readonly worker: string;
  readonly lease_seconds: number;
  /** The connector's own limit of attempts, where it has one. */
  readonly max_attempts?: number;
  /** An outside worker claims it. */
  readonly outside?: boolean;
  readonly meta: EventMeta;
  /** Fires when an append whose outcome is in doubt is no longer to be cleared up. */
  readonly signal: AbortSignal;
}

export type ClaimResult =
  | {
      readonly ok: true;
      /** The job as it is claimed. */
      readonly state: JobState;
      readonly version: number;
    }
  /** `conflict`: the job has changed, another was faster. `refused`: it cannot be started as it is known. */
  | { readonly ok: false; readonly reason: "conflict" | "refused" };

/** Claims a job. Throws what `log.append` throws where nothing was recorded, or where that is not known. */
export async function claim(log: Pick<EventLog, "append" | "readStream">, request: ClaimRequest): Promise<ClaimResult> {
  const { job_id, state, version, worker, lease_seconds, max_attempts, outside, meta, signal } = request;
  const events = jobDecider.decide({ type: "start", worker, lease_seconds, max_attempts, outside }, state);
  if ("rejected" in events) return { ok: false, reason: "refused" };
  try {
    const result = await log.append({ stream_id: jobStream(job_id), expected_version: version, events, meta });
    if (!result.ok) return { ok: false, reason: "conflict" };
    return { ok: true, state: after(state, events as readonly KnownNewEvent[], result), version: result.version };
  } catch (error) {
    if (!(error instanceof AppendInDoubtError)) throw error;
    const recorded = await untilKnown(() => readJob(log, job_id), { signal });
    const now = recorded?.state;
    if (recorded && now?.status === "running" && now.worker === worker && now.attempt === state.attempt + 1) {
      return { ok: true, state: recorded.state, version: recorded.version };
    }
    if (!now || now.status === "queued") throw error;
    return { ok: false, reason: "conflict" };
  }
}

/** The state that events lead to which have just been recorded. */
function after(state: JobState, events: readonly KnownNewEvent[], { recorded_at }: { recorded_at: string }): JobState {
  return events.reduce((before, event) => jobDecider.evolve(before, { ...event, recorded_at } as KnownEvent), state);
}
