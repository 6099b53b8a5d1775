// Slow: workers are processes that are killed or frozen for longer than their leases.
/** Jobs when the database is down, and when workers are killed or frozen. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { EVERYTHING } from "../../src/domain/reach.ts";
import { commandJob } from "../../src/jobs/mod.ts";
import { openLog } from "../../src/log/mod.ts";
import { type BreakingProxy, startProxy } from "../support/proxy.ts";
import { openService, type Service, until, WorkerProcesses, workshop } from "./support.ts";

let service: Service;
beforeEach(async () => {
  service = await openService();
});
afterEach(() => service.close());

describe("the database goes away", () => {
  let proxy: BreakingProxy;
  let log: ReturnType<typeof openLog>;
  beforeEach(async () => {
    proxy = await startProxy(service.url());
    // Impatient, so that appends fail and have unknown outcomes within the test's time.
    log = openLog({ url: proxy.url, append_timeout_ms: 300, attempt_timeout_ms: 150 });
  });
  afterEach(async () => {
    proxy.refusing = false;
    proxy.onRequest = () => "pass";
    proxy.onAnswer = () => "pass";
    await log.close();
    await proxy.close();
  });

  function goAway(): void {
    proxy.refusing = true;
    proxy.onRequest = () => "cut_before";
    proxy.onAnswer = () => "cut_before";
  }
  function comeBack(): void {
    proxy.refusing = false;
    proxy.onRequest = () => "pass";
    proxy.onAnswer = () => "pass";
  }

  test("while outcomes are recorded: each is recorded eventually, once", async () => {
    const { connectors, runs, release } = workshop();
    const runner = service.start({ connectors, log });
    const ids = await Promise.all(Array.from({ length: 20 }, () => service.submit("gate")));
    await until(() => runs.length === 20, { what: "all to run" });
    goAway();
    release();
    await Bun.sleep(1_000);
    expect(runner.status()).toMatchObject({ running: 0, recording: 20 });
    comeBack();
    for (const id of ids) {
      await service.reaches(id, "succeeded");
      expect(await service.types(id)).toEqual(["job.submitted", "job.started", "job.succeeded"]);
    }
    await until(() => runner.status().recording === 0, { what: "nothing to be recorded" });
    expect(runs).toHaveLength(20);
  });

  test("while jobs are claimed: they are claimed when it is back", async () => {
    const { connectors, runs } = workshop();
    const runner = service.start({ connectors, log, bus: service.bus });
    await until(() => runner.status().state === "running", { what: "the start" });
    goAway();
    const ids = await Promise.all(Array.from({ length: 20 }, () => service.submit("noop")));
    await Bun.sleep(1_000);
    expect(runs).toEqual([]);
    comeBack();
    for (const id of ids) await service.reaches(id, "succeeded");
    expect(runs.map((run) => run.key).toSorted()).toEqual(ids.toSorted());
  });

  test("again and again at every stage: no attempt runs twice, every job finishes once", async () => {
    const { connectors, runs } = workshop();
    service.start({ connectors, log, concurrency: 8 });
    let chunks = 0;
    // Cuts before, within and after requests and answers, in turn.
    proxy.onRequest = () =>
      (["pass", "pass", "pass", "pass", "cut_before", "cut_within", "cut_after"] as const)[++chunks % 7] ?? "pass";
    proxy.onAnswer = () =>
      (["pass", "pass", "pass", "pass", "pass", "cut_before", "cut_after"] as const)[++chunks % 11] ?? "pass";
    const ids = await Promise.all(Array.from({ length: 60 }, () => service.submit("noop")));
    await Bun.sleep(1_500);
    expect(chunks).toBeGreaterThan(20);
    comeBack();
    for (const id of ids) {
      await service.reaches(id, "succeeded");
      expect(await service.types(id)).toEqual(["job.submitted", "job.started", "job.succeeded"]);
    }
    expect(runs.map((run) => run.key).toSorted()).toEqual(ids.toSorted());
  });
});

describe("a worker process", () => {
  const arrivals: { path: string; key: string | null; signal: AbortSignal }[] = [];
  let answering = Promise.withResolvers<void>();
  const outside = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 60,
    async fetch(request) {
      const key = request.headers.get("idempotency-key");
      arrivals.push({ path: new URL(request.url).pathname, key, signal: request.signal });
      await answering.promise;
      return Response.json({ done: true });
    },
  });
  const workers = new WorkerProcesses();
  beforeEach(() => {
    arrivals.length = 0;
    answering = Promise.withResolvers<void>();
  });
  afterEach(async () => {
    answering.resolve();
    await workers.killAll();
  });

  const spawn = (instance: string) => workers.spawn(service, instance);
  const call = (path: string) =>
    service.submit("http", { payload: { method: "POST", url: new URL(path, outside.url).href } });

  test("that is killed: another runs its job, with the same idempotency key", async () => {
    const first = spawn("first");
    const id = await call("/a");
    await until(() => arrivals.length === 1, { what: "the first worker to call" });
    first.kill("SIGKILL");
    spawn("second");
    await until(() => arrivals.length === 2, { what: "the second worker to call" });
    answering.resolve();
    const state = await service.reaches(id, "succeeded");
    expect(state).toMatchObject({ attempt: 2, attempts_used: 1 });
    expect(arrivals.map((arrival) => arrival.key)).toEqual([id, id]);
  }, 60_000);

  test("stops working on a job that is cancelled elsewhere", async () => {
    spawn("first");
    const id = await call("/a");
    await until(() => arrivals.length === 1, { what: "the worker to call" });
    const cancel = {
      job_id: id,
      reach: EVERYTHING,
      command: { type: "cancel" },
      meta: { actor: "anonymous", correlation_id: id },
    } as const;
    await commandJob(service.log, cancel);
    // Its heartbeats find out: the call itself would be waited for.
    await until(() => arrivals[0]?.signal.aborted, { what: "the call to be given up" });
    answering.resolve();
    await service.reaches(await call("/b"), "succeeded");
    expect((await service.state(id)).status).toBe("cancelled");
  }, 60_000);

  test("that is frozen for longer than its lease: its late report is not recorded over the other's", async () => {
    const first = spawn("first");
    const id = await call("/a");
    await until(() => arrivals.length === 1, { what: "the first worker to call" });
    first.kill("SIGSTOP");
    const second = spawn("second");
    await until(() => arrivals.length === 2, { what: "the second worker to call" });
    answering.resolve();
    await service.reaches(id, "succeeded");
    const before = await service.types(id);
    first.kill("SIGCONT");
    await Bun.sleep(700);
    expect(await service.types(id)).toEqual(before);
    expect(before.filter((type) => type === "job.succeeded")).toHaveLength(1);
    expect((await service.history(id)).find((event) => event.type === "job.succeeded")?.meta.actor).toBe(
      "worker:second",
    );
    // It is as good as new.
    second.kill("SIGKILL");
    const next = await call("/b");
    expect((await service.reaches(next, "succeeded")).attempt).toBe(1);
  }, 60_000);
});
