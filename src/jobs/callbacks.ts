/**
 * Tells the receivers of finished jobs, with Standard Webhooks: `webhook-id`, `webhook-timestamp` and
 * `webhook-signature`, one POST of at most {@link TIMEOUT_MS}, redirects not followed, 2xx means delivered.
 *
 * A receiver is told **at least once**: a process that dies between the POST and its record leaves the
 * callback pending, and another makes it again, with the same `webhook-id` and the same body.
 */
import { Webhook } from "standardwebhooks";
import type { JobError } from "../../events/job.ts";
import { Backoff, pause } from "../bus/pause.ts";
import { isFinished, type JobCommand, type JobState } from "../domain/job.ts";
import type { EventLog } from "../log/mod.ts";
import { commandJob, jobMeta, readJob } from "./commands.ts";
import type { RunnerLogger } from "./options.ts";

/** How long a receiver may take, in milliseconds. */
const TIMEOUT_MS = 15_000;

/** POSTs under way at once: a slow receiver must not hold up the others. */
const MAX_ACTIVE = 32;
/** Jobs that wait for their POST; beyond it they are left to the sweep, which finds them in the read model. */
const MAX_WAITING = 1_000;
/** Tries to record an outcome while the log is away; then the sweep makes the callback again. */
const MAX_RECORD_TRIES = 8;

export interface CallbacksOptions {
  readonly log: EventLog;
  readonly instance: string;
  readonly logger: RunnerLogger;
  /** `whsec_` and base64. Without it callbacks fail, on record. */
  readonly secret: string | undefined;
}

type DeliveryCommand = JobCommand & { type: "callback_delivered" | "callback_failed" };

export class Callbacks {
  readonly #options: CallbacksOptions;
  readonly #webhook: Webhook | undefined;
  readonly #stopping = new AbortController();
  /** Waiting and active, so that no job is told of twice at once; with its state where it is known. */
  readonly #jobs = new Map<string, JobState | undefined>();
  readonly #waiting: string[] = [];
  readonly #active = new Set<Promise<void>>();

  /** Throws where the secret is not one. */
  constructor(options: CallbacksOptions) {
    this.#options = options;
    this.#webhook = options.secret === undefined ? undefined : new Webhook(options.secret);
  }

  /** Callbacks waiting or under way. */
  get size(): number {
    return this.#jobs.size;
  }

  /** Takes on a job whose callback is pending. Without its state it is read first. */
  deliver(jobId: string, state?: JobState): void {
    if (this.#stopping.signal.aborted || this.#jobs.has(jobId) || this.#waiting.length >= MAX_WAITING) return;
    this.#jobs.set(jobId, state);
    this.#waiting.push(jobId);
    this.#next();
  }

  /** Waits for what is under way, up to `within_ms`; what is left stays pending, for another process or the next start. */
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
    const { log, logger } = this.#options;
    try {
      const state = this.#jobs.get(jobId) ?? (await readJob(log, jobId))?.state;
      if (state?.callback !== "pending") return;
      const command = await this.#post(jobId, state);
      if (this.#stopping.signal.aborted && command.type === "callback_failed") return;
      await this.#record(jobId, command);
    } catch (error) {
      logger.warn({ job_id: jobId, err: error }, "The callback's outcome is not on record; it will be made again");
    }
  }

  async #post(jobId: string, state: JobState): Promise<DeliveryCommand> {
    const webhook_id = `msg_${jobId}`;
    const failed = (error: JobError, status_code?: number): DeliveryCommand => ({
      type: "callback_failed",
      delivery: { webhook_id, ...(status_code === undefined ? {} : { status_code }), error },
    });
    if (!this.#webhook) {
      return failed({ code: "callback_secret_missing", message: "No secret to sign callbacks with is configured." });
    }
    const body = callbackBody(jobId, state);
    const now = new Date();
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    try {
      const response = await fetch(state.callback_url as string, {
        method: "POST",
        redirect: "manual",
        signal: AbortSignal.any([timeout, this.#stopping.signal]),
        headers: {
          "content-type": "application/json",
          "user-agent": "levqor",
          "webhook-id": webhook_id,
          "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
          "webhook-signature": this.#webhook.sign(webhook_id, now, body),
        },
        body,
      });
      await response.body?.cancel();
      if (response.ok) return { type: "callback_delivered", delivery: { webhook_id, status_code: response.status } };
      const message = `The receiver answered ${response.status}; 2xx means delivered.`;
      return failed({ code: "unexpected_status", message }, response.status);
    } catch {
      // The fault's own text may quote the address's query.
      if (timeout.aborted) {
        return failed({ code: "timeout", message: `The receiver did not answer within ${TIMEOUT_MS} ms.` });
      }
      return failed({ code: "connection_failed", message: "The receiver cannot be reached." });
    }
  }

  /** A refusal means that another process was faster: then its outcome stands. */
  async #record(jobId: string, command: DeliveryCommand): Promise<void> {
    const { log, instance } = this.#options;
    const backoff = new Backoff(50, 2_000);
    for (let tries = 1; ; tries++) {
      try {
        await commandJob(log, { job_id: jobId, command, meta: jobMeta(jobId, { actor: `worker:${instance}` }) });
        return;
      } catch (error) {
        if (tries >= MAX_RECORD_TRIES || this.#stopping.signal.aborted) throw error;
        await pause(backoff.next(), this.#stopping.signal);
      }
    }
  }
}

/** What a receiver is told: the same text at every delivery. */
function callbackBody(jobId: string, state: JobState): string {
  if (!isFinished(state)) throw new Error(`Cannot tell of job ${jobId}: it is ${state.status}`);
  const { status, workflow, result, error, finished_at } = state;
  return JSON.stringify({
    type: `job.${status}`,
    timestamp: finished_at,
    data: { job_id: jobId, status, workflow, result, error },
  });
}
