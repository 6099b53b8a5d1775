// Slow: workers are processes that are killed in the middle of steps, and their leases have to end.
/** Steps whose worker is killed or cut off: nothing with a recorded outcome runs again. */
import { afterAll, afterEach, beforeEach, describe, expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import type { OutboundFetch } from "../../../connectors/connector.ts";
import { type Connector, connectors } from "../../../connectors/mod.ts";
import type { KnownEvent } from "../../../events/mod.ts";
import type { Step } from "../../../events/pipeline.ts";
import { decodeKept } from "../../../src/json/mod.ts";
import { type Append, openLog } from "../../../src/log/mod.ts";
import { startProxy } from "../../support/proxy.ts";
import { openService, type Service, until, WorkerProcesses } from "../support.ts";

let service: Service;
beforeEach(async () => {
  service = await openService();
});

/** The external service: it counts requests, and responds when told to. */
const done: { path: string; key: string | null }[] = [];
let held = new Set<string>();
let answering = Promise.withResolvers<void>();
const outside = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  idleTimeout: 60,
  async fetch(request) {
    const path = new URL(request.url).pathname;
    done.push({ path, key: request.headers.get("idempotency-key") });
    if (held.has(path)) await answering.promise;
    return Response.json({ path });
  },
});
afterAll(() => outside.stop(true));

const workers = new WorkerProcesses();
beforeEach(() => {
  done.length = 0;
  held = new Set();
  answering = Promise.withResolvers<void>();
});
afterEach(async () => {
  answering.resolve();
  await workers.killAll();
  await service.close();
});

const spawn = (instance: string) => workers.spawn(service, instance);

const call = (id: string, path = `/${id}`, extra: Partial<Step> = {}): Step => ({
  id,
  uses: "http",
  with: { method: "POST", url: outside.url.origin + path },
  ...extra,
});
const times = (path: string) => done.filter((call) => call.path === path).length;

/** Works whose end was recorded, and those that were started after it. */
function startedAfterTheirEnd(history: readonly KnownEvent[]): string[] {
  const ended = new Set<string>();
  const again: string[] = [];
  for (const { type, data } of history) {
    if (!type.startsWith("job.step_")) continue;
    const { step, item } = data as { step: string; item?: number };
    const key = item === undefined ? step : `${step}/${item}`;
    if (type === "job.step_succeeded" || type === "job.step_skipped") ended.add(key);
    // A for_each as a whole is started once, before its items.
    else if (type === "job.step_started" && ended.has(key)) again.push(key);
  }
  return again;
}

