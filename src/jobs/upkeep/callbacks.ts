/**
 * Notifies the receivers of finished jobs, with Standard Webhooks: `webhook-id`, `webhook-timestamp` and
 * `webhook-signature`, POSTs of at most {@link TIMEOUT_MS}, redirects not followed, 2xx means delivered.
 *
 * An **attempt** is one POST, and each is recorded: `job.callback_attempted` if another follows (by {@link
 * CALLBACK_SCHEDULE}, or later if the receiver's `Retry-After` says so), otherwise `job.callback_delivered` or
 * `job.callback_failed`. What is due is read from these events, so it survives every restart.
 *
 * Delivery is **at least once**: a process that dies between the POST and its record leaves the callback pending, and
 * another sends it again, with the same `webhook-id` and the same body.
 */

import { ConnectorError, type OutboundFetch } from "../../../connectors/connector.ts";
import { retryAfter } from "../../../connectors/retry_after.ts";
import type { JobError } from "../../../events/job.ts";
import { Backoff, pause } from "../../async/mod.ts";
import type { JobCommand } from "../../domain/job/job_command.ts";
import { isFinished, type JobState } from "../../domain/job/job_state.ts";
import { sizeOf } from "../../domain/pipeline/size.ts";
import { EVERYTHING } from "../../domain/reach.ts";
import { writeJson } from "../../json/mod.ts";
import { type EventLog, isTransient } from "../../log/mod.ts";
import { noTracing, type Tracing } from "../../telemetry/mod.ts";
import { commandJob, jobMeta, readJob } from "../commands.ts";
import { failCallbackForGood, webhookId } from "../faults.ts";
import type { RunnerLogger, TriedCallback } from "../options.ts";
import { tracedFetch } from "../run/traced.ts";
import { workPacer } from "../run/work_pacer.ts";
import type { CallbackSecrets, Receiver } from "./callback_secrets.ts";

/** Seconds before each attempt, counted from the previous one; the last one that fails ends the callback. */
export const CALLBACK_SCHEDULE: readonly number[] = [
  0, // at once
  5,
  5 * 60,
  30 * 60,
  2 * 3600,
  5 * 3600,
  10 * 3600,
  14 * 3600,
  20 * 3600,
  24 * 3600,
];
/** Up to this share is added to each of them at random, so that simultaneous failures are not retried together. */
const JITTER = 0.2;
/** The receiver does not want this any more. */
const GONE = 410;

/** How long a receiver may take, in milliseconds. */
const TIMEOUT_MS = 15_000;

/** Concurrent POSTs: a slow receiver must not hold up the others. */
const MAX_ACTIVE = 32;
/** Jobs that wait for their POST; beyond that they are left to the sweep, which finds them in the read model. */
const MAX_WAITING = 1_000;
/** How often to try to record an outcome while the log is down; then the sweep sends the callback again. */
const MAX_RECORD_TRIES = 8;

export interface CallbacksOptions {
  readonly log: EventLog;
  readonly fetch: OutboundFetch;
  readonly instance: string;
  readonly logger: RunnerLogger;
  /** The signing secrets. Without them every callback is recorded as failed. */
  readonly secrets: CallbackSecrets | undefined;
  /** {@link CALLBACK_SCHEDULE} by default. */
  readonly schedule?: readonly number[];
  readonly tracing?: Tracing;
  readonly on_callback?: (tried: TriedCallback) => void;
}

const OUTCOMES = { callback_delivered: "delivered", callback_attempted: "retried", callback_failed: "failed" } as const;

type DeliveryCommand = JobCommand & { type: "callback_attempted" | "callback_delivered" | "callback_failed" };

/** How one POST failed. */
interface PostFailure {
  readonly error: JobError;
  /** Absent if there was no response. */
  readonly status_code?: number;
  /** The response's `Retry-After`, in seconds. */
  readonly retry_after?: number;
  /** Whether another attempt would fail the same way. */
  readonly final?: boolean;
}

