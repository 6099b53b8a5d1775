/** Claims a job: `job.started`, appended at the known version, so that one of two workers meets a conflict. */
import type { EventMeta } from "../../../events/envelope.ts";
import type { JobPipelinePinned } from "../../../events/job.ts";
import { jobStream } from "../../../events/job.ts";
import { decode, type KnownNewEvent } from "../../../events/mod.ts";
import { jobDecider } from "../../domain/job/job.ts";
import type { JobState } from "../../domain/job/job_state.ts";
import { isSameJson } from "../../json/mod.ts";
import { type Append, AppendInDoubtError, type EventLog } from "../../log/mod.ts";
import { inAccountOf, stateAfter } from "../commands.ts";
import type { HeldBack, Limits } from "../limits/limits.ts";
import { retryTransient } from "./retry_transient.ts";

export interface ClaimRequest {
  readonly job_id: string;
  /** The job as it is known, and the version of its stream then. */
  readonly state: JobState;
  readonly version: number;
  /** The claiming worker. */
  readonly worker: string;
  readonly lease_seconds: number;
  /** The connector's own limit of attempts, if it has one. */
  readonly max_attempts?: number;
  /** An external worker claims it. */
  readonly external?: boolean;
  /** The stored pipeline that the job runs, if any. */
  readonly pipeline?: JobPipelinePinned;
  /** Unique to this claim: distinguishes it from another's if the append's outcome is unknown. */
  readonly meta: EventMeta;
  /** The limits that must let the job run. */
  readonly limits: Limits;
  /** Fires when an append with an unknown outcome is no longer to be resolved. */
  readonly signal: AbortSignal;
}

export type ClaimResult =
  | {
      readonly ok: true;
      /** The claimed job. */
      readonly state: JobState;
      readonly version: number;
      /** The position of the claim. */
      readonly position: number;
    }
  /** `conflict`: the job has changed, another was faster. `refused`: it cannot start in the known state. */
  | { readonly ok: false; readonly reason: "conflict" | "refused" }
  /** A limit does not let it run now. */
  | { readonly ok: false; readonly reason: "held_back"; readonly held_back: HeldBack };

/** Claims a job. Throws what `log.append` throws if nothing was recorded, or if that is unknown. */
export async function claim(
  log: Pick<EventLog, "append" | "appendAll" | "readStream">,
  request: ClaimRequest,
): Promise<ClaimResult> {
  const { job_id, state, version, worker, lease_seconds, max_attempts, external, pipeline, signal } = request;
  const meta = inAccountOf(state, request.meta);
  const events = jobDecider.decide({ type: "start", worker, lease_seconds, max_attempts, external, pipeline }, state);
  if ("rejected" in events) return { ok: false, reason: "refused" };
  try {
    const started = await start(
      log,
      { stream_id: jobStream(job_id), expected_version: version, events, meta },
      { ...request, meta },
    );
    if (!started.ok) return started;
    const { position } = started;
    const claimed = stateAfter(state, events as readonly KnownNewEvent[], started);
    return { ok: true, state: claimed, version: started.version, position };
  } catch (error) {
    if (!(error instanceof AppendInDoubtError)) throw error;
    const read = () => log.readStream(jobStream(job_id), { after_version: version });
    const since = ((await retryTransient(read, { signal })) ?? []).map(decode);
    const next = since[0];
    if (!next) throw error;
    const now = since.reduce(jobDecider.evolve, state);
    const isHeld = now.status === "running" && now.attempt === state.attempt + 1;
    // By everything known about who did it: several external workers may have one name.
    if (isHeld && isSameJson(next.meta, meta)) {
      return { ok: true, state: now, version: version + since.length, position: next.position };
    }
    return { ok: false, reason: "conflict" };
  }
}

/**
 * Records the start: alone, or together with the grants of the job's limits. Not by `handle`: after a conflict a claim is not decided
 * again. Another worker has the job, or the feed brings what changed; reading it for each lost race would cost more.
 */
async function start(
  log: Pick<EventLog, "append" | "appendAll">,
  append: Append,
  { job_id, state, meta, limits }: ClaimRequest,
): Promise<{ ok: true; version: number; position: number; recorded_at: string } | (ClaimResult & { ok: false })> {
  const { account, workflow, concurrency_key } = state;
  const job = { job_id, account, workflow, concurrency_key };
  if ((await limits.limitsOf(job)).length === 0) {
    const result = await log.append(append);
    return result.ok ? result : { ok: false, reason: "conflict" };
  }
  const record = (grants: readonly Append[]) => log.appendAll([append, ...grants]);
  const acquired = await limits.acquire({ ...job, attempt: state.attempt + 1, meta }, record);
  if (!acquired.ok) return acquired;
  const { appended, recorded_at } = acquired.recorded;
  const { version = 0, position = 0 } = appended[0] ?? {};
  return { ok: true, version, position, recorded_at };
}
