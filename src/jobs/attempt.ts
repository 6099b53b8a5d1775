/**
 * One claim that this process holds.
 *
 * The lease is measured by the monotonic clock from before the claim was sent, so it ends here no later than it does
 * for everybody else. When it ends unrenewed (the log was away, or the process stood still), the attempt is aborted.
 */
import type { JobState } from "../domain/job.ts";

/** Why an attempt was told to stop. */
export class AttemptAborted extends Error {
  override readonly name = "AttemptAborted";
  constructor(readonly reason: "lease_lost" | "worker_stopping") {
    super(reason === "lease_lost" ? "The claim on the job was lost" : "The worker is stopping");
  }
}

/** Heartbeats come this often within a lease, so that two may fail before it is lost. */
const HEARTBEATS_PER_LEASE = 3;

export class Attempt {
  readonly job_id: string;
  /** The job as it was when it was claimed. */
  readonly state: JobState;
  /** Of the job's stream, as far as this attempt knows. */
  version: number;
  /** A heartbeat is being recorded. */
  beating = false;
  /** Nobody waits for its answer any more. */
  abandoned = false;
  readonly #controller = new AbortController();
  readonly #leaseMs: number;
  #leaseEnd = 0;
  #nextBeat = 0;
  #abortedAt: number | undefined;

  constructor(claim: { job_id: string; state: JobState; version: number; claimed_at: number; lease_ms: number }) {
    this.job_id = claim.job_id;
    this.state = claim.state;
    this.version = claim.version;
    this.#leaseMs = claim.lease_ms;
    this.renewed(claim.claimed_at);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The lease now runs from `at`, by the monotonic clock. */
  renewed(at: number): void {
    this.#leaseEnd = at + this.#leaseMs;
    this.#nextBeat = at + this.#leaseMs / HEARTBEATS_PER_LEASE;
  }

  /** Puts the next heartbeat off for a little, after one that could not be recorded. */
  beatAgainAfter(at: number): void {
    this.#nextBeat = at + this.#leaseMs / (4 * HEARTBEATS_PER_LEASE);
  }

  leaseLost(now: number): boolean {
    return now >= this.#leaseEnd;
  }

  beatDue(now: number): boolean {
    return now >= this.#nextBeat && !this.beating && !this.signal.aborted;
  }

  abort(reason: AttemptAborted["reason"]): void {
    if (this.signal.aborted) return;
    this.#abortedAt = performance.now();
    this.#controller.abort(new AttemptAborted(reason));
  }

  /** Whether it was told to stop longer than `grace_ms` ago. */
  overdue(now: number, grace_ms: number): boolean {
    return this.#abortedAt !== undefined && now - this.#abortedAt > grace_ms;
  }
}
