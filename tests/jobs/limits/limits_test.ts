// Slow: jobs wait for each other, and rates space them out in real time.
/** Limits, with several runners on one log: whether jobs overlap is observed by what they call. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import type { Connector } from "../../../connectors/mod.ts";
import { decode, entityId } from "../../../events/mod.ts";
import type { WorkflowLimitsSet } from "../../../events/workflow.ts";
import { EVERYTHING } from "../../../src/domain/reach.ts";
import { limitStream, workflowStream } from "../../../src/jobs/limits/limit_streams.ts";
import { commandJob } from "../../../src/jobs/mod.ts";
import type { EventLog } from "../../../src/log/mod.ts";
import { openService, type Service, until } from "../support.ts";

let service: Service;
beforeEach(async () => {
  service = await openService();
});
afterEach(() => service.close());

const meta = { actor: "anonymous", correlation_id: "test" };

/**
 * Workflows `a` and `b` that take a moment, and note who runs at the same time. The first of a group wait until as many
 * of it as `gather` says run at once: on a slow machine they would be gone before the next one is claimed.
 */
function shop(ms = 5, gather: Record<string, number> = {}) {
  const gathered = new Map(Object.keys(gather).map((group) => [group, Promise.withResolvers<void>()]));
  const running = new Map<string, number>();
  const most = new Map<string, number>();
  const ran: string[] = [];
  const order: string[] = [];
  function connector(name: string): Connector {
    return {
      name,
      summary: name,
      input: Type.Object({ group: Type.Optional(Type.String()) }),
      output: Type.Unknown(),
      async run(input, { idempotency_key, signal }) {
        const { group = name } = input as { group?: string };
        const now = (running.get(group) ?? 0) + 1;
        running.set(group, now);
        most.set(group, Math.max(most.get(group) ?? 0, now));
        order.push(idempotency_key);
        if (now >= (gather[group] ?? 0)) gathered.get(group)?.resolve();
        try {
          await gathered.get(group)?.promise;
          await Bun.sleep(ms);
          signal.throwIfAborted();
          ran.push(idempotency_key);
          return {};
        } finally {
          running.set(group, (running.get(group) ?? 0) - 1);
        }
      },
    };
  }
  return { most, ran, order, connectors: new Map(["a", "b"].map((name) => [name, connector(name)])) };
}

async function settle(limits: WorkflowLimitsSet): Promise<void> {
  const stream_id = workflowStream({ account: "operator", workflow: limits.workflow });
  const expected_version = (await service.log.readStream(stream_id)).length;
  const events = [{ type: "workflow.limits_set", data: limits }];
  const result = await service.log.append({ stream_id, expected_version, events, meta });
  if (!result.ok) throw new Error("conflict");
}

const submitMany = (count: number, workflow: string, extra: Record<string, unknown> = {}) =>
  Promise.all(Array.from({ length: count }, () => service.submit(workflow, extra)));

async function allSucceed(ids: readonly string[], ms = 60_000): Promise<void> {
  for (const id of ids) await service.reaches(id, "succeeded", ms);
}

/** When a job was started, in milliseconds since 1970. */
async function startOf(id: string): Promise<number> {
  const started = (await service.history(id)).find(({ type }) => type === "job.started");
  return Date.parse(started?.recorded_at ?? "");
}

