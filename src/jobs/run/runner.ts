/**
 * Claims jobs, runs them through connectors and records how they end.
 *
 * ```text
 *  log ──Feed──▶ ReadyQueue ──take──▶ claiming ──job.started──▶ running ──▶ recording ──▶ job.succeeded,
 *   ▲                                    │ conflict: another      │ lease lost               job.failed,
 *   │                                    ▼ was faster             ▼                          job.retry_scheduled
 *   │                                 dropped                  aborted; the sweeper
 *   ╰────────────────────────── job.released ◀──────────────── releases the job
 * ```
 *
 * - A **slot** is held from the take until the connector has ended; recording needs none. Callers share the slots
 *   (`slots.ts`): who has their part of them waits in the queue, and holds up nobody behind them.
 * - An outcome is offered to the log until it is recorded or refused: the log alone says whose attempt counts.
 * - Whatever is thrown for one job is recorded as the failure of that job alone (`faults.ts`): as
 *   `result_not_recordable` where the log cannot hold what came of it, else as `internal_fault`. Only transient faults,
 *   such as an unavailable log, are retried.
 * - An attempt whose end somebody else recorded (it was cancelled, or released) is told to stop as soon as the feed
 *   brings the news. One that takes too long is told to stop, and has failed.
 * - Claims and outcomes are appended concurrently, so that the log's group commit writes them together.
 * - One shared timer looks after all leases; a job has none of its own.
 * - A job's own worker makes its callback first. All that comes later (repetitions, redeliveries, what a dead worker
 *   left) is made by one runner at a time, which holds the lease `callbacks`.
 */

import { SYSTEM } from "../../../events/account.ts";
import { entityId, type StoredEvent } from "../../../events/envelope.ts";
import type { JobError } from "../../../events/job.ts";
import { jobStream } from "../../../events/job.ts";
import type { Steps } from "../../../events/pipeline.ts";
import { isSystemWorkflow } from "../../../events/workflow.ts";
import { Backoff, deferOnce, pause, type Repeating } from "../../async/mod.ts";
import { sweep } from "../../db/mod.ts";
import type { JobCommand, JobRejection } from "../../domain/job/job_command.ts";
import type { JobState } from "../../domain/job/job_state.ts";
import { sizeOf } from "../../domain/pipeline/size.ts";
import { EVERYTHING } from "../../domain/reach.ts";
import { decodeJson } from "../../json/mod.ts";
import { type Handled, isTransient, yieldToPrecedence } from "../../log/mod.ts";
import { noTracing, type Tracing } from "../../telemetry/mod.ts";
import { commandJob, jobMeta, streamAfter } from "../commands.ts";
import { errorOf, failForGood, JobErasedError } from "../faults.ts";
import type { EndedAttempt, RunnerOptions, RunnerStatus } from "../options.ts";
import { Feed } from "../queue/feed.ts";
import { HeldBackJobs } from "../queue/held_back.ts";
import { dueCallbacks, readModelPosition } from "../queue/read_model.ts";
import { type ReadyJob, ReadyQueue } from "../queue/ready_queue.ts";
import { Slots } from "../queue/slots.ts";
import { Spread } from "../queue/spread.ts";
import { Callbacks } from "../upkeep/callbacks.ts";
import { Attempt } from "./attempt.ts";
import { claim } from "./claim.ts";
import { type Outcome, type Runnable, toRunnables } from "./execute.ts";
import { isRetryable, retryDelay } from "./retry.ts";
import { retryTransient } from "./retry_transient.ts";
import { runSteps } from "./run_steps.ts";
import { executeTraced } from "./traced.ts";
import { workPacer } from "./work_pacer.ts";
import { type Pipeline, PipelineReader, pinOf, Workflows } from "./workflows.ts";

/** How long a connector may take to heed its signal before its slot is given to another job. */
const ABORT_GRACE_MS = 1_000;
/** How many outcomes per slot may wait to be recorded before no more jobs are claimed. */
const RECORDING_PER_SLOT = 4;
/** How long a stop waits for attempts to finish by themselves, by default. */
const DRAIN_MS = 12_000;

/** The name of a steps attempt's end. */
const STEPS_ENDS = { complete: "succeeded", fail: "failed", suspend: "suspended" } as const;