describe("a worker that is killed", () => {
  test("in the middle of a step: that step runs again elsewhere, with the same key, and no other", async () => {
    held.add("/second");
    const first = spawn("first");
    const id = await service.submit("several", { steps: [call("first"), call("second"), call("third")] });
    await until(() => times("/second") === 1, { what: "the second step to run" });
    first.kill("SIGKILL");
    spawn("second");
    await until(() => times("/second") === 2, { what: "the second step to run again" });
    answering.resolve();
    const state = await service.reaches(id, "succeeded");
    expect([times("/first"), times("/second"), times("/third")]).toEqual([1, 2, 1]);
    expect(new Set(done.filter(({ path }) => path === "/second").map(({ key }) => key)).size).toBe(1);
    expect(state.step_states.get("second")).toMatchObject({ attempts: 2, attempts_used: 1 });
    expect(startedAfterTheirEnd(await service.history(id))).toEqual([]);
  }, 30_000);

  test("in the middle of a for_each: no finished item runs again", async () => {
    const count = 20;
    for (const n of [11, 12, 13]) held.add(`/item/${n}`);
    const first = spawn("first");
    const step = call("each", "/item/{{ item }}", { for_each: { items: "{{ payload.list }}", max_parallel: 3 } });
    const list = Array.from({ length: count }, (_, n) => n);
    const id = await service.submit("several", { steps: [step], payload: { list } });
    await until(() => times("/item/13") === 1, { what: "three items to be under way" });
    const before = await service.state(id);
    const ended = before.step_states
      .get("each")
      ?.items?.flatMap(({ status }, n) => (status === "succeeded" ? [n] : []));
    first.kill("SIGKILL");
    spawn("second");
    await until(() => times("/item/13") === 2, { what: "the items to run again" });
    answering.resolve();
    const state = await service.reaches(id, "succeeded");
    expect((decodeKept(state.result) as { body: { path: string } }[]).map(({ body }) => body.path)).toEqual(
      list.map((n) => `/item/${n}`),
    );
    expect(ended).toEqual(list.slice(0, 11));
    expect(list.map((n) => times(`/item/${n}`))).toEqual(list.map((n) => ([11, 12, 13].includes(n) ? 2 : 1)));
    expect(startedAfterTheirEnd(await service.history(id))).toEqual([]);
  }, 30_000);

  test("while it ran a step that may run only once: the job fails", async () => {
    held.add("/charge");
    const first = spawn("first");
    const id = await service.submit("several", { steps: [call("charge", "/charge", { retry: { max_attempts: 1 } })] });
    await until(() => times("/charge") === 1, { what: "the step to run" });
    first.kill("SIGKILL");
    spawn("second");
    const { error } = await service.reaches(id, "failed", 20_000);
    expect(error).toMatchObject({ code: "worker_lost", detail: { step: "charge" } });
    expect(times("/charge")).toBe(1);
  }, 30_000);

  test("again and again, at any moment: every step's outcome is recorded once", async () => {
    const steps = [
      call("a"),
      call("each", "/each/{{ item }}", { for_each: { items: "[0, 1, 2, 3, 4, 5]", max_parallel: 2 } }),
      { id: "nap", sleep: { seconds: 0.2 } },
      call("b"),
    ];
    const body = {
      steps: steps.map((step) => ({ ...step, ...(step.uses && { retry: { max_attempts: 50 } }) })),
      max_attempts: 100,
    };
    const ids = await Promise.all(Array.from({ length: 10 }, () => service.submit("several", body)));
    for (let n = 0; n < 4; n++) {
      const worker = spawn(`w${n}`);
      const before = done.length;
      await until(() => done.length > before + n, { what: "the worker to do something", ms: 20_000 });
      worker.kill("SIGKILL");
      await worker.exited;
    }
    spawn("last");
    for (const id of ids) {
      await service.reaches(id, "succeeded", 30_000);
      const history = await service.history(id);
      expect(startedAfterTheirEnd(history)).toEqual([]);
      const ends = history.flatMap(({ type, data }) =>
        type === "job.step_succeeded" ? [`${data.step}/${data.item}`] : [],
      );
      expect(ends).toHaveLength(new Set(ends).size);
    }
  }, 90_000);
});

test("a log that is down in between, with appends whose responses are lost: each outcome is recorded once", async () => {
  const proxy = await startProxy(service.url());
  const log = openLog({ url: proxy.url, append_timeout_ms: 300, attempt_timeout_ms: 150 });
  try {
    service.start({ connectors, log });
    let chunks = 0;
    proxy.onRequest = () =>
      (["pass", "pass", "pass", "pass", "cut_before", "cut_within", "cut_after"] as const)[++chunks % 7] ?? "pass";
    proxy.onAnswer = () =>
      (["pass", "pass", "pass", "pass", "pass", "cut_before", "cut_after"] as const)[++chunks % 11] ?? "pass";
    const steps = ["a", "b", "c"].map((id) => call(id));
    const ids = await Promise.all(Array.from({ length: 10 }, () => service.submit("several", { steps })));
    await Bun.sleep(2_000);
    expect(chunks).toBeGreaterThan(20);
    proxy.onRequest = () => "pass";
    proxy.onAnswer = () => "pass";
    for (const id of ids) {
      await service.reaches(id, "succeeded", 20_000);
      const ends = (await service.history(id)).filter(({ type }) => type === "job.step_succeeded");
      expect(ends).toHaveLength(3);
      expect((await service.types(id)).filter((type) => type === "job.started")).toHaveLength(1);
    }
    for (const id of ids)
      for (const step of ["a", "b", "c"]) {
        expect(done.filter(({ key }) => key === `${id}/${step}`)).toHaveLength(1);
      }
  } finally {
    proxy.onRequest = () => "pass";
    proxy.onAnswer = () => "pass";
    await log.close();
    await proxy.close();
  }
}, 60_000);

