/** The kinds of jobs that the load is made of. */
import type { Wanted } from "./evidence.ts";
import { LEASE_SECONDS } from "./fault_script.ts";
import type { Random } from "./random.ts";

/** A workflow that nobody runs: its jobs wait for ever. */
export const NOBODY = "torture-nobody";

interface Making {
  /** Of the job, outside. */
  readonly name: string;
  /** Of the stand-in. */
  readonly url: string;
  readonly random: Random;
}

export interface Kind {
  readonly name: string;
  /** How many of them there are for one of weight 1. */
  readonly weight: number;
  readonly make: (making: Making) => Pick<Wanted, "body" | "expected">;
}

export const KINDS: readonly Kind[] = [
  {
    name: "quick",
    weight: 8,
    make: ({ random, ...job }) => ({ body: http(job, { delay: random.below(300) }, random), expected: "succeeded" }),
  },
  {
    // Longer than a lease: it lives by its heartbeats.
    name: "long",
    weight: 2,
    make: ({ random, ...job }) => ({
      body: http(job, { delay: LEASE_SECONDS * 1000 + random.below(4_000) }, random),
      expected: "succeeded",
    }),
  },
  {
    name: "told",
    weight: 4,
    make: ({ random, ...job }) => ({
      body: {
        ...http(job, { delay: random.below(500) }, random),
        callback_url: `${job.url}/callback/${job.name}?failures=${random.below(2)}`,
      },
      expected: "succeeded",
    }),
  },
  {
    name: "refused",
    weight: 2,
    make: ({ random, ...job }) => ({
      body: {
        ...http(job, { delay: random.below(200), status: 422 }, random),
        callback_url: `${job.url}/callback/${job.name}`,
      },
      expected: "failed",
    }),
  },
  {
    // 503 at first: retried until it succeeds.
    name: "flaky",
    weight: 4,
    make: ({ random, ...job }) => ({
      body: {
        ...http(job, { delay: random.below(200), failures: random.between(1, 3) }, random),
        backoff: { initial_seconds: 0.2, factor: 2, max_seconds: 2 },
      },
      expected: "succeeded",
    }),
  },
  {
    // 503 for ever: a dead letter after all its attempts.
    name: "broken",
    weight: 1,
    make: ({ random, ...job }) => ({
      body: {
        ...http(job, { delay: random.below(100), status: 503 }, random),
        max_attempts: random.between(2, 4),
        backoff: { initial_seconds: 0.1 },
        callback_url: `${job.url}/callback/${job.name}`,
      },
      expected: "failed",
    }),
  },
  {
    // Must never run twice, come what may.
    name: "once",
    weight: 2,
    make: ({ random, ...job }) => ({
      body: { ...http(job, { delay: random.below(3_000) }, random), max_attempts: 1 },
      expected: "succeeded or lost",
    }),
  },
  {
    name: "delayed",
    weight: 2,
    make: ({ random, ...job }) => ({
      body: {
        ...http(job, { delay: random.below(100) }, random),
        run_at: new Date(Date.now() + random.between(1_000, 12_000)).toISOString(),
      },
      expected: "succeeded",
    }),
  },
  {
    // Each attempt takes too long.
    name: "slow",
    weight: 1,
    make: ({ random, ...job }) => ({
      body: {
        ...http(job, { delay: 30_000 }, random),
        attempt_timeout_seconds: 1,
        max_attempts: 2,
        backoff: { initial_seconds: 0.1 },
      },
      expected: "failed",
    }),
  },
  {
    // The whole of it takes too long.
    name: "late",
    weight: 1,
    make: ({ random, ...job }) => ({
      body: {
        ...http(job, { delay: 30_000 }, random),
        timeout_seconds: random.between(2, 6),
        callback_url: `${job.url}/callback/${job.name}`,
      },
      expected: "failed",
    }),
  },
  {
    name: "waiting",
    weight: 1,
    make: ({ name }) => ({ body: { workflow: NOBODY, payload: { name } }, expected: "queued" }),
  },
];

/** A job that asks the stand-in for a side effect, answered as `how` says. */
function http({ name, url }: Omit<Making, "random">, how: Record<string, number>, random: Random) {
  const query = new URLSearchParams(Object.entries(how).map(([key, value]) => [key, String(value)]));
  return {
    workflow: "http",
    payload: { method: "POST", url: `${url}/effect/${name}?${query}`, body: { name } },
    priority: random.pick(["low", "normal", "high"]),
    // However often its worker is killed, it is not the job's fault.
    max_attempts: 50,
  };
}
