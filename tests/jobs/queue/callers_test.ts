// Slow: tens of thousands of jobs wait, so that callers have to share what is kept of them.
/** Callers share a process's capacity to run jobs: what one of them submits keeps nobody else's from running. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { connectors as builtIn } from "../../../connectors/mod.ts";
import { Expenses } from "../../../src/domain/pipeline/expression_cost.ts";
import { workflowStream } from "../../../src/jobs/limits/limit_streams.ts";
import type { Runner } from "../../../src/jobs/mod.ts";
import { type ReadyJob, ReadyQueue } from "../../../src/jobs/queue/ready_queue.ts";
import { Slots } from "../../../src/jobs/queue/slots.ts";
import { WorkPacer } from "../../../src/jobs/run/work_pacer.ts";
import { openService, type Service, until, workshop } from "../support.ts";

const U = "user:0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70";
const V = "user:0197a1f0-91d2-7f04-8c11-5a0b7e3d9f21";
const KEY = "key:0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e71";

/** How many slots a caller takes before it may take no more. */
function fill(slots: Slots, caller: string | null): number {
  let taken = 0;
  for (; slots.free > 0 && slots.mayAcquire(caller); taken++) slots.acquire(caller);
  return taken;
}

describe("slots", () => {
  test.each([
    [1, 1],
    [2, 1],
    [3, 2],
    [4, 3],
    [8, 6],
    [64, 48],
  ])("of %i a caller alone may use %i", (all, held) => {
    expect(fill(new Slots(all), U)).toBe(held);
  });

  test("the operator may use all", () => {
    expect(fill(new Slots(64), null)).toBe(64);
  });

  test("every newcomer finds a free one, and as slots are given back all get equal shares", () => {
    const slots = new Slots(64);
    const held = new Map([[U, fill(slots, U)]]);
    held.set(V, fill(slots, V));
    held.set(KEY, fill(slots, KEY));
    expect([...held.values()].every((count) => count > 0)).toBe(true);
    // Jobs end, of whoever holds most, and whoever may takes what is free.
    for (let round = 0; round < 100; round++) {
      const [most] = [...held].toSorted(([, a], [, b]) => b - a)[0] as [string, number];
      slots.release(most);
      held.set(most, (held.get(most) as number) - 1);
      const least = [...held].toSorted(([, a], [, b]) => a - b).find(([caller]) => slots.mayAcquire(caller))?.[0];
      if (least === undefined) continue;
      slots.acquire(least);
      held.set(least, (held.get(least) as number) + 1);
    }
    const counts = [...held.values()];
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(18);
    expect(slots.free).toBeGreaterThan(0);
  });
});

describe("the queue", () => {
  let position = 0;
  function job(caller: string | null, more: Partial<ReadyJob> = {}): ReadyJob {
    position++;
    return { job_id: `j${position}`, caller, priority: "normal", position, version: 1, weight: 0, ...more };
  }

  test("callers take turns, the operator like one of them", () => {
    const queue = new ReadyQueue();
    for (const caller of [U, U, U, U, V, V, null]) queue.add(job(caller));
    const turns = Array.from({ length: 7 }, () => queue.take()?.caller);
    expect(turns.slice(0, 3).toSorted()).toEqual([U, V, null].toSorted());
    expect(turns.slice(3, 5).toSorted()).toEqual([U, V].toSorted());
    expect(turns.slice(5)).toEqual([U, U]);
  });

  test("a caller who may not start a job now is skipped, keeps their place, and holds up no lane", () => {
    const queue = new ReadyQueue();
    const [first, second] = [job(U, { priority: "high" }), job(U, { priority: "high" })];
    queue.add(first);
    queue.add(second);
    const low = job(V, { priority: "low" });
    queue.add(low);
    const notU = (caller: string) => caller !== U;
    expect(queue.take(1, notU)).toEqual(low);
    expect(queue.take(1, notU)).toBeUndefined();
    expect(queue.size).toBe(2);
    expect([queue.take(), queue.take()]).toEqual([first, second]);
  });

  test("a limited number per caller is kept, others have room; the rest is fetched when there is room again", () => {
    const queue = new ReadyQueue();
    const of = Array.from({ length: 20_000 }, () => job(U));
    for (const one of of) queue.add(one);
    expect(queue.size).toBe(1_000);
    expect(queue.toFetch("normal")).toEqual([]);
    const other = job(V);
    queue.add(other);
    expect(queue.take(1, (caller) => caller === V)).toEqual(other);
    for (let i = 0; i < 500; i++) expect(queue.take()).toEqual(of[i] as ReadyJob);
    expect(queue.toFetch("normal")).toEqual([U]);
    const at = (index: number) => (of[index] as ReadyJob).position;
    expect(queue.toFill("normal", U)).toMatchObject({ after: at(999), until: at(19_999), except: [] });
    queue.fill("normal", { jobs: of.slice(1_000, 1_200), upTo: at(1_199), more: true, caller: U });
    expect(queue.size).toBe(700);
    for (let i = 500; i < 1_200; i++) expect(queue.take()).toEqual(of[i] as ReadyJob);
    expect(queue.toFill("normal", U)).toMatchObject({ after: at(1_199), until: at(19_999) });
  });

  test("a caller whose share is full is left out when everybody's jobs are fetched, and is fetched later", () => {
    const queue = new ReadyQueue({ max_jobs: 4 });
    queue.miss(100_000);
    expect(queue.toFill("normal")).toEqual({ after: 0, until: 100_000, exhausted: false, except: [] });
    queue.fill("normal", { jobs: [1, 2, 3, 4, 5].map((at) => job(U, { position: at })), upTo: 5, more: true });
    expect(queue.size).toBe(4);
    expect(queue.toFill("normal")).toEqual({ after: 5, until: 100_000, exhausted: false, except: [U] });
    queue.fill("normal", { jobs: [job(V, { position: 99_999 })], upTo: 100_000, more: false });
    expect(queue.take(1, (caller) => caller === V)?.position).toBe(99_999);
    expect(queue.toFetch("normal")).toEqual([]);
    for (const at of [1, 2]) expect(queue.take()?.position).toBe(at);
    expect(queue.toFill("normal", U)).toMatchObject({ after: 4, until: 100_000 });
  });

  test("jobs that become due are limited by caller, too", () => {
    const queue = new ReadyQueue();
    for (let i = 0; i < 10_000; i++) queue.offer(job(U));
    expect(queue.size).toBe(2_000);
    expect(queue.fullOfDue("normal")).toEqual([U]);
    queue.offer(job(V));
    expect(queue.size).toBe(2_001);
  });
});