export interface Runner {
  status(): RunnerStatus;
  /**
   * Claims no more jobs, waits up to `drain_ms` (12 s by default) for running ones, aborts the rest and releases them.
   * Resolves within about 3 s more.
   */
  stop(options?: { drain_ms?: number }): Promise<void>;
}

/** Starts to run jobs. */
export function startRunner(options: RunnerOptions): Runner {
  return new JobRunner(options);
}

class JobRunner implements Runner {
  readonly #options: RunnerOptions;
  readonly #slots: Slots;
  readonly #maxRecording: number;
  readonly #leaseSeconds: number;
  readonly #tracing: Tracing;
  /** What steps may use, and jobs of any account. */
  readonly #runnables: ReadonlyMap<string, Runnable>;
  /** What jobs of the account `system` can run in addition. */
  readonly #systemRunnables: ReadonlyMap<string, Runnable>;
  readonly #queue: ReadyQueue;
  readonly #feed: Feed;
  readonly #workflows: Workflows;
  readonly #pipelines: PipelineReader;
  readonly #callbacks: Callbacks;
  readonly #heldBack: HeldBackJobs;
  /** Fires when no more jobs are to be claimed. */
  readonly #stopping = new AbortController();
  /** Fires when nothing more is to be retried. */
  readonly #givingUp = new AbortController();
  readonly #running = new Set<Attempt>();
  /** The latest attempt of each job. */
  readonly #byJob = new Map<string, Attempt>();
  /** Jobs that are being claimed, and which of them ended meanwhile. */
  readonly #claims = new Map<string, StoredEvent[]>();
  #recording = 0;
  readonly #spread = new Spread();
  /** Takes as many jobs as there are free slots. */
  readonly #pump = deferOnce(() => this.#takeJobs());
  /** Until then nothing is claimed, by the monotonic clock: the log is down. */
  #heldUntil = 0;
  readonly #hold = new Backoff(50, 2_000);
  readonly #leaseTimer: Timer;
  readonly #tasks: Promise<unknown>[];
  #stopped: Promise<void> | undefined;
  #state: "running" | "stopping" | "stopped" = "running";

