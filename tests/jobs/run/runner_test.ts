// Slow: leases and heartbeats run in real time, and attempts that ignore their end have to be given up.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { EVERYTHING } from "../../../src/domain/reach.ts";
import { commandJob } from "../../../src/jobs/mod.ts";
import type { EventLog } from "../../../src/log/mod.ts";
import { openService, type Service, until, workshop } from "../support.ts";

let service: Service;
beforeEach(async () => {
  service = await openService();
});
afterEach(() => service.close());

const meta = { actor: "anonymous", correlation_id: "test" };

describe("a submitted job", () => {
  test("is claimed, run and recorded, each event by the worker and caused by the one before", async () => {
    service.start(workshop());
    const id = await service.submit("noop", { payload: { n: 7 } });
    const state = await service.reaches(id, "succeeded");
    expect(state.result).toEqual({ n: 7 });
    const [, started, succeeded] = await service.history(id);
    expect(started).toMatchObject({
      type: "job.started",
      data: { attempt: 1, worker: "w1", lease_seconds: 30 },
      meta: { actor: "worker:w1", correlation_id: id, causation_id: `job-${id}@1` },
    });
    expect(succeeded).toMatchObject({ type: "job.succeeded", meta: { causation_id: `job-${id}@2` } });
  });

  test("is recorded in its caller's turn, even if another was faster at the first attempt", async () => {
    const turns: unknown[] = [];
    const append: EventLog["append"] = async (wanted) => {
      if (wanted.events[0]?.type !== "job.succeeded") return await service.log.append(wanted);
      turns.push(wanted.charged_to);
      if (turns.length > 1) return await service.log.append(wanted);
      return { ok: false, reason: "conflict", actual_version: wanted.expected_version };
    };
    const log = new Proxy(service.log, {
      get: (target, name) => {
        const value = name === "append" ? append : Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    service.start({ connectors: workshop().connectors, log });
    const id = await service.submit("noop", {}, { actor: "key:theirs" });
    await service.reaches(id, "succeeded");
    expect(turns).toEqual(["key:theirs", "key:theirs"]);
  });

  test("that was waiting before the start, in the read model or only in the log, is run", async () => {
    const known = await service.submit("noop");
    await service.projected();
    const fresh = await service.submit("noop");
    service.start(workshop());
    await service.reaches(known, "succeeded");
    await service.reaches(fresh, "succeeded");
  });

  test("of a workflow that nothing runs here waits", async () => {
    const { connectors, runs } = workshop();
    service.start({ connectors });
    const unknown = await service.submit("nobody_runs_this");
    const known = await service.submit("noop");
    await service.reaches(known, "succeeded");
    expect(await service.types(unknown)).toEqual(["job.submitted"]);
    expect(runs).toEqual([{ name: "noop", key: known }]);
  });
});

describe("a job fails", () => {
  test.each([
    ["refusing", {}, { code: "card_declined", message: "The card was declined.", detail: { card: 4242 } }],
    [
      "broken",
      {},
      { code: "connector_fault", message: 'The connector "broken" broke; the service\'s own log has the details.' },
    ],
    ["large", {}, { code: "result_too_large" }],
    ["deep", {}, { code: "result_too_deep", message: "The result is nested more than 64 levels deep." }],
    ["odd", {}, { code: "result_not_json", message: "The result has a number that JSON cannot represent, at /0." }],
    ["noop", { n: "seven" }, { code: "invalid_payload", detail: { errors: [{ pointer: "/n" }] } }],
  ])("%s %j", async (workflow, payload, error) => {
    service.start(workshop());
    const id = await service.submit(workflow, { payload, max_attempts: 1 });
    expect((await service.reaches(id, "failed")).error).toMatchObject(error);
  });

  test("but one that returns nothing succeeds with null", async () => {
    service.start(workshop());
    const id = await service.submit("void");
    expect((await service.reaches(id, "succeeded")).result).toBeNull();
  });
});

describe("leases", () => {
  test("a job whose worker died runs again when its lease has expired", async () => {
    const dead = await service.submit("noop");
    const claim = { type: "start", worker: "dead", lease_seconds: 0.3 } as const;
    await commandJob(service.log, { reach: EVERYTHING, job_id: dead, command: claim, meta });
    const { connectors, runs } = workshop();
    service.start({ connectors });
    const state = await service.reaches(dead, "succeeded");
    expect(state.attempt).toBe(2);
    expect(await service.types(dead)).toEqual([
      "job.submitted",
      "job.started",
      "job.released",
      "job.started",
      "job.succeeded",
    ]);
    expect((await service.history(dead))[2]?.data).toEqual({ attempt: 1, reason: "lease_expired" });
    expect(runs).toEqual([{ name: "noop", key: dead }]);
  });

  test("if no other worker can be alive, their jobs run again at once", async () => {
    const projected = await service.submit("noop");
    const claim = { type: "start", worker: "dead", lease_seconds: 600 } as const;
    await commandJob(service.log, { reach: EVERYTHING, job_id: projected, command: claim, meta });
    await service.projected();
    const fresh = await service.submit("noop");
    await commandJob(service.log, { reach: EVERYTHING, job_id: fresh, command: claim, meta });
    service.start({ ...workshop(), sole: true });
    for (const id of [projected, fresh]) {
      await service.reaches(id, "succeeded");
      expect((await service.history(id))[2]?.data).toEqual({ attempt: 1, reason: "worker_lost" });
    }
  });

  test("an external worker's claim survives a start that knows all others to be dead", async () => {
    const theirs = await service.submit("theirs");
    const lease = { worker: "theirs", lease_seconds: 600, external: true };
    await commandJob(service.log, { reach: EVERYTHING, job_id: theirs, command: { type: "start", ...lease }, meta });
    const dead = await service.submit("noop");
    const claim = { type: "start", worker: "dead", lease_seconds: 600 } as const;
    await commandJob(service.log, { reach: EVERYTHING, job_id: dead, command: claim, meta });
    await service.projected();
    service.start({ ...workshop(), sole: true });
    await service.reaches(dead, "succeeded");
    expect(await service.state(theirs)).toMatchObject({ status: "running", worker: "theirs", attempt: 1 });
  });

  test("heartbeats keep a long attempt's claim", async () => {
    const { connectors, release } = workshop();
    service.start({ connectors, lease_seconds: 0.6 });
    service.start({ connectors, lease_seconds: 0.6 });
    const id = await service.submit("gate");
    await service.reaches(id, "running");
    await Bun.sleep(1_500);
    release();
    const state = await service.reaches(id, "succeeded");
    expect(state.attempt).toBe(1);
    expect(await service.types(id)).toContain("job.heartbeat");
    expect(await service.types(id)).not.toContain("job.released");
  });

  test("a late report is rejected, and its connector told to stop", async () => {
    const { connectors, release } = workshop();
    service.start({ connectors, lease_seconds: 0.6, concurrency: 1 });
    const id = await service.submit("gate");
    await service.reaches(id, "running");
    // As another process's sweep would after this one stood still.
    // In one commit, or this one would claim it again in between.
    const events = [
      { type: "job.released", data: { attempt: 1, reason: "worker_lost" } },
      { type: "job.started", data: { attempt: 2, worker: "other", lease_seconds: 600 } },
    ];
    const takeOver = async () => {
      const expected_version = (await service.history(id)).length;
      return (await service.log.append({ stream_id: `job-${id}`, expected_version, events, meta })).ok;
    };
    await until(takeOver, { what: "no heartbeat to come between" });
    const late = await commandJob(service.log, {
      reach: EVERYTHING,
      job_id: id,
      command: { type: "complete", attempt: 1, result: 1 },
      meta,
    });
    expect(late).toMatchObject({ ok: false, refusal: { code: "attempt_superseded" } });
    // The heartbeat learns of it; the only slot is free for another job.
    const next = await service.submit("noop");
    await service.reaches(next, "succeeded");
    release();
    expect(await service.state(id)).toMatchObject({ status: "running", worker: "other", attempt: 2 });
  });

  test("a connector that does not stop loses its slot, and its result is dropped", async () => {
    const { connectors, release } = workshop();
    service.start({ connectors, lease_seconds: 0.6, concurrency: 1 });
    const id = await service.submit("unresponsive");
    await service.reaches(id, "running");
    await commandJob(service.log, {
      reach: EVERYTHING,
      job_id: id,
      command: { type: "complete", attempt: "any", result: "by hand" },
      meta,
    });
    const next = await service.submit("noop");
    await service.reaches(next, "succeeded");
    release();
    await Bun.sleep(50);
    expect(await service.state(id)).toMatchObject({ status: "succeeded", result: "by hand" });
  });
});

describe("several runners", () => {
  test("never both start an attempt, and leave none behind", async () => {
    const shops = [workshop(), workshop(), workshop()];
    for (const shop of shops) service.start({ ...shop, concurrency: 16 });
    const ids = await Promise.all(Array.from({ length: 600 }, () => service.submit("noop")));
    for (const id of ids) await service.reaches(id, "succeeded");
    const runs = shops.flatMap((shop) => shop.runs.map((run) => run.key));
    expect(runs.toSorted()).toEqual(ids.toSorted());
    const [first] = ids;
    expect(await service.types(first as string)).toEqual(["job.submitted", "job.started", "job.succeeded"]);
  });
});

describe("limits", () => {
  test("no more attempts run at once than there are slots", async () => {
    const { connectors, runs, release } = workshop();
    const runner = service.start({ connectors, concurrency: 3 });
    const ids = await Promise.all(Array.from({ length: 10 }, () => service.submit("gate")));
    await until(() => runs.length === 3, { what: "three to run" });
    await Bun.sleep(100);
    expect(runs).toHaveLength(3);
    expect(runner.status()).toMatchObject({ running: 3, ready: 7 });
    release();
    for (const id of ids) await service.reaches(id, "succeeded");
  });

  test("jobs beyond the queue's limits are found again", async () => {
    const { connectors, runs } = workshop();
    const ids = await Promise.all(
      Array.from({ length: 300 }, (_, i) => service.submit("noop", { priority: ["low", "normal", "high"][i % 3] })),
    );
    await service.projected();
    service.start({ connectors, concurrency: 4, queue: { max_jobs: 8, max_weight: 100 } });
    const more = await Promise.all(Array.from({ length: 300 }, () => service.submit("noop")));
    for (const id of [...ids, ...more]) await service.reaches(id, "succeeded");
    expect(runs.map((run) => run.key).toSorted()).toEqual([...ids, ...more].toSorted());
  });

  test("a released job does not wait for a lagging read model", async () => {
    const { connectors, release } = workshop();
    const returned = await service.submit("noop");
    const claim = { type: "start", worker: "other", lease_seconds: 600 } as const;
    await commandJob(service.log, { reach: EVERYTHING, job_id: returned, command: claim, meta });
    await service.projected();
    await service.stopProjecting();
    service.start({ connectors, concurrency: 1, queue: { max_jobs: 1 } });
    await Bun.sleep(500); // it has asked the read model for what waited before the start
    const held = await service.submit("gate");
    await service.reaches(held, "running");
    // More than the queue holds: the runner looks for them in the read model, in vain, ever more patiently.
    for (let i = 0; i < 3; i++) await service.submit("noop");
    release();
    await service.reaches(held, "succeeded");
    await Bun.sleep(1_000);
    const handBack = { type: "release", attempt: 1, reason: "worker_stopping" } as const;
    await commandJob(service.log, { reach: EVERYTHING, job_id: returned, command: handBack, meta });
    await service.reaches(returned, "succeeded", 4_000);
  });

  test("high goes before normal before low", async () => {
    const { connectors, runs } = workshop();
    const submitted: string[] = [];
    for (const priority of ["low", "normal", "high", "low", "normal", "high"]) {
      submitted.push(await service.submit("noop", { priority }));
    }
    await service.projected();
    service.start({ connectors, concurrency: 1 });
    for (const id of submitted) await service.reaches(id, "succeeded");
    expect(runs.map((run) => submitted.indexOf(run.key))).toEqual([2, 5, 1, 4, 0, 3]);
  });
});

describe("stop", () => {
  test("lets running jobs finish, takes no more, and leaves the rest queued", async () => {
    const { connectors, runs, release } = workshop();
    const runner = service.start({ connectors, concurrency: 1 });
    const running = await service.submit("gate");
    const waiting = await service.submit("noop");
    await until(() => runs.length === 1, { what: "the first to run" });
    const stopped = runner.stop({ drain_ms: 5_000 });
    expect(runner.status().state).toBe("stopping");
    release();
    await stopped;
    expect(runner.status()).toMatchObject({ state: "stopped", running: 0, recording: 0 });
    expect((await service.state(running)).status).toBe("succeeded");
    expect((await service.state(waiting)).status).toBe("queued");
  });

  test("aborts what does not finish in time and releases it to another worker", async () => {
    const { connectors, runs, release } = workshop();
    const runner = service.start({ connectors });
    const gate = await service.submit("gate");
    const unresponsive = await service.submit("unresponsive");
    await until(() => runs.length === 2, { what: "both to run" });
    await runner.stop({ drain_ms: 50 });
    for (const id of [gate, unresponsive]) {
      expect((await service.history(id)).at(-1)).toMatchObject({
        type: "job.released",
        data: { attempt: 1, reason: "worker_stopping" },
      });
    }
    release();
    const other = workshop();
    other.release();
    service.start(other);
    expect((await service.reaches(unresponsive, "succeeded")).attempt).toBe(2);
    expect((await service.reaches(gate, "succeeded")).attempt).toBe(2);
  });
});