describe("a concurrency key", () => {
  test("lets one job run at once, however many runners there are", async () => {
    const one = shop();
    for (let i = 0; i < 3; i++) service.start({ connectors: one.connectors, concurrency: 16 });
    const ids: string[] = [];
    for (let i = 0; i < 50; i++) ids.push(await service.submit("a", { concurrency_key: "acme" }));
    await allSucceed(ids);
    expect(one.most.get("a")).toBe(1);
    expect(one.ran.toSorted()).toEqual(ids.toSorted());
    for (const id of ids) {
      expect(await service.types(id)).toEqual(["job.submitted", "job.started", "job.succeeded"]);
    }
    const grants = (
      await service.log.readStream(limitStream({ workflow: "a", concurrency_key: "acme", account: "operator" }))
    ).map(decode);
    expect(grants).toHaveLength(50);
    expect(grants.every(({ data }) => Object.keys((data as { holders: object }).holders).length === 1)).toBe(true);
  }, 90_000);

  test("counts only among its account's jobs, even if they are found again in the read model", async () => {
    const work = shop(1, { ada: 1 });
    const submit = (actor: string, group: string, account?: string) =>
      service.submit("a", { concurrency_key: "acme", payload: { group } }, { actor, account });
    const [ada, bob, shared]: string[][] = [[], [], []];
    // More than a limit keeps: the rest is fetched by its key.
    for (let i = 0; i < 12; i++) {
      ada?.push(await submit("user:ada", "ada", "user:ada"));
      bob?.push(await submit("key:0123abcd", "bob", "org:bob"));
      shared?.push(await submit(i % 2 ? "key:0123abcd" : "anonymous", "shared"));
    }
    const slow = shop(100_000);
    await service.projected();
    const holder = service.start({ connectors: slow.connectors, concurrency: 8, held_back: { jobs_of_limit: 4 } });
    await until(() => slow.order.length >= 3, { what: "one job of each to run" });
    await Bun.sleep(200);
    expect(Object.fromEntries(slow.most)).toEqual({ ada: 1, bob: 1, shared: 1 });
    await holder.stop({ drain_ms: 0 });
    service.start({ connectors: work.connectors, concurrency: 8, held_back: { jobs_of_limit: 4 } });
    await allSucceed([ada, bob, shared].flatMap((ids) => ids ?? []));
    expect(Object.fromEntries(work.most)).toEqual({ ada: 1, bob: 1, shared: 1 });
  }, 90_000);

  test("does not hold up jobs of other keys, or without one", async () => {
    const slow = shop(400);
    service.start({ connectors: slow.connectors, concurrency: 4 });
    const held = await submitMany(30, "a", { concurrency_key: "busy", payload: { group: "busy" } });
    const free = await submitMany(4, "a", { payload: { group: "free" } });
    const other = await submitMany(2, "a", { concurrency_key: "other", payload: { group: "other" } });
    await allSucceed([...free, ...other]);
    expect(slow.order.indexOf(free[0] as string)).toBeLessThan(10);
    expect(slow.most.get("busy")).toBe(1);
    expect(slow.most.get("other")).toBe(1);
    expect((await service.state(held.at(-1) as string)).status).toBe("queued");
  }, 60_000);

  test("has as many permits as are set, and more once more are set", async () => {
    await settle({ workflow: "a", concurrency_per_key: 3 });
    const wide = shop(50, { three: 3, more: 4 });
    for (let i = 0; i < 2; i++) service.start({ connectors: wide.connectors });
    await allSucceed(await submitMany(30, "a", { concurrency_key: "k", payload: { group: "three" } }));
    expect(wide.most.get("three")).toBe(3);
    const slow = await submitMany(24, "a", { concurrency_key: "k", payload: { group: "more" } });
    await until(() => wide.most.get("more") === 3, { what: "three to run" });
    await settle({ workflow: "a", concurrency_per_key: 8 });
    await allSucceed(slow);
    expect(wide.most.get("more")).toBeGreaterThan(3);
    expect(wide.most.get("more")).toBeLessThanOrEqual(8);
  }, 60_000);
});

describe("a workflow's concurrency", () => {
  test("counts jobs with keys and without, and each key has its own in addition", async () => {
    await settle({ workflow: "a", concurrency: 4 });
    const work = shop(60, { a: 4, b: 5 });
    for (let i = 0; i < 3; i++) service.start({ connectors: work.connectors });
    // Keys among each other: those of one wait for their key or for their workflow, whichever is taken.
    const ids: string[] = [];
    for (let i = 0; i < 15; i++) {
      ids.push(...(await submitMany(2, "a")));
      for (const concurrency_key of ["x", "y", "z"]) ids.push(await service.submit("a", { concurrency_key }));
    }
    const others = await submitMany(30, "b");
    await allSucceed([...ids, ...others]);
    expect(work.most.get("a")).toBe(4);
    expect(work.most.get("b")).toBeGreaterThan(4);
    expect(work.ran.toSorted()).toEqual([...ids, ...others].toSorted());
  }, 90_000);

  test("that is lowered lets no more start until enough have finished", async () => {
    const gates: (() => void)[] = [];
    let running = 0;
    let most = 0;
    const gated: Connector = {
      name: "a",
      summary: "Ends when its gate is opened.",
      input: Type.Unknown(),
      output: Type.Unknown(),
      async run() {
        const { promise, resolve } = Promise.withResolvers<void>();
        gates.push(resolve);
        most = Math.max(most, ++running);
        await promise;
        running--;
        return {};
      },
    };
    await settle({ workflow: "a", concurrency: 6 });
    const runner = service.start({ connectors: new Map([["a", gated]]) });
    const ids = await submitMany(20, "a");
    await until(() => running === 6, { what: "six to run" });
    // A claim that is under way may go by what held when it began.
    await until(() => runner.status().held_back === ids.length - 6 && runner.status().ready === 0, {
      what: "all others to be held back",
    });
    await settle({ workflow: "a", concurrency: 2 });
    const position = await service.log.head();
    await until(() => runner.status().position >= position, { what: "the runner to have heard" });
    most = 0;
    for (let ended = 0; ended < ids.length; ended++) {
      const expected = Math.max(6 - ended, Math.min(2, ids.length - ended));
      await until(() => running === expected, { what: `${expected} to run after ${ended}` });
      gates[ended]?.();
    }
    await allSucceed(ids);
    expect(most).toBe(2);
  }, 60_000);
});