export class Callbacks {
  readonly #options: CallbacksOptions;
  readonly #stopping = new AbortController();
  /**
   * Waiting and active, so that no job's callback is sent twice at once; with the version at which it was due, if
   * known.
   */
  readonly #jobs = new Map<string, number | undefined>();
  readonly #waiting: string[] = [];
  readonly #active = new Set<Promise<void>>();

  constructor(options: CallbacksOptions) {
    this.#options = options;
  }

  /** Callbacks waiting or under way. */
  get size(): number {
    return this.#jobs.size;
  }

  /**
   * Accepts a job whose callback is due: for its first attempt, or, with the `version` of its stream at which it was
   * found due, for the next one. It is left alone if others have recorded an attempt since.
   */
  deliver(jobId: string, version?: number): void {
    if (this.#stopping.signal.aborted || this.#jobs.has(jobId) || this.#waiting.length >= MAX_WAITING) return;
    this.#jobs.set(jobId, version);
    this.#waiting.push(jobId);
    this.#next();
  }

  /**
   * Waits for what is under way, up to `within_ms`; what is left stays pending, for another process or the next start.
   */
  async stop(within_ms: number): Promise<void> {
    this.#waiting.length = 0;
    await Promise.race([Promise.all(this.#active), Bun.sleep(within_ms)]);
    this.#stopping.abort();
    await Promise.race([Promise.all(this.#active), Bun.sleep(500)]);
  }

  #next(): void {
    while (this.#active.size < MAX_ACTIVE) {
      const jobId = this.#waiting.shift();
      if (jobId === undefined) return;
      const delivery: Promise<void> = this.#deliver(jobId).finally(() => {
        this.#jobs.delete(jobId);
        this.#active.delete(delivery);
        this.#next();
      });
      this.#active.add(delivery);
    }
  }

  async #deliver(jobId: string): Promise<void> {
    const { log, logger, tracing = noTracing, on_callback } = this.#options;
    try {
      const job = await readJob(log, { job_id: jobId, reach: EVERYTHING });
      if (job?.state.callback !== "pending") return;
      const version = this.#jobs.get(jobId);
      if (version === undefined ? job.state.callback_attempts > 0 : version !== job.version) return;
      const began = performance.now();
      const span = tracing.start("callback", {
        parent: job.state.traceparent ?? undefined,
        attributes: { "levqor.job_id": jobId, "levqor.callback_attempt": job.state.callback_attempts + 1 },
      });
      const fetch = tracedFetch(this.#options.fetch, { tracing, parent: span });
      const command = await this.#attempt(jobId, job.state, fetch);
      span.end({ error: OUTCOMES[command.type] === "delivered" ? undefined : OUTCOMES[command.type] });
      on_callback?.({ outcome: OUTCOMES[command.type], seconds: (performance.now() - began) / 1000 });
      if (this.#stopping.signal.aborted && command.type !== "callback_delivered") return;
      await this.#record(jobId, command, span.traceparent);
    } catch (error) {
      if (!isTransient(error)) return await this.#giveUp(jobId, error);
      logger.warn({ job_id: jobId, err: error }, "The callback's outcome is not recorded; it will be sent again");
    }
  }

  /** Fails a callback that would meet the same fault at each attempt. Never throws. */
  async #giveUp(job_id: string, fault: unknown): Promise<void> {
    const { log, logger, instance } = this.#options;
    logger.error({ job_id, err: fault }, "Cannot send a callback because of a fault of its own; it fails");
    try {
      await failCallbackForGood(log, { job_id, fault, actor: `worker:${instance}` });
    } catch (error) {
      logger.warn({ job_id, err: error }, "Cannot record that a callback failed; the next sweep retries");
    }
  }

  /** Makes one attempt; resolves to its record. */
  async #attempt(jobId: string, state: JobState, fetch: OutboundFetch): Promise<DeliveryCommand> {
    const { schedule = CALLBACK_SCHEDULE } = this.#options;
    const attempt = state.callback_attempts + 1;
    const delivery = { webhook_id: webhookId(jobId), attempt };
    await workPacer.begin(() => sizeOf(state.result).work + sizeOf(state.error).work);
    const body = callbackBody(jobId, state);
    const receiver = { account: state.author, url: state.callback_url as string };
    const outcome = await this.#post(delivery.webhook_id, { receiver, body, fetch });
    if (typeof outcome === "number") {
      return { type: "callback_delivered", delivery: { ...delivery, status_code: outcome } };
    }
    const { error, status_code, retry_after = 0, final } = outcome;
    const failed = { ...delivery, ...(status_code === undefined ? {} : { status_code }), error };
    const wait = schedule[attempt];
    if (final || wait === undefined) return { type: "callback_failed", delivery: failed };
    const retry_in_seconds = Math.max(wait * (1 + JITTER * Math.random()), retry_after);
    return { type: "callback_attempted", delivery: { ...failed, retry_in_seconds } };
  }

  /** Resolves to the status of a response that means delivered, or to how it failed. */
  async #post(
    webhook_id: string,
    { receiver, body, fetch }: { receiver: Receiver; body: string; fetch: OutboundFetch },
  ): Promise<number | PostFailure> {
    const { secrets } = this.#options;
    if (!secrets) {
      const message = "No secret to sign callbacks is configured.";
      return { error: { code: "callback_secret_missing", message }, final: true };
    }
    const now = new Date();
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    try {
      const response = await fetch(receiver.url, {
        method: "POST",
        signal: AbortSignal.any([timeout, this.#stopping.signal]),
        headers: {
          "content-type": "application/json",
          "webhook-id": webhook_id,
          "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
          "webhook-signature": secrets.sign(receiver, { id: webhook_id, at: now, body }),
        },
        body,
      });
      // The status decides. What follows is neither read nor waited for.
      void response.body?.cancel().catch(() => {});
      return response.ok ? response.status : refusal(response);
    } catch (error) {
      if (error instanceof ConnectorError) {
        const final = error.code === "address_refused";
        return { error: { code: error.code, message: error.message }, final };
      }
      // The fault's message may quote the URL's query.
      if (timeout.aborted) {
        return { error: { code: "timeout", message: `The receiver did not respond within ${TIMEOUT_MS} ms.` } };
      }
      return { error: { code: "connection_failed", message: "The receiver is unreachable." } };
    }
  }

  /** A refusal means that another process was faster: then its outcome stands. */
  async #record(jobId: string, command: DeliveryCommand, traceparent: string | undefined): Promise<void> {
    const { log, instance } = this.#options;
    const meta = jobMeta(jobId, { actor: `worker:${instance}`, traceparent });
    const backoff = new Backoff(50, 2_000);
    for (let tries = 1; ; tries++) {
      try {
        await commandJob(log, { job_id: jobId, reach: EVERYTHING, command, meta });
        return;
      } catch (error) {
        if (!isTransient(error) || tries >= MAX_RECORD_TRIES || this.#stopping.signal.aborted) throw error;
        await pause(backoff.next(), this.#stopping.signal);
      }
    }
  }
}

function refusal({ status, headers }: Response): PostFailure {
  if (status === GONE) {
    const message = "The receiver responded with 410: it does not want this callback any more.";
    return { error: { code: "receiver_gone", message }, status_code: status, final: true };
  }
  const message = `The receiver responded with ${status}; 2xx means delivered.`;
  return {
    error: { code: "unexpected_status", message },
    status_code: status,
    retry_after: retryAfter(headers.get("retry-after"), Date.now()),
  };
}

/** The callback's body: the same text at every delivery. */
function callbackBody(jobId: string, state: JobState): string {
  if (!isFinished(state)) throw new Error(`Cannot send the callback of job ${jobId}: it is ${state.status}`);
  const { status, workflow, result, error, finished_at } = state;
  return writeJson({
    type: `job.${status}`,
    timestamp: finished_at,
    data: { job_id: jobId, status, workflow, result, error },
  });
}
