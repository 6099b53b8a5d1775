/** The kinds of jobs that the load is made of. */
import { pause } from "../../src/async/mod.ts";
import type { Client } from "./client.ts";
import type { End, Wanted } from "./evidence.ts";
import { LEASE_SECONDS } from "./fault_script.ts";
import { hostileKind } from "./hostile.ts";
import type { Random } from "./random.ts";

/** A workflow that nobody runs: its jobs wait for ever. */
export const NOBODY = "torture-nobody";
/** What the malicious user submits, claims and releases: nobody else runs it. */
export const HARMED = "torture-harmed";
/** The stored pipeline, which gets new versions all the time. */
export const PIPELINE = "torture-pipeline";

/** However often its worker is killed, that is not the job's fault. */
const MANY = 50;
const KEYS = ["red", "green", "blue"];

interface Making {
  /** Of the job, outside. */
  readonly name: string;
  /** Of the stand-in. */
  readonly url: string;
  readonly random: Random;
}

/** What a client does with a job after its acknowledgement. */
export interface Following {
  readonly client: Client;
  readonly job_id: string;
  readonly wanted: Wanted;
  readonly random: Random;
  /** The load ends: nothing is waited for any longer. */
  readonly signal: AbortSignal;
  /** Notes that the job was replayed. */
  readonly replayed: (wanted: Wanted, answer: { job_id: string; position: number }) => void;
}

export interface Kind {
  readonly name: string;
  /** How many of them there are for one of weight 1. */
  readonly weight: number;
  readonly make: (making: Making) => Pick<Wanted, "body" | "expected">;
  /** Resolves to how the job must end now. */
  readonly follow?: (following: Following) => Promise<readonly End[]>;
}

const SIMPLE: readonly Kind[] = [
  {
    name: "quick",
    weight: 8,
    make: ({ random, ...job }) => ({ body: http(job, { delay: random.below(300) }, random), expected: ["succeeded"] }),
  },
  {
    // Longer than a lease: it needs its heartbeats.
    name: "long",
    weight: 2,
    make: ({ random, ...job }) => ({
      body: http(job, { delay: LEASE_SECONDS * 1000 + random.below(4_000) }, random),
      expected: ["succeeded"],
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
      expected: ["succeeded"],
    }),
  },
  {
    name: "waiting",
    weight: 1,
    make: ({ name }) => ({ body: { workflow: NOBODY, payload: { name } }, expected: ["queued"] }),
  },
  {
    // One at a time for each key.
    name: "keyed",
    weight: 2,
    make: ({ random, ...job }) => ({
      body: { ...http(job, { delay: random.below(400) }, random), concurrency_key: random.pick(KEYS) },
      expected: ["succeeded"],
    }),
  },
];

const FAILING: readonly Kind[] = [
  {
    name: "refused",
    weight: 2,
    make: ({ random, ...job }) => ({
      body: {
        ...http(job, { delay: random.below(200), status: 422 }, random),
        callback_url: `${job.url}/callback/${job.name}`,
      },
      expected: ["failed"],
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
      expected: ["succeeded"],
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
      expected: ["failed", "lost"],
    }),
  },
  {
    // Must never run twice, come what may.
    name: "once",
    weight: 2,
    make: ({ random, ...job }) => ({
      body: { ...http(job, { delay: random.below(3_000) }, random), max_attempts: 1 },
      expected: ["succeeded", "lost"],
    }),
  },
];

const TIMED: readonly Kind[] = [
  {
    name: "delayed",
    weight: 2,
    make: ({ random, ...job }) => ({
      body: {
        ...http(job, { delay: random.below(100) }, random),
        run_at: new Date(Date.now() + random.between(1_000, 12_000)).toISOString(),
      },
      expected: ["succeeded"],
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
      expected: ["failed", "lost"],
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
      expected: ["failed"],
    }),
  },
  {
    name: "cancelled",
    weight: 3,
    make: ({ random, ...job }) => ({
      body: {
        ...http(job, { delay: random.below(6_000) }, random),
        callback_url: `${job.url}/callback/${job.name}`,
      },
      expected: ["succeeded", "cancelled"],
    }),
    follow: async ({ client, job_id, wanted, random, signal }) => {
      await pause(random.below(4_000), signal);
      const answer = await client.insist(`/api/v1/jobs/${job_id}/cancel`, { body: { reason: "torture" }, signal });
      if (!answer) return wanted.expected;
      return answer.status === 200 ? ["cancelled"] : ["succeeded"];
    },
  },
];