describe("a rate", () => {
  test("spaces the starts by the database's clock, however many runners there are", async () => {
    await settle({ workflow: "a", concurrency_per_key: 100, rate_per_key: { limit: 5, per_seconds: 1 } });
    const work = shop(1);
    for (let i = 0; i < 3; i++) service.start({ connectors: work.connectors });
    const ids = await submitMany(12, "a", { concurrency_key: "k" });
    await allSucceed(ids);
    const starts = (await Promise.all(ids.map(startOf))).toSorted((a, b) => a - b);
    for (const [index, start] of starts.slice(1).entries()) {
      // Times are cut to milliseconds here.
      expect(start - (starts[index] as number)).toBeGreaterThanOrEqual(199);
    }
  }, 60_000);
});

describe("a rate whose next start is months away", () => {
  test("is not queried again and again meanwhile", async () => {
    // As after a thousand starts at once of a rate of one a day whose burst was then settled lower.
    const scope = { workflow: "a", concurrency_key: "k" };
    await settle({ workflow: "a", rate_per_key: { limit: 1, per_seconds: 86_400 } });
    const rate = { tat: new Date(Date.now() + 1_000 * 86_400_000).toISOString(), interval_seconds: 86_400 };
    const granted = { ...scope, job_id: crypto.randomUUID(), attempt: 1, holders: {}, rate };
    const events = [{ type: "limit.granted", data: granted }];
    await service.log.append({
      stream_id: limitStream({ ...scope, account: "operator" }),
      expected_version: 0,
      events,
      meta,
    });
    let looks = 0;
    const readLast: EventLog["readLast"] = (streams) => {
      if (streams.includes(limitStream({ ...scope, account: "operator" }))) looks++;
      return service.log.readLast(streams);
    };
    const of = service.log as unknown as Record<PropertyKey, unknown>;
    const log = new Proxy(service.log, {
      get(_, name) {
        if (name === "readLast") return readLast;
        const value = of[name];
        return typeof value === "function" ? value.bind(service.log) : value;
      },
    });
    const runner = service.start({ connectors: shop().connectors, log });
    await submitMany(1, "a", { concurrency_key: "k" });
    await until(() => runner.status().held_back === 1, { what: "it to be held back" });
    await Bun.sleep(500);
    expect(looks).toBeLessThan(10);
  }, 60_000);
});

describe("a permit does not leak", () => {
  const scope = { workflow: "a", concurrency_key: "k" };
  const held = { concurrency_key: "k" };

  /** A job that holds the permit of a worker that never responds. */
  async function ghost(lease_seconds: number): Promise<string> {
    const id = await service.submit("a", held);
    await commandJob(service.log, {
      reach: EVERYTHING,
      job_id: id,
      command: { type: "start", worker: "ghost", lease_seconds },
      meta,
    });
    const granted = { ...scope, job_id: id, attempt: 1, holders: { [id]: 1 } };
    const stream_id = limitStream({ ...scope, account: "operator" });
    const expected_version = (await service.log.readStream(stream_id)).length;
    const events = [{ type: "limit.granted", data: granted }];
    await service.log.append({ stream_id, expected_version, events, meta });
    return id;
  }

  test("with a holder whose lease expires", async () => {
    const dead = await ghost(0.5);
    const work = shop();
    service.start({ connectors: work.connectors });
    const next = await service.submit("a", held);
    await allSucceed([next, dead]);
    expect(work.most.get("a")).toBe(1);
  });

  test("with a holder that is cancelled while nobody runs it", async () => {
    const dead = await ghost(600);
    service.start({ connectors: shop().connectors });
    const next = await service.submit("a", held);
    await Bun.sleep(300);
    expect(await service.types(next)).toEqual(["job.submitted"]);
    await commandJob(service.log, { reach: EVERYTHING, job_id: dead, command: { type: "cancel" }, meta });
    await service.reaches(next, "succeeded");
  });

  test("with holders that finished before anybody looked, or never existed", async () => {
    const ended = await ghost(600);
    await commandJob(service.log, { reach: EVERYTHING, job_id: ended, command: { type: "cancel" }, meta });
    const events = [
      {
        type: "limit.granted",
        data: { ...scope, job_id: ended, attempt: 1, holders: { [ended]: 1, [Bun.randomUUIDv7()]: 4 } },
      },
    ];
    await service.log.append({
      stream_id: limitStream({ ...scope, account: "operator" }),
      expected_version: 1,
      events,
      meta,
    });
    service.start({ connectors: shop().connectors });
    await service.reaches(await service.submit("a", held), "succeeded");
  });

  test("with waiting jobs: one is cancelled, another is retried later, the rest continue", async () => {
    const work = shop(100);
    service.start({ connectors: work.connectors });
    const ids = await submitMany(6, "a", held);
    await until(() => work.order.length > 0, { what: "the first to run" });
    const waiting = ids.filter((id) => !work.order.includes(id));
    const [gone] = waiting as [string];
    await commandJob(service.log, { reach: EVERYTHING, job_id: gone, command: { type: "cancel" }, meta });
    await allSucceed(ids.filter((id) => id !== gone));
    expect(work.order).not.toContain(gone);
  }, 30_000);
});