test("costly plans take turns by caller", async () => {
  const pacer = new WorkPacer();
  const order: string[] = [];
  const costly = () => {
    const expenses = new Expenses();
    for (const step of ["a", "b"]) expenses.render(step, (meter) => meter.spend(300_000));
    return expenses;
  };
  const plan = (caller: string) => pacer.run({ caller, expenses: costly() }, () => order.push(caller));
  await Promise.all([...Array.from({ length: 10 }, () => plan(U)), plan(V), plan(V)]);
  expect(order.slice(0, 5).filter((caller) => caller === V)).toEqual([V, V]);
  expect(order.length).toBe(12);
});

describe("jobs", () => {
  let service: Service;
  let peer: ReturnType<typeof slowPeer>;
  beforeEach(async () => {
    service = await openService();
    peer = slowPeer();
  });
  afterEach(async () => {
    peer.release();
    await service.close();
    await peer.stop();
  });

  /** A server that responds when told to, and knows who is waiting. */
  function slowPeer() {
    const arrived: string[] = [];
    const open = new Set<string>();
    let waiting: { who: string; answer: () => void }[] = [];
    let isOpen = false;
    const server = Bun.serve({
      port: 0,
      idleTimeout: 0,
      async fetch(request) {
        const who = new URL(request.url).pathname.slice(1);
        arrived.push(who);
        if (!isOpen && !open.has(who)) {
          await new Promise<void>((answer) => waiting.push({ who, answer }));
        }
        return new Response("at last");
      },
    });
    return {
      of: (who: string) => arrived.filter((one) => one === who).length,
      arrived,
      url: (who: string) => `http://127.0.0.1:${server.port}/${who}`,
      /** Answers one of those that wait. */
      answerOne() {
        waiting.shift()?.answer();
      },
      release() {
        isOpen = true;
        for (const { answer } of waiting) answer();
        waiting = [];
      },
      stop: () => server.stop(true),
    };
  }

  const connectors = new Map([...workshop().connectors, ...builtIn]);
  const call = (who: string, actor: string, extra: Record<string, unknown> = {}) =>
    service.submit("http", { payload: { url: peer.url(who), timeout_ms: 300_000 }, ...extra }, { actor });
  const many = (count: number, submit: () => Promise<string>) => Promise.all(Array.from({ length: count }, submit));
  const arrives = (who: string, count: number, ms = 10_000) =>
    until(() => peer.of(who) >= count, { what: `${count} calls of ${who}`, ms });

  /** Resolves when a runner has seen all that is in the log. */
  const follows = (runner: Runner) => async () => {
    const head = await service.log.head();
    await until(() => runner.status().position >= head, { what: "the runner to see all jobs" });
  };

  test("a user with as many slow jobs as there are slots prevents nobody else's from starting, and loses none", async () => {
    service.start({ connectors, concurrency: 8 });
    const ids = await many(40, () => call("u", U));
    await arrives("u", 6);
    const other = await call("v", V);
    await arrives("v", 1);
    const operators = await call("o", "key:0a1b2c3d");
    await arrives("o", 1);
    expect(peer.of("u")).toBe(6);
    peer.release();
    for (const id of [...ids, other, operators]) await service.reaches(id, "succeeded");
  });

  test("two callers get equal shares, a session and a key", async () => {
    await many(20, () => call("u", U));
    await many(20, () => call("k", KEY));
    await service.projected();
    service.start({ connectors, concurrency: 14 });
    await Promise.all([arrives("u", 6), arrives("k", 6)]);
    await call("v", V);
    await arrives("v", 1);
    expect([peer.of("u"), peer.of("k")]).toEqual([6, 6]);
  });

  test("the operator's own jobs use all slots there are", async () => {
    service.start({ connectors, concurrency: 8 });
    await many(8, () => call("o", "key:0a1b2c3d"));
    await arrives("o", 8);
  });

  test("with one slot callers take turns", async () => {
    const seen = follows(service.start({ connectors, concurrency: 1 }));
    await many(5, () => call("u", U));
    await arrives("u", 1);
    await call("v", V);
    await seen();
    for (const turn of [2, 3, 4]) {
      peer.answerOne();
      await until(() => peer.arrived.length >= turn, { what: `turn ${turn}` });
    }
    // A newcomer waits behind each of the others once.
    expect(peer.arrived.slice(0, 3)).toContain("v");
    expect(peer.of("u")).toBe(3);
  });

  test("with two slots one is for others", async () => {
    service.start({ connectors, concurrency: 2 });
    await many(5, () => call("u", U));
    await arrives("u", 1);
    await call("v", V);
    await arrives("v", 1);
    expect(peer.of("u")).toBe(1);
  });

  test("a user's 20,000 waiting jobs push nobody's out of memory, before and after a restart", async () => {
    const flood = async () => {
      for (let i = 0; i < 20; i++) await many(500, () => call("u", U));
    };
    await flood();
    const [early] = await many(1, () => call("v", V));
    await service.projected();
    const runner = service.start({ connectors, concurrency: 8 });
    await arrives("v", 1, 20_000);
    await flood();
    const late = await call("w", KEY);
    await arrives("w", 1, 20_000);
    expect(peer.of("u")).toBeLessThanOrEqual(6);
    expect(runner.status().ready).toBeLessThanOrEqual(2_100);
    expect((await service.state(early as string)).status).toBe("running");
    expect((await service.state(late)).status).toBe("running");
  }, 120_000);

  test("a user's jobs beyond what is kept in memory are found again, in order, and after a restart", async () => {
    const first = service.start({ connectors, concurrency: 4 });
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.push(...(await many(500, () => service.submit("noop", {}, { actor: U }))));
    await until(() => first.status().running > 0, { what: "one to run" });
    await first.stop();
    service.start({ connectors, concurrency: 4 });
    await service.projected();
    const left = async () => (await service.sql`select 1 from levqor_read.jobs where status <> 'succeeded'`).length;
    await until(async () => (await left()) === 0, { what: "all to succeed", ms: 60_000 });
    for (const id of ids.slice(-3)) expect((await service.state(id)).attempt).toBe(1);
  }, 90_000);

  test("a user who may start no more does not hold up others' jobs of the same limit", async () => {
    const events = [{ type: "workflow.limits_set", data: { workflow: "http", concurrency: 3 } }];
    const meta = { actor: "anonymous", correlation_id: "test" };
    await service.log.append({
      stream_id: workflowStream({ account: "operator", workflow: "http" }),
      expected_version: 0,
      events,
      meta,
    });
    const seen = follows(service.start({ connectors, concurrency: 4 }));
    // Three are running, the limit's maximum; the others are held back by it.
    const ids = await many(20, () => call("u", U));
    await arrives("u", 3);
    const other = await call("v", V);
    await seen();
    peer.answerOne();
    await arrives("v", 1);
    peer.release();
    for (const id of [...ids, other]) await service.reaches(id, "succeeded");
  });

  test("a user's jobs that are retried at once keep nobody's from starting", async () => {
    service.start({ connectors, concurrency: 4 });
    const run_at = new Date(Date.now() + 1_500).toISOString();
    for (let i = 0; i < 6; i++) await many(500, () => call("u", U, { run_at }));
    await call("v", V, { run_at: new Date(Date.now() + 2_500).toISOString() });
    await arrives("v", 1, 20_000);
    expect(peer.of("u")).toBeLessThanOrEqual(3);
  }, 60_000);
});