test("a worker that stood still until its lease had expired does not run the step that it had recorded as started", async () => {
  const calls: number[] = [];
  const connector: Connector = {
    name: "note",
    summary: "Notes when it was called",
    input: Type.Object({}),
    output: Type.Unknown(),
    run: async () => calls.push(Date.now()),
  };
  let stood = false;
  // What SIGSTOP does to a process, just before it learns that the start is recorded.
  const log = new Proxy(service.log, {
    get(target, name) {
      const member = Reflect.get(target, name);
      if (name !== "append") return typeof member === "function" ? member.bind(target) : member;
      return async (append: Append) => {
        const result = await target.append(append);
        if (!stood && append.events.some(({ type }) => type === "job.step_started")) {
          stood = true;
          Bun.sleepSync(1_500);
        }
        return result;
      };
    },
  });
  service.start({ log, lease_seconds: 1, connectors: new Map([["note", connector]]) });
  const id = await service.submit("several", { steps: [{ id: "pay", uses: "note" }] });
  await service.reaches(id, "succeeded");
  const released = (await service.history(id)).find(({ type }) => type === "job.released");
  expect(stood).toBe(true);
  expect(calls[0]).toBeGreaterThanOrEqual(Date.parse(released?.recorded_at ?? ""));
});

test("a worker that stood still while an item ran does not run the next, which had been recorded as started with it", async () => {
  const calls: number[] = [];
  const connector: Connector = {
    name: "note",
    summary: "Notes when it was called, and stands still the first time",
    input: Type.Object({}),
    output: Type.Unknown(),
    run: async () => {
      if (calls.push(Date.now()) === 1) Bun.sleepSync(1_500);
    },
  };
  service.start({ lease_seconds: 1, connectors: new Map([["note", connector]]) });
  const steps = [{ id: "each", uses: "note", for_each: { items: "[1, 2]", max_parallel: 2 } }];
  const id = await service.submit("several", { steps });
  await service.reaches(id, "succeeded");
  const released = (await service.history(id)).find(({ type }) => type === "job.released");
  expect(calls[1]).toBeGreaterThanOrEqual(Date.parse(released?.recorded_at ?? ""));
});

describe("a worker that stood still while it connected sends nothing", () => {
  const sent: string[] = [];
  let stood = false;
  /** Connects, and stands still the first time. */
  const fetch: OutboundFetch = async (url, { before_sending } = {}) => {
    if (!stood) Bun.sleepSync(1_500);
    stood = true;
    before_sending?.();
    sent.push(url);
    return Response.json({});
  };
  beforeEach(() => {
    sent.length = 0;
    stood = false;
  });

  test("for a step", async () => {
    service.start({ lease_seconds: 1, connectors, fetch });
    const id = await service.submit("several", { steps: [call("pay")] });
    await service.reaches(id, "succeeded");
    expect(sent).toHaveLength(1);
    expect((await service.types(id)).filter((type) => type === "job.step_started")).toHaveLength(2);
  });

  test("for a job", async () => {
    service.start({ lease_seconds: 1, connectors, fetch });
    const id = await service.submit("http", { payload: { method: "POST", url: outside.url.href } });
    await service.reaches(id, "succeeded");
    expect(sent).toHaveLength(1);
    expect((await service.types(id)).filter((type) => type === "job.started")).toHaveLength(2);
  });
});
