/** A limit of one over several worker processes, one of which is killed while it runs a job: seen by what they call. */
import { afterAll, afterEach, expect, test } from "bun:test";
import { openService, type Service, until, WorkerProcesses } from "../support.ts";

/** Answers after a moment; notes who is being answered at the same time. */
const outside = {
  running: new Set<string>(),
  arrivals: [] as { job_id: string; at: number }[],
  overlaps: [] as string[],
  /** A job whose answer is held back for as long as its caller waits. */
  held: undefined as string | undefined,
};
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  idleTimeout: 60,
  async fetch(request) {
    const job_id = request.headers.get("idempotency-key") ?? "";
    outside.arrivals.push({ job_id, at: performance.now() });
    if (outside.running.size > 0) outside.overlaps.push(`${job_id} while ${[...outside.running]}`);
    outside.running.add(job_id);
    const hangs = outside.arrivals.length === 20;
    if (hangs) outside.held = job_id;
    await (hangs ? hungUp(request.signal) : Bun.sleep(5 + Math.random() * 10));
    outside.running.delete(job_id);
    return Response.json({});
  },
});
afterAll(() => server.stop(true));

function hungUp(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

const services: Service[] = [];
const workers = new WorkerProcesses();
afterEach(async () => {
  await workers.killAll();
  for (const service of services.splice(0)) await service.close();
});

test("50 jobs of one key never overlap; the permit of a killed worker is free once its lease has expired", async () => {
  const service = await openService();
  services.push(service);
  const running = new Map(["w1", "w2", "w3"].map((name) => [name, workers.spawn(service, name, { lease_seconds: 4 })]));
  const submission = { concurrency_key: "only", payload: { method: "POST", url: server.url.href } };
  const ids: string[] = [];
  for (let i = 0; i < 50; i++) ids.push(await service.submit("http", submission));

  const held = await until(() => outside.held, { what: "a job that hangs", ms: 60_000 });
  const { worker } = await service.state(held);
  const victim = running.get(worker as string) as Bun.Subprocess;
  victim.kill("SIGKILL");
  await victim.exited;
  const killedAt = performance.now();
  await until(() => outside.arrivals.length > 20, { what: "the next job to run", ms: 30_000 });
  for (const id of ids) await service.reaches(id, "succeeded", 60_000);

  expect(outside.overlaps).toEqual([]);
  // The lease is 4 s and was renewed a third of it ago at the most: nobody took the permit before.
  expect((outside.arrivals[20]?.at ?? 0) - killedAt).toBeGreaterThan(2_000);
  const history = await service.history(held);
  expect(history.map(({ type }) => type).filter((type) => type !== "job.heartbeat")).toEqual([
    "job.submitted",
    "job.started",
    "job.released",
    "job.started",
    "job.succeeded",
  ]);
  expect(outside.arrivals.map(({ job_id }) => job_id).toSorted()).toEqual([...ids, held].toSorted());
  const runners = new Set<string>();
  for (const id of ids) {
    for (const { type, meta } of await service.history(id)) if (type === "job.started") runners.add(meta.actor);
  }
  // It was no queue of one; the third process may have been slow to start.
  expect(runners.size).toBeGreaterThan(1);
}, 120_000);