  constructor(options: RunnerOptions) {
    const { concurrency = 64, lease_seconds = 30, callback_secrets: secrets, callback_schedule: schedule } = options;
    this.#options = options;
    this.#slots = new Slots(concurrency);
    this.#maxRecording = concurrency * RECORDING_PER_SLOT;
    this.#leaseSeconds = lease_seconds;
    this.#tracing = options.tracing ?? noTracing;
    const { connectors, system_workflows = new Map() } = options;
    this.#runnables = toRunnables(connectors);
    this.#systemRunnables = toRunnables(system_workflows);
    this.#queue = new ReadyQueue(options.queue);
    this.#callbacks = new Callbacks({ ...options, secrets, schedule });
    this.#heldBack = new HeldBackJobs({
      ...options,
      queue: this.#queue,
      bounds: options.held_back,
      may_start: this.#mayStart,
      signal: this.#stopping.signal,
      on_ready: () => this.#pump(),
    });
    this.#workflows = new Workflows(new Set([...connectors.keys(), ...system_workflows.keys()]));
    this.#pipelines = new PipelineReader(options.log);
    this.#feed = new Feed({
      ...options,
      workflows: this.#workflows,
      queue: this.#queue,
      held_back: this.#heldBack,
      signal: this.#stopping.signal,
      on_ready: () => this.#pump(),
      on_orphans: (orphans) => {
        for (const [jobId, attempt] of orphans) void this.#takeBack(jobId, attempt);
      },
      on_attempt_ended: (event) => this.#heed(event),
    });
    this.#leaseTimer = setInterval(() => this.#lookAfterLeases(), Math.min(1_000, lease_seconds * 50));
    this.#tasks = [this.#feed.run(), this.#heldBack.run(), this.#sweepCallbacks().stopped];
  }

  status(): RunnerStatus {
    return {
      state: this.#state === "running" && !this.#feed.following ? "starting" : this.#state,
      position: this.#feed.position,
      running: this.#slots.taken,
      recording: this.#recording,
      ready: this.#queue.size,
      held_back: this.#heldBack.size,
      callbacks: this.#callbacks.size,
    };
  }

  stop({ drain_ms = DRAIN_MS }: { drain_ms?: number } = {}): Promise<void> {
    this.#stopped ??= this.#stop(drain_ms);
    return this.#stopped;
  }

  async #stop(drainMs: number): Promise<void> {
    const start = performance.now();
    this.#state = "stopping";
    this.#stopping.abort();
    await this.#idle(drainMs);
    for (const attempt of this.#running) attempt.abort("worker_stopping");
    await this.#idle(ABORT_GRACE_MS);
    // A connector that ignores the signal reports too late: the log refuses it.
    for (const attempt of this.#running) this.#abandon(attempt);
    await this.#idle(ABORT_GRACE_MS);
    await this.#callbacks.stop(Math.max(500, drainMs - (performance.now() - start)));
    this.#givingUp.abort();
    clearInterval(this.#leaseTimer);
    await Promise.all(this.#tasks);
    this.#state = "stopped";
  }

  /** Waits until nothing is being claimed, run or recorded, up to `ms`. */
  async #idle(ms: number): Promise<void> {
    const deadline = performance.now() + ms;
    while (this.#slots.taken + this.#recording > 0 && performance.now() < deadline) {
      await Bun.sleep(10);
    }
  }

  #takeJobs(): void {
    if (this.#stopping.signal.aborted || performance.now() < this.#heldUntil) return;
    this.#heldBack.goOn();
    const unread: ReadyJob[] = [];
    while (this.#hasSlot()) {
      const job = this.#queue.take(this.#spread.value, this.#mayStart);
      if (!job) break;
      this.#slots.acquire(job.caller);
      if (job.state) void this.#process(job, job.state);
      else unread.push(job);
    }
    if (unread.length > 0) void this.#readAndProcess(unread);
    this.#feed.refillIfNeeded();
  }

  #hasSlot(): boolean {
    return this.#slots.free > 0 && this.#recording < this.#maxRecording;
  }

  readonly #mayStart = (caller: string | null): boolean => this.#slots.mayAcquire(caller);

  async #readAndProcess(jobs: readonly ReadyJob[]): Promise<void> {
    try {
      const read = await this.#feed.load(jobs);
      const found = new Set(read.map(({ job_id }) => job_id));
      for (const { job_id, caller } of jobs) {
        if (found.has(job_id)) continue;
        this.#slots.release(caller);
        this.#heldBack.settled(job_id);
      }
      for (const job of read) void this.#process(job, job.state);
    } catch (error) {
      for (const job of jobs) {
        this.#slots.release(job.caller);
        this.#queue.addFirst(job);
      }
      this.#holdClaims(error);
    }
    this.#pump();
  }

  /** One job from its claim to its outcome, if no limit is known to hold it back. Never throws. */
  async #process(job: ReadyJob, state: JobState): Promise<void> {
    const ended: StoredEvent[] = [];
    this.#claims.set(job.job_id, ended);
    let attempt: Attempt | undefined;
    try {
      if (!this.#heldBack.keeps(job, state)) attempt = await this.#claim(job, state);
    } catch (error) {
      await this.#cannotClaim({ ...job, state }, error);
    }
    this.#claims.delete(job.job_id);
    if (!attempt) {
      this.#slots.release(job.caller);
      return this.#pump();
    }
    this.#running.add(attempt);
    this.#byJob.set(attempt.job_id, attempt);
    try {
      for (const event of ended) this.#stopIfEnded(attempt, event);
      await this.#run(attempt);
    } catch (error) {
      const { job_id, state } = attempt;
      this.#options.logger.error(
        { job_id, attempt: state.attempt, err: error },
        "Lost an attempt; its lease will expire",
      );
      attempt.abort("lease_lost");
      this.#release(attempt);
      this.#pump();
    }
  }

  /** Leaves a job to be claimed a little later, or fails it if that would end the same way. Never throws. */
  async #cannotClaim(job: ReadyJob, error: unknown): Promise<void> {
    const { log, logger, instance } = this.#options;
    const { job_id, version } = job;
    try {
      if (isTransient(error)) throw error;
      logger.error({ job_id, err: error }, "Cannot claim a job because of a fault of its own; it fails");
      const failed = await failForGood(log, { job_id, version, fault: error, actor: `worker:${instance}` });
      if (failed && job.state?.callback_url) this.#callbacks.deliver(job_id);
      this.#heldBack.settled(job_id);
    } catch (met) {
      if (isTransient(met)) {
        this.#queue.addFirst(job);
        this.#holdClaims(met);
      } else {
        logger.error({ job_id, err: met }, "Cannot record that a job failed; leaving it alone");
        this.#heldBack.settled(job_id);
      }
    }
  }

  /** Claims a job; `undefined` if another was faster, or a limit holds it back. Throws if nothing was recorded. */
  async #claim(job: ReadyJob, state: JobState): Promise<Attempt | undefined> {
    const { job_id, version } = job;
    const { log, instance } = this.#options;
    if (state.erased) throw new JobErasedError();
    const pipeline = await this.#pipelineOf(state);
    const steps = state.steps ?? pipeline?.steps ?? null;
    if (!steps && !this.#runnableOf(state)) {
      // It waits for an external worker, or for the pipeline to be published again.
      this.#heldBack.settled(job_id);
      return undefined;
    }
    const claimed_at = performance.now();
    const result = await claim(log, {
      job_id,
      state,
      version,
      worker: instance,
      lease_seconds: this.#leaseSeconds,
      max_attempts: steps ? undefined : this.#runnableOf(state)?.connector.retry?.max_attempts,
      pipeline: pipeline && pinOf(pipeline, state),
      meta: this.#meta(job_id, { version, traceparent: state.traceparent }),
      limits: this.#heldBack.limits,
      signal: this.#givingUp.signal,
    });
    this.#heldBack.answered(job, result);
    if (result.ok) {
      this.#hold.reset();
      this.#spread.claimed();
      const lease_ms = this.#leaseSeconds * 1000;
      const span = this.#tracing.start("attempt", {
        kind: "consumer",
        parent: state.traceparent ?? undefined,
        started: claimed_at,
        attributes: {
          "levqor.job_id": job_id,
          "levqor.workflow": state.workflow,
          "levqor.attempt": result.state.attempt,
          "levqor.steps": steps !== null,
        },
      });
      return new Attempt({ job_id, claimed_at, lease_ms, steps, state: result.state, version: result.version, span });
    }
    if (result.reason === "conflict") this.#spread.missed();
    return undefined;
  }

  /** The pipeline that a job runs; `undefined`: it runs none, or one that is no longer published. */
  async #pipelineOf(state: JobState): Promise<Pipeline | undefined> {
    const { steps, workflow, account } = state;
    if (steps !== null || this.#runnableOf(state)) return undefined;
    if (isSystemWorkflow(workflow))
      throw new Error(`Cannot run "${workflow}" for ${account}: only ${SYSTEM} may run it`);
    const found = await this.#pipelines.of(state);
    if (state.pipeline && !found) {
      throw new Error(`Cannot run a job of the pipeline "${state.pipeline.name}": it is not in the log`);
    }
    return found;
  }

  /** What runs a job without steps, if it is not a stored pipeline. */
  #runnableOf({ workflow, account }: JobState): Runnable | undefined {
    return this.#runnables.get(workflow) ?? (account === SYSTEM ? this.#systemRunnables.get(workflow) : undefined);
  }

  /** An attempt has ended in the log: if it runs here, another recorded its end. */
  #heed(event: StoredEvent): void {
    const jobId = entityId(event.stream_id);
    this.#claims.get(jobId)?.push(event);
    const attempt = this.#byJob.get(jobId);
    if (attempt) this.#stopIfEnded(attempt, event);
  }

  #stopIfEnded(attempt: Attempt, event: StoredEvent): void {
    const { attempt: ended } = decodeJson<{ attempt: number }>(event.data_json);
    if (ended >= attempt.state.attempt) attempt.abort(event.type === "job.cancelled" ? "cancelled" : "superseded");
  }

  async #run(attempt: Attempt): Promise<void> {
    const { steps } = attempt;
    let ended: keyof typeof STEPS_ENDS | undefined;
    let outcome: Outcome | undefined;
    try {
      if (steps) ended = await this.#runSteps(attempt, steps);
      else outcome = await this.#execute(attempt);
    } catch (fault) {
      outcome = { ok: false, error: errorOf(fault), fault };
    }
    if (attempt.abandoned) return;
    if (outcome?.ok === false && outcome.fault !== undefined) this.#report(attempt, outcome.error, outcome.fault);
    this.#forget(attempt, (ended && STEPS_ENDS[ended]) || (outcome && (outcome.ok ? "succeeded" : "failed")));
    this.#pump();
    if (!ended) await this.#conclude(attempt, outcome);
    else if (ended !== "suspend") this.#tellOf(attempt);
  }

  /** Reports an unexpected fault of an attempt in the service's own log. */
  #report({ job_id, state }: Attempt, { message }: JobError, err: unknown): void {
    const { workflow, attempt } = state;
    this.#options.logger.error({ job_id, workflow, attempt, err }, message);
  }

  #runSteps(attempt: Attempt, steps: Steps) {
    const { job_id, state } = attempt;
    return runSteps(attempt, {
      steps,
      tracing: this.#tracing,
      runnables: this.#runnables,
      fetch: this.#options.fetch,
      stopping: this.#stopping.signal,
      record: async (command) => {
        try {
          return await attempt.record_pacer.record(() => this.#recordSteps(attempt, command), attempt.over);
        } finally {
          attempt.unrecorded = false;
        }
      },
      on_fault: (err, { step, message }) => {
        const { workflow, attempt: number } = state;
        this.#options.logger.error({ job_id, workflow, attempt: number, step, err }, message);
      },
    });
  }

  /**
   * Offers outcomes of steps to the log until they are recorded; false if the attempt is over, or this process gives
   * up. Throws if the log rejects them.
   */
  async #recordSteps(attempt: Attempt, command: JobCommand & { type: "step" }): Promise<boolean> {
    await yieldToPrecedence(this.#options.log, jobStream(attempt.job_id));
    const handled = await this.#offer(attempt, command, {
      until: () => AbortSignal.any([this.#givingUp.signal, attempt.over]),
      on_away: () => {
        attempt.unrecorded = true;
      },
    });
    if (handled) attempt.advance(streamAfter(handled));
    // A refused ending may be this very one, recorded by an append whose own response was lost.
    if (handled?.ok || (handled && command.ending)) return true;
    attempt.abort(handled ? "superseded" : "lease_lost");
    return false;
  }

  /** `outcome` is absent if it was told to stop. */
  #forget(attempt: Attempt, outcome: EndedAttempt["outcome"] | undefined = attempt.aborted): void {
    this.#release(attempt);
    // Steps may end with neither: another recorded their end.
    const ended = outcome ?? "superseded";
    const good = ended === "succeeded" || ended === "suspended";
    attempt.span.end({ error: good ? undefined : ended, attributes: { "levqor.outcome": ended } });
    this.#options.on_attempt?.({
      workflow: attempt.steps ? "pipeline" : attempt.state.workflow,
      outcome: ended,
      seconds: (performance.now() - attempt.claimed_at) / 1000,
    });
  }

  /** Releases the slot of an attempt, once. */
  #release(attempt: Attempt): void {
    if (this.#running.delete(attempt)) this.#slots.release(attempt.state.caller);
    if (this.#byJob.get(attempt.job_id) === attempt) this.#byJob.delete(attempt.job_id);
  }

  /** `undefined`: it was told to stop, and did. */
  async #execute(attempt: Attempt): Promise<Outcome | undefined> {
    const { job_id, state, signal } = attempt;
    // Many may have been claimed in the same commit.
    await workPacer.begin(() => sizeOf(state.payload).work);
    if (attempt.stopped) return undefined;
    const runnable = this.#runnableOf(state) as Runnable;
    try {
      const context = { signal, idempotency_key: job_id, fetch: attempt.calling(this.#options.fetch) };
      const traced = { tracing: this.#tracing, parent: attempt.span };
      return await executeTraced(runnable, { payload: state.payload, context, ...traced });
    } catch (error) {
      if (!signal.aborted) throw error;
      return undefined;
    }
  }

  /** Records how an attempt ended, if that is up to this runner. */
  async #conclude(attempt: Attempt, outcome: Outcome | undefined): Promise<void> {
    this.#recording++;
    try {
      const command = this.#commandFor(attempt, outcome);
      if (command) await this.#record(attempt, command);
    } catch (fault) {
      await this.#recordFault(attempt, fault);
    } finally {
      this.#recording--;
    }
  }

  /** The end that was to be recorded cannot be: records that instead. Never throws. */
  async #recordFault(attempt: Attempt, fault: unknown): Promise<void> {
    const { job_id, state } = attempt;
    const error = errorOf(fault);
    this.#report(attempt, error, fault);
    try {
      await this.#record(attempt, { type: "fail", attempt: state.attempt, error });
    } catch (err) {
      const message = "Cannot record that the attempt failed; its lease will expire";
      this.#options.logger.error({ job_id, attempt: state.attempt, err }, message);
    }
  }

  #commandFor(attempt: Attempt, outcome: Outcome | undefined): JobCommand | undefined {
    const { state, aborted } = attempt;
    const { attempt: number } = state;
    if (outcome?.ok) return { type: "complete", attempt: number, result: outcome.result };
    if (outcome) return this.#failure(state, outcome);
    if (aborted === "attempt_timeout") return this.#failure(state, { error: attempt.timeoutError() });
    if (aborted === "worker_stopping") return { type: "release", attempt: number, reason: aborted };
    // The lease was lost: the sweep releases the job, by the database's clock. Or the end is recorded.
    return undefined;
  }

  #failure(state: JobState, { error, retry_after }: { error: JobError; retry_after?: number }): JobCommand {
    const failure = { type: "fail", attempt: state.attempt, error } as const;
    if (!isRetryable(error)) return failure;
    const connector = this.#runnableOf(state)?.connector.retry?.backoff;
    return { ...failure, retry: { in_seconds: retryDelay(state, { connector, retry_after }) } };
  }

  /**
   * Offers an attempt's end to the log until it is recorded or refused, or this process gives up. Throws if the log
   * cannot store it.
   */
  async #record(attempt: Attempt, command: JobCommand): Promise<void> {
    const { logger } = this.#options;
    const { job_id, state } = attempt;
    const handled = await this.#offer(attempt, command, { until: () => this.#givingUp.signal });
    if (!handled) {
      logger.error({ job_id, attempt: state.attempt }, "The job's end is not recorded; its lease will expire");
    } else if (handled.ok) {
      this.#ended(attempt, command);
    } else {
      // It may be this very report, recorded by an append whose own response was lost.
      if (handled.refusal.code === "job_finished") this.#ended(attempt, command);
      logger.info({ job_id, attempt: state.attempt, code: handled.refusal.code }, handled.refusal.message);
    }
  }

  /**
   * Offers a command to the log until it is recorded or refused: first on the state that the attempt knows, as it is usually
   * the only writer. `undefined`: the signal, which is asked for when the log is down, fired before. Throws if the log cannot
   * store it.
   */
  async #offer(
    attempt: Attempt,
    command: JobCommand,
    { until, on_away }: { until: () => AbortSignal; on_away?: () => void },
  ): Promise<Handled<JobState, JobRejection> | undefined> {
    const { log, logger } = this.#options;
    const { job_id, state, version } = attempt;
    const known = { state, version };
    const meta = this.#metaOf(attempt);
    const commanding = { job_id, reach: EVERYTHING, command, meta, charged_to: state.caller };
    try {
      return await commandJob(log, { ...commanding, expected: known });
    } catch (error) {
      if (!isTransient(error)) throw error;
      logger.warn({ job_id, err: error }, `Cannot record an outcome (${command.type}); retrying`);
      on_away?.();
      await pause(50, this.#givingUp.signal);
    }
    // The response may have been lost: what is recorded already is not recorded again.
    return await retryTransient(() => commandJob(log, { ...commanding, known }), {
      signal: until(),
      on_fault: (fault) => logger.debug({ err: fault }, "The log is down; retrying"),
    });
  }

  #ended(attempt: Attempt, command: JobCommand): void {
    if (command.type !== "release") this.#tellOf(attempt);
  }

  /** The job may have finished: its callback is checked, which finds out. */
  #tellOf({ job_id, state }: Attempt): void {
    if (state.callback_url !== null) this.#callbacks.deliver(job_id);
  }

  #lookAfterLeases(): void {
    const now = performance.now();
    for (const attempt of this.#running) {
      try {
        this.#lookAfterLease(attempt, now);
      } catch (error) {
        this.#options.logger.error({ job_id: attempt.job_id, err: error }, "Cannot check an attempt's lease");
      }
    }
    this.#pump();
  }

  #lookAfterLease(attempt: Attempt, now: number): void {
    if (attempt.leaseLost(now)) attempt.abort("lease_lost");
    if (attempt.timedOut(now)) attempt.abort("attempt_timeout");
    if (attempt.overdue(now, ABORT_GRACE_MS)) this.#abandon(attempt);
    else if (attempt.beatDue(now)) void this.#beat(attempt);
  }

  async #beat(attempt: Attempt): Promise<void> {
    const { log, logger } = this.#options;
    const { job_id, state, version } = attempt;
    const at = performance.now();
    const meta = this.#metaOf(attempt);
    const command: JobCommand = { type: "heartbeat", attempt: state.attempt, lease_seconds: this.#leaseSeconds };
    attempt.beating = true;
    try {
      const expected = { state, version };
      const handled = await commandJob(log, { job_id, reach: EVERYTHING, command, meta, expected });
      if (handled.ok) {
        attempt.advance(streamAfter(handled));
        attempt.renewed(at);
      } else {
        logger.warn({ job_id, attempt: state.attempt, code: handled.refusal.code }, handled.refusal.message);
        attempt.abort(handled.state.status === "cancelled" ? "cancelled" : "superseded");
      }
    } catch (error) {
      attempt.beatAgainAfter(performance.now());
      logger.warn({ job_id, attempt: state.attempt, err: error }, "Cannot record a heartbeat; retrying");
    } finally {
      attempt.beating = false;
    }
  }

  /** Gives the slot of an attempt that does not stop to another job. */
  #abandon(attempt: Attempt): void {
    const { job_id, state } = attempt;
    attempt.abandoned = true;
    this.#forget(attempt);
    this.#options.logger.error(
      { job_id, attempt: state.attempt, workflow: state.workflow },
      "The connector does not stop when told to; its result will be dropped",
    );
    void this.#conclude(attempt, undefined);
  }

  /** Releases a job whose worker is known to be dead. Never throws: its lease expires if this fails. */
  async #takeBack(job_id: string, attempt: number): Promise<void> {
    const command = { type: "release", attempt, reason: "worker_lost" } as const;
    const { log, logger } = this.#options;
    this.#recording++;
    try {
      const handled = await commandJob(log, { job_id, reach: EVERYTHING, command, meta: this.#meta(job_id) });
      if (!handled.ok) return;
      const ended = handled.events.some((event) => event.type === "job.failed");
      if (ended && handled.state.callback_url !== null) this.#callbacks.deliver(job_id);
      logger.info({ job_id, attempt, reason: command.reason }, "Released the job");
    } catch (error) {
      logger.warn({ job_id, err: error }, "Cannot release the job; its lease will expire");
    } finally {
      this.#recording--;
    }
  }

  /** Sends due callbacks: one runner does, by a lease. */
  #sweepCallbacks(): Repeating {
    const { callback_grace_seconds = 30, sole, sql, instance: holder, logger, sweep_seconds = 1 } = this.#options;
    // If no other worker can be alive, nobody else is about to send a callback that waits at startup.
    let grace = sole ? 0 : callback_grace_seconds;
    const signal = this.#stopping.signal;
    return sweep({ sql, name: "callbacks", holder, every_ms: sweep_seconds * 1000, logger, signal }, async () => {
      if ((await readModelPosition(sql)) === undefined) return;
      for (const { job_id, version } of await dueCallbacks(sql, grace)) this.#callbacks.deliver(job_id, version);
      grace = callback_grace_seconds;
    });
  }

  /** The log is down: leaves the queue alone for a little. */
  #holdClaims(error: unknown): void {
    const now = performance.now();
    if (now < this.#heldUntil) return;
    const ms = this.#hold.next();
    this.#heldUntil = now + ms;
    setTimeout(() => this.#pump(), ms + 1);
    this.#options.logger.warn({ err: error }, "Cannot claim jobs; retrying");
  }

  #metaOf({ job_id, version, span: { traceparent } }: Attempt) {
    return this.#meta(job_id, { version, traceparent });
  }

  /** `version`: of the event that led to it. */
  #meta(jobId: string, { version, ...trace }: { version?: number; traceparent?: string | null | undefined } = {}) {
    return jobMeta(jobId, { actor: `worker:${this.#options.instance}`, causation_version: version, ...trace });
  }
}