const OF_STEPS: readonly Kind[] = [
  {
    name: "steps",
    weight: 3,
    make: ({ name, url }) => ({
      body: {
        workflow: "torture-steps",
        payload: { items: ["x", "y", "z"] },
        steps: [
          call("first", `${url}/effect/${name}/first?delay=200`),
          call("second", `${url}/effect/${name}/second?failures=1&after={{ steps.first.output.body.serial }}`),
          { if: "{{ payload.items.size() > 9 }}", ...call("never", `${url}/effect/${name}/never`) },
          { id: "nap", sleep: { seconds: 1.5 } },
          {
            ...call("each", `${url}/effect/${name}/each-{{ item }}?delay=700`),
            for_each: { items: "{{ payload.items }}", max_parallel: 2 },
          },
          call("last", `${url}/effect/${name}/last?after={{ steps.second.output.body.serial }}`),
        ],
        callback_url: `${url}/callback/${name}`,
        max_attempts: MANY,
      },
      expected: ["succeeded"],
    }),
  },
  {
    // Keeps the version that it started with, however the pipeline changes meanwhile.
    name: "piped",
    weight: 2,
    make: () => ({ body: { workflow: PIPELINE, payload: {}, max_attempts: MANY }, expected: ["succeeded"] }),
  },
  {
    name: "approved",
    weight: 1,
    make: ({ name, url }) => ({
      body: {
        workflow: "torture-steps",
        payload: {},
        steps: [
          call("before", `${url}/effect/${name}/before`),
          { id: "approve", wait_for_approval: { message: "Go on?", timeout_seconds: 86_400 } },
          call("after", `${url}/effect/${name}/after`),
        ],
        max_attempts: MANY,
      },
      // Until somebody decides.
      expected: ["queued"],
    }),
    follow: async ({ client, job_id, wanted, random, signal }) => {
      const approved = random.chance(0.8);
      await pause(random.below(3_000), signal);
      while (!signal.aborted) {
        const answer = await client.insist(`/api/v1/jobs/${job_id}/approve`, {
          body: { step: "approve", approved },
          signal,
        });
        // 409: it does not wait for it yet.
        if (answer?.status === 200) return approved ? ["succeeded"] : ["failed"];
        await pause(500, signal);
      }
      return [...wanted.expected, "succeeded", "failed"];
    },
  },
  {
    // Fails at its second step, and is rerun from there with another input.
    name: "mended",
    weight: 1,
    make: ({ name, url }) => ({
      body: {
        workflow: "torture-steps",
        payload: { status: 422 },
        steps: [
          call("done", `${url}/effect/${name}/done`),
          call(
            "mend",
            `${url}/effect/${name}/mend?status={{ payload.status }}&after={{ steps.done.output.body.serial }}`,
          ),
        ],
        max_attempts: MANY,
      },
      expected: ["failed"],
    }),
    follow: async ({ client, job_id, wanted, signal, replayed }) => {
      const payload = { status: 200 };
      const request = {
        body: { from_step: "mend", payload },
        headers: { "idempotency-key": `mend-${job_id}` },
        signal,
      };
      while (!signal.aborted) {
        const answer = await client.insist(`/api/v1/jobs/${job_id}/replay`, request);
        if (answer?.status === 202) {
          const position = Number(answer.headers.get("levqor-position"));
          const again: Wanted = { ...wanted, body: { ...wanted.body, payload }, expected: ["succeeded"] };
          replayed(again, { job_id: answer.body.job_id, position });
          break;
        }
        // 409: it has not finished yet.
        await pause(500, signal);
      }
      return wanted.expected;
    },
  },
];

