/**
 * A Levqor worker with nothing but `fetch`, for Bun, Node 22.18 and newer, and Deno:
 *
 *     LEVQOR_URL=http://127.0.0.1:5000 LEVQOR_KEY=… bun examples/worker.ts
 *
 * It claims jobs of the workflows in `handlers` and runs up to `SLOTS` of them at once. Heartbeats keep its claims; if
 * a job is cancelled, or lost to another worker, its `signal` fires. SIGTERM or Ctrl-C: it claims no more, lets running
 * jobs finish for `GRACE_MS`, and releases the others.
 */
import { hostname } from "node:os";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";

const BASE_URL = (process.env.LEVQOR_URL ?? "http://127.0.0.1:5000").replace(/\/$/, "");
const WORKER = `typescript-${hostname()}-${process.pid}`;
const SLOTS = 4;
const WAIT_SECONDS = 20;
const LEASE_SECONDS = Number(process.env.LEASE_SECONDS ?? 30);
const GRACE_MS = 5_000;

interface Job {
  readonly job_id: string;
  readonly workflow: string;
  readonly payload: Record<string, unknown>;
  /** Every report includes it: it distinguishes this claim from any other. */
  readonly attempt: number;
}

/** An expected failure: it becomes the job's error. */
class Failed extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly retryable = true,
  ) {
    super(message);
  }
}

/** The service's own codes. For a claimed job they mean that the worker must stop: it no longer has it. */
class Refused extends Error {}

type Handler = (payload: Job["payload"], signal: AbortSignal) => Promise<unknown>;

const handlers: Record<string, Handler> = {
  async reverse({ text }) {
    if (typeof text !== "string") throw new Failed("no_text", "The payload has no text.", false);
    return { text: [...text].reverse().join("") };
  },
  /** Takes as long as requested: an example of a long job. */
  async nap({ seconds = 1 }, signal) {
    await sleep(Number(seconds) * 1000, undefined, { signal });
    return { slept: seconds };
  },
};

/** Calls the service. Throws `Refused` for what it will refuse again, another error for what is retryable. */
async function call<Answer>(action: string, body: object, signal?: AbortSignal): Promise<Answer> {
  const timeout = AbortSignal.timeout((WAIT_SECONDS + 15) * 1000);
  const answer = await fetch(`${BASE_URL}/api/v1/workers/${action}`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-api-key": process.env.LEVQOR_KEY ?? "" },
    body: JSON.stringify(body),
    signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
  });
  if (answer.ok) return (await answer.json()) as Answer;
  if (answer.status >= 500 || answer.status === 429) throw new Error(`The service responded with ${answer.status}`);
  throw new Refused(((await answer.json()) as { detail: string }).detail);
}

/** The job's outcome, to be reported to the service. */
async function outcomeOf({ workflow, payload }: Job, signal: AbortSignal): Promise<{ action: string; more: object }> {
  try {
    return { action: "complete", more: { result: await (handlers[workflow] as Handler)(payload, signal) } };
  } catch (error) {
    if (signal.aborted) return { action: "release", more: {} };
    const { message } = error as Error;
    const known = error instanceof Failed ? { code: error.code, retryable: error.retryable } : { code: "worker_fault" };
    return { action: "fail", more: { error: { ...known, message } } };
  }
}

async function run(job: Job, stop: AbortController): Promise<void> {
  const { job_id, attempt } = job;
  let lost = false;
  const beat = async () => {
    try {
      await call("heartbeat", { job_id, attempt });
    } catch (error) {
      console.log(`${job_id}: ${(error as Error).message}`);
      if (!(error instanceof Refused)) return;
      lost = true;
      stop.abort();
    }
  };
  const heart = setInterval(beat, (LEASE_SECONDS * 1000) / 3);
  const { action, more } = await outcomeOf(job, stop.signal);
  // While heartbeats keep the job, its outcome can be reported again.
  for (let pause = 200; !lost; pause = Math.min(2 * pause, 5_000)) {
    try {
      await call(action, { job_id, attempt, ...more });
      console.log(`${job_id}: ${action}`);
      break;
    } catch (error) {
      if (error instanceof Refused) console.log(`${job_id}: ${error.message}`);
      if (error instanceof Refused) break;
      await sleep(pause);
    }
  }
  clearInterval(heart);
}

const running = new Map<AbortController, Promise<void>>();
const stopping = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => stopping.abort());

console.log(`${WORKER} claims ${Object.keys(handlers).join(", ")} at ${BASE_URL}`);
while (!stopping.signal.aborted) {
  try {
    const { jobs } = await call<{ jobs: Job[] }>(
      "claim",
      {
        worker: WORKER,
        workflows: Object.keys(handlers),
        max_jobs: SLOTS - running.size,
        wait_seconds: WAIT_SECONDS,
        lease_seconds: LEASE_SECONDS,
      },
      stopping.signal, // aborts the wait; the service takes back what it gave to a client that has gone
    );
    for (const job of jobs) {
      const stop = new AbortController();
      running.set(
        stop,
        run(job, stop).finally(() => running.delete(stop)),
      );
    }
  } catch (error) {
    if (error instanceof Refused) throw error;
    if (!stopping.signal.aborted) console.log(`Cannot claim, retrying: ${(error as Error).message}`);
    await sleep(1_000, undefined, { signal: stopping.signal }).catch(() => {});
  }
  while (running.size === SLOTS && !stopping.signal.aborted) await Promise.race([...running.values(), sleep(1_000)]);
}
await Promise.race([Promise.all(running.values()), sleep(GRACE_MS)]);
for (const stop of running.keys()) stop.abort();
await Promise.all(running.values());
process.exit(0);
