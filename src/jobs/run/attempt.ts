/**
 * One claim of this process.
 *
 * The lease is measured by the monotonic clock from before the claim was sent, so it ends here no later than it does
 * for everybody else. If it expires unrenewed (the log was down, or the process stood still), the attempt is aborted.
 */
import type { OutboundFetch } from "../../../connectors/connector.ts";
import type { JobError } from "../../../events/job.ts";
import type { Steps } from "../../../events/pipeline.ts";
import { DEFAULT_ATTEMPT_TIMEOUT_SECONDS, type JobState } from "../../domain/job/job_state.ts";
import type { Span } from "../../telemetry/mod.ts";
import { RecordPacer } from "./record_pacer.ts";

/** Why an attempt may be told to stop. */
const REASONS = {
  attempt_timeout: "The attempt has taken too long",
  cancelled: "The job was cancelled",
  lease_lost: "The claim on the job was lost",
  superseded: "The attempt's end was recorded by another",
  worker_stopping: "The worker is stopping",
} as const;

/** The reason with which a connector's signal fires. */
export class AttemptAbortedError extends Error {
  override readonly name = "AttemptAbortedError";
  constructor(readonly reason: keyof typeof REASONS) {
    super(REASONS[reason]);
  }
}

/** How many heartbeats are sent per lease, so that two may fail before it is lost. */
const HEARTBEATS_PER_LEASE = 3;

export class Attempt {
  readonly job_id: string;
  /** The steps that it runs; `null`: it runs its workflow's connector. */
  readonly steps: Steps | null;
  /** By the monotonic clock. */
  readonly claimed_at: number;
  /** Of the job's trace. */
  readonly span: Span;
  /** The job as it was when it was claimed, with the later outcomes of its steps. */
  state: JobState;
  /** Of the job's stream, as far as this attempt knows. */
  version: number;
  /** A heartbeat is being recorded. */
  beating = false;
  /** Outcomes of its steps could not be recorded yet. No heartbeat renews its lease meanwhile: then another may try. */
  unrecorded = false;
  /** Nobody waits for its result any more. */
  abandoned = false;
  /** Between the records of its steps. */
  readonly record_pacer = new RecordPacer();
  readonly #controller = new AbortController();
  readonly #over = new AbortController();
  readonly #leaseMs: number;
  /** When its time is up. */
  readonly #deadline: number;
  #leaseEnd = 0;
  #nextBeat = 0;
  #abortedAt: number | undefined;
  /** The same moment by the database's clock and by the monotonic one. */
  #clock: { readonly database: number; readonly monotonic: number };

  constructor(claim: {
    job_id: string;
    state: JobState;
    steps: Steps | null;
    version: number;
    claimed_at: number;
    lease_ms: number;
    span: Span;
  }) {
    this.job_id = claim.job_id;
    this.steps = claim.steps;
    this.claimed_at = claim.claimed_at;
    this.span = claim.span;
    this.state = claim.state;
    this.version = claim.version;
    this.#leaseMs = claim.lease_ms;
    // Each step has its own time limit, and their number is not known here.
    this.#deadline = claim.steps ? Number.POSITIVE_INFINITY : claim.claimed_at + this.timeout_seconds * 1000;
    this.#clock = { database: claim.state.started_at ?? 0, monotonic: performance.now() };
    this.renewed(claim.claimed_at);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Fires if nothing of it is to be recorded any more: for every reason to stop except that its worker is stopping. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  get timeout_seconds(): number {
    return this.state.attempt_timeout_seconds ?? DEFAULT_ATTEMPT_TIMEOUT_SECONDS;
  }

  /** Milliseconds since 1970 by the database's clock, as well as it is known here. */
  now(): number {
    return this.#clock.database + (performance.now() - this.#clock.monotonic);
  }

  /**
   * The job's stream has grown to `version`, with `state`, at that time (RFC 3339). A heartbeat and outcomes of steps
   * are recorded concurrently: the later notification may be of the earlier one.
   */
  advance(to: { state: JobState; version: number; recorded_at?: string | undefined }): void {
    if (to.version <= this.version) return;
    this.state = to.state;
    this.version = to.version;
    if (to.recorded_at) this.#clock = { database: Date.parse(to.recorded_at), monotonic: performance.now() };
  }

  /** Why it was told to stop; `undefined` if it was not. */
  get aborted(): AttemptAbortedError["reason"] | undefined {
    return this.signal.aborted ? (this.signal.reason as AttemptAbortedError).reason : undefined;
  }

  /** The lease is valid from `at`, by the monotonic clock. */
  renewed(at: number): void {
    this.#leaseEnd = at + this.#leaseMs;
    this.#nextBeat = at + this.#leaseMs / HEARTBEATS_PER_LEASE;
  }

  /** Postpones the next heartbeat for a little, after one that could not be recorded. */
  beatAgainAfter(at: number): void {
    this.#nextBeat = at + this.#leaseMs / (4 * HEARTBEATS_PER_LEASE);
  }

  leaseLost(now: number): boolean {
    return now >= this.#leaseEnd;
  }

  /** Whether it must stop. Notices that the process stood still until the lease had expired before any timer does. */
  get stopped(): boolean {
    if (this.leaseLost(performance.now())) this.abort("lease_lost");
    return this.signal.aborted;
  }

  /** Calls out only while the lease is valid: looked at when the connection stands, as that may have taken long. */
  calling(fetch: OutboundFetch): OutboundFetch {
    const before_sending = () => {
      if (this.stopped) throw this.signal.reason;
    };
    return (url, init) => fetch(url, { ...init, before_sending });
  }

  timedOut(now: number): boolean {
    return now >= this.#deadline;
  }

  /** Its outcome if it was told to stop because its time was up. */
  timeoutError(): JobError {
    return { code: "attempt_timeout", message: `The attempt did not finish within ${this.timeout_seconds} s.` };
  }

  beatDue(now: number): boolean {
    return now >= this.#nextBeat && !this.beating && !this.unrecorded && !this.signal.aborted;
  }

  abort(reason: AttemptAbortedError["reason"]): void {
    if (this.signal.aborted) return;
    this.#abortedAt = performance.now();
    this.#controller.abort(new AttemptAbortedError(reason));
    if (reason !== "worker_stopping") this.#over.abort();
  }

  /** Whether it was told to stop longer than `grace_ms` ago. */
  overdue(now: number, grace_ms: number): boolean {
    return this.#abortedAt !== undefined && now - this.#abortedAt > grace_ms;
  }
}