/** How a job with hostile peers ends does not matter: it ends, one way or another. */
const HOSTILE: readonly Kind[] = [
  {
    name: "provoked",
    weight: 2,
    make: ({ random, ...job }) => ({
      body: {
        workflow: "http",
        payload: { url: `${job.url}/hostile/${hostileKind(random)}`, timeout_ms: 3_000 },
        callback_url: `${job.url}/callback/${job.name}`,
        max_attempts: random.between(1, 2),
        backoff: { initial_seconds: 0.1 },
        timeout_seconds: 30,
      },
      expected: ["succeeded", "failed", "lost"],
    }),
  },
  {
    // One step's response is passed on to the next.
    name: "handed_on",
    weight: 2,
    make: ({ random, name, url }) => ({
      body: {
        workflow: "torture-steps",
        payload: {},
        steps: [
          {
            id: "fetch",
            uses: "http",
            with: { url: `${url}/hostile/${hostileKind(random)}`, timeout_ms: 3_000 },
            // The connector's own five attempts at an endless response outlast the load by twenty seconds.
            retry: { max_attempts: 2, backoff: { initial_seconds: 0.1 } },
          },
          {
            id: "pass",
            uses: "http",
            with: { method: "POST", url: `${url}/effect/${name}/pass`, body: "{{ steps.fetch.output.body }}" },
          },
        ],
        max_attempts: 2,
        backoff: { initial_seconds: 0.1 },
        timeout_seconds: 30,
      },
      expected: ["succeeded", "failed", "lost"],
    }),
  },
  {
    // The status says that it is delivered, whatever comes with it.
    name: "told_in_vain",
    weight: 2,
    make: ({ random, ...job }) => ({
      body: {
        ...http(job, { delay: random.below(300) }, random),
        callback_url: `${job.url}/callback/${job.name}?hostile=${hostileKind(random, { delivered: true })}`,
      },
      expected: ["succeeded"],
    }),
  },
];

/** What the example workers do, by the workflow that one of them runs. */
const EXTERNAL: readonly Kind[] = [
  {
    name: "reversed",
    weight: 2,
    make: ({ name }) => ({
      body: { workflow: "reverse", payload: { text: name }, max_attempts: MANY },
      expected: ["succeeded"],
    }),
  },
  {
    name: "napped",
    weight: 1,
    make: ({ random }) => ({
      body: { workflow: "nap", payload: { seconds: random.below(6) }, max_attempts: MANY },
      expected: ["succeeded"],
    }),
  },
];

const EXTERNAL_PYTHON: readonly Kind[] = [
  {
    name: "counted",
    weight: 2,
    make: ({ name }) => ({
      body: { workflow: "word_count", payload: { text: name }, max_attempts: MANY },
      expected: ["succeeded"],
    }),
  },
  {
    name: "countdown",
    weight: 1,
    make: ({ name, url, random }) => ({
      body: {
        workflow: "countdown",
        payload: { seconds: random.below(6) },
        callback_url: `${url}/callback/${name}`,
        max_attempts: MANY,
      },
      expected: ["succeeded"],
    }),
  },
];

/** `python`: whether a worker in Python runs. */
export function kindsOf({ python }: { python: boolean }): Kind[] {
  return [SIMPLE, FAILING, TIMED, OF_STEPS, HOSTILE, EXTERNAL, python ? EXTERNAL_PYTHON : []].flat();
}

/** The pipeline at its `version`-th version, counted by its author. */
export function pipelineOf(url: string, version: number): object {
  const effect = (step: string) => `${url}/effect/pipeline/${step}?version=${version}`;
  return {
    steps: [
      call("one", effect("one")),
      { id: "pause", sleep: { seconds: 3 } },
      call("two", `${effect("two")}&after={{ steps.one.output.body.serial }}`),
    ],
  };
}

/** A job that requests a side effect of the stand-in, which responds as `how` says. */
export function http({ name, url }: Omit<Making, "random">, how: Record<string, number>, random: Random) {
  const query = new URLSearchParams(Object.entries(how).map(([key, value]) => [key, String(value)]));
  return {
    workflow: "http",
    payload: { method: "POST", url: `${url}/effect/${name}?${query}`, body: { name } },
    priority: random.pick(["low", "normal", "high"]),
    max_attempts: MANY,
  };
}

/** A step that requests a side effect of the stand-in. */
function call(id: string, url: string) {
  const retry = { max_attempts: MANY, backoff: { initial_seconds: 0.2, factor: 2, max_seconds: 2 } };
  return { id, uses: "http", with: { method: "POST", url, body: {} }, retry };
}