describe("more jobs than are kept", () => {
  test("are found again in the read model", async () => {
    const work = shop(1);
    const runner = service.start({ connectors: work.connectors, held_back: { jobs_of_limit: 4 } });
    const ids = await submitMany(60, "a", { concurrency_key: "k" });
    await until(() => runner.status().held_back > 0, { what: "some to be held back" });
    expect(runner.status().held_back).toBeLessThanOrEqual(3 * 4 + 2);
    await allSucceed(ids);
    expect(work.most.get("a")).toBe(1);
    await until(() => runner.status().held_back === 0, { what: "nothing to be held back" });
  }, 60_000);

  test("of all limits together, too, and each limit continues", async () => {
    const work = shop(20);
    const runner = service.start({ connectors: work.connectors, concurrency: 4, held_back: { jobs: 10 } });
    const keys = ["x", "y", "z"];
    const ids: string[] = [];
    for (let i = 0; i < 12; i++) {
      for (const concurrency_key of keys) {
        ids.push(await service.submit("a", { concurrency_key, payload: { group: concurrency_key } }));
      }
    }
    let most = 0;
    const watching = setInterval(() => {
      most = Math.max(most, runner.status().held_back);
    }, 1);
    await allSucceed(ids);
    clearInterval(watching);
    // For each key two that are fetched and the last that was asked about come on top, and what was being claimed.
    expect(most).toBeLessThanOrEqual(10 + 3 * keys.length + 4);
    expect(most).toBeGreaterThanOrEqual(10);
    expect(keys.map((key) => work.most.get(key))).toEqual([1, 1, 1]);
    // None stalls until limits are tried again, whatever the news: that is after 10 s.
    const starts = (await Promise.all(ids.map(startOf))).toSorted((a, b) => a - b);
    const pauses = starts.slice(1).map((start, index) => start - (starts[index] as number));
    expect(Math.max(...pauses)).toBeLessThan(8_000);
  }, 60_000);

  test("of more limits than are kept", async () => {
    const work = shop(5);
    service.start({ connectors: work.connectors, held_back: { limits: 2 } });
    const ids: string[] = [];
    const keys = Array.from({ length: 12 }, (_, i) => `key-${i}`);
    for (let i = 0; i < 4; i++) {
      for (const concurrency_key of keys) {
        ids.push(await service.submit("a", { concurrency_key, payload: { group: concurrency_key } }));
      }
    }
    await allSucceed(ids);
    for (const key of keys) expect(work.most.get(key)).toBe(1);
  }, 60_000);

  test("and those that waited before the start", async () => {
    const ids = await submitMany(40, "a", { concurrency_key: "k" });
    await service.projected();
    const work = shop(1);
    service.start({ connectors: work.connectors, held_back: { jobs_of_limit: 4 } });
    service.start({ connectors: work.connectors, held_back: { jobs_of_limit: 4 } });
    await allSucceed(ids);
    expect(work.most.get("a")).toBe(1);
  }, 60_000);
});

test("jobs without a limit make no extra queries and record nothing more", async () => {
  const reads: string[] = [];
  const watched = new Proxy(service.log, {
    get(log, name) {
      const value = Reflect.get(log, name);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        if (name === "readLast" || name === "appendAll") reads.push(name);
        return value.apply(log, args);
      };
    },
  });
  const work = shop(1);
  service.start({ connectors: work.connectors, log: watched });
  await allSucceed(await submitMany(100, "a"));
  // The limits are looked up once, and again after a second.
  expect(reads.filter((name) => name === "appendAll")).toEqual([]);
  expect(reads.length).toBeLessThanOrEqual(1 + 10);
  const all = await service.log.readRange(0, 10_000);
  expect(all.filter(({ stream_id }) => !stream_id.startsWith("job-"))).toEqual([]);
  expect(new Set(all.map(({ stream_id }) => entityId(stream_id))).size).toBe(100);
});
