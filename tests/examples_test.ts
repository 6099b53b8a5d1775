// Slow: workers are processes in two languages that wait for leases of seconds to end.
/** The example workers, as their readers run them: processes of their own, against a service that runs no jobs itself. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Subprocess } from "bun";
import { clockSettings } from "./support/clock.ts";
import { type TestDatabase, testDatabase } from "./support/postgres.ts";
import { eventually, type ServiceProcess, startServiceProcess } from "./support/service.ts";

const EXAMPLES = join(import.meta.dir, "../examples");
const KEY = "a-key-for-the-examples";
const headers = { "x-api-key": KEY };

const python = Bun.which("python3");
if (!python) {
  const message = "There is no python3 here, so examples/worker.py is not tested.";
  // Where it must run, its absence is a failure.
  if (process.env.CI) throw new Error(message);
  process.stderr.write(`\n!!! ${message}\n\n`);
}

let database: TestDatabase;
let service: ServiceProcess;
beforeAll(async () => {
  database = await testDatabase();
  service = await startServiceProcess({
    LEVQOR_ROLE: "api",
    DATABASE_URL: database.url,
    DATABASE_ADMIN_URL: database.admin_url,
    API_KEYS: KEY,
  });
}, 60_000);
afterAll(async () => {
  await service.stop();
  await database.drop();
}, 60_000);

const workers: Subprocess[] = [];
afterEach(async () => {
  for (const worker of workers.splice(0)) {
    worker.kill("SIGKILL");
    await worker.exited;
  }
});

interface Worker {
  readonly process: Subprocess;
  said(): string;
}

/** Starts a worker, and waits until it asks for jobs. */
async function startWorker(command: readonly string[]): Promise<Worker> {
  const child = Bun.spawn([...command], {
    env: { PATH: process.env.PATH, ...clockSettings, LEVQOR_URL: service.url, LEVQOR_KEY: KEY, LEASE_SECONDS: "2" },
    stdout: "pipe",
    stderr: "inherit",
  });
  workers.push(child);
  let said = "";
  void (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stdout) said += decoder.decode(chunk, { stream: true });
  })();
  await eventually(() => said.includes(" claims "));
  return { process: child, said: () => said };
}

async function submit(workflow: string, payload: object, more: object = {}): Promise<string> {
  const body = { workflow, payload, ...more };
  const { job_id } = await service.call<{ job_id: string }>("/api/v1/intake", { method: "POST", body, headers });
  return job_id;
}

interface Status {
  status: string;
  result: unknown;
  error: { code: string } | null;
}
const status = (id: string) => service.call<Status>(`/api/v1/status/${id}`, { headers });
const reaches = (id: string, wanted: string) =>
  eventually(async () => {
    const job = await status(id);
    return job.status === wanted && job;
  });

interface Recorded {
  type: string;
  data: { attempt?: number; worker?: string; reason?: string };
}
async function history(id: string): Promise<Recorded[]> {
  return (await service.call<{ data: Recorded[] }>(`/api/v1/jobs/${id}/events?limit=100`, { headers })).data;
}
const types = async (id: string) => (await history(id)).map((event) => event.type);

describe.each([
  {
    name: "worker.py",
    command: [python ?? "", join(EXAMPLES, "worker.py")],
    there: python !== null,
    quick: "word_count",
    payload: { text: "four words are here" },
    result: { words: 4 },
    long: "countdown",
  },
  {
    name: "worker.ts",
    command: [process.execPath, join(EXAMPLES, "worker.ts")],
    there: true,
    quick: "reverse",
    payload: { text: "abc" },
    result: { text: "cba" },
    long: "nap",
  },
])("examples/$name", ({ command, there, quick, payload, result, long }) => {
  test.skipIf(!there)(
    "runs jobs, and reports how they fail",
    async () => {
      const waiting = await submit(quick, payload);
      await startWorker(command);
      expect(await reaches(waiting, "succeeded")).toMatchObject({ result });
      const ids = await Promise.all(Array.from({ length: 12 }, () => submit(quick, payload)));
      for (const id of ids) expect(await reaches(id, "succeeded")).toMatchObject({ result });
      const bad = await submit(quick, { text: 7 });
      expect(await reaches(bad, "failed")).toMatchObject({ error: { code: "no_text" } });
      expect(await types(bad)).toEqual(["job.submitted", "job.started", "job.failed"]);
    },
    60_000,
  );

  test.skipIf(!there)(
    "keeps a long job with heartbeats, and stops when it is cancelled",
    async () => {
      const { said } = await startWorker(command);
      const kept = await submit(long, { seconds: 5 });
      await reaches(kept, "succeeded");
      const recorded = await types(kept);
      expect(recorded.filter((type) => type === "job.heartbeat").length).toBeGreaterThanOrEqual(3);
      expect(recorded).not.toContain("job.released");

      const cancelled = await submit(long, { seconds: 600 });
      await reaches(cancelled, "running");
      await service.call(`/api/v1/jobs/${cancelled}/cancel`, { method: "POST", headers });
      await eventually(() => said().includes(`${cancelled}: Job ${cancelled} was cancelled.`));
      expect((await status(cancelled)).status).toBe("cancelled");
      // As good as new.
      await reaches(await submit(quick, payload), "succeeded");
    },
    60_000,
  );

  test.skipIf(!there)(
    "that is killed: another runs its job when the lease has expired",
    async () => {
      const first = await startWorker(command);
      const id = await submit(long, { seconds: 3 });
      await reaches(id, "running");
      first.process.kill("SIGKILL");
      await first.process.exited;
      await startWorker(command);
      await reaches(id, "succeeded");
      const recorded = await history(id);
      expect(recorded.filter(({ type }) => type !== "job.heartbeat").map(({ type }) => type)).toEqual([
        "job.submitted",
        "job.started",
        "job.released",
        "job.started",
        "job.succeeded",
      ]);
      expect(recorded.find(({ type }) => type === "job.released")?.data.reason).toBe("lease_expired");
      const [one, two] = recorded.filter(({ type }) => type === "job.started");
      expect(one?.data.worker).not.toBe(two?.data.worker as string);
    },
    60_000,
  );

  test.skipIf(!there)(
    "SIGTERM: it lets jobs finish that soon do, releases the others, and exits",
    async () => {
      const worker = await startWorker(command);
      const soon = await submit(long, { seconds: 2 });
      const late = await submit(long, { seconds: 600 });
      await reaches(soon, "running");
      // It has the job, too: the service alone may say that it runs.
      await eventually(async () => (await history(late)).some(({ type }) => type === "job.heartbeat"));
      worker.process.kill("SIGTERM");
      expect(await worker.process.exited).toBe(0);
      expect((await status(soon)).status).toBe("succeeded");
      // Another worker may have it already.
      const [released] = (await history(late)).filter(({ type }) => type === "job.released");
      expect(released).toMatchObject({ data: { reason: "worker_stopping" } });
      await service.call(`/api/v1/jobs/${late}/cancel`, { method: "POST", headers });
    },
    60_000,
  );

  test.skipIf(!there)(
    "that waits for jobs exits at once when told to",
    async () => {
      const worker = await startWorker(command);
      await Bun.sleep(500);
      const began = performance.now();
      worker.process.kill("SIGINT");
      expect(await worker.process.exited).toBe(0);
      // A claim waits for 20 s.
      expect(performance.now() - began).toBeLessThan(15_000);
    },
    60_000,
  );
});
