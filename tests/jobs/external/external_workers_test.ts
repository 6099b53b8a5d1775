/** Claims of external workers, while processes, connections and clients come and go. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { ExternalWorkersOptions } from "../../../src/jobs/external/external_workers.ts";
import type { ClaimOptions } from "../../../src/jobs/external/workflow_group.ts";
import { ExternalWorkers, TooManyClaimsError } from "../../../src/jobs/mod.ts";
import { type EventLog, openLog } from "../../../src/log/mod.ts";
import { startProxy } from "../../support/proxy.ts";
import { unlimited } from "../../support/reach.ts";
import { openService, type Service, silent, until } from "../support.ts";

let service: Service;
let stopping: AbortController;
beforeEach(async () => {
  service = await openService();
  stopping = new AbortController();
});
afterEach(async () => {
  stopping.abort();
  await service.close();
});

function desk(options: Partial<ExternalWorkersOptions> = {}): ExternalWorkers {
  return new ExternalWorkers({ ...service, logger: silent, signal: stopping.signal, ...options });
}

const request = (more: Partial<ClaimOptions> = {}): ClaimOptions => ({
  worker: "w1",
  max_jobs: 1,
  lease_seconds: 60,
  wait_ms: 10_000,
  meta: { actor: "key:00000000", request_id: crypto.randomUUID() },
  signal: new AbortController().signal,
  ...more,
});
const named = (...workflows: string[]) => workflows.map((workflow) => unlimited({ workflow }));
const ids = (jobs: readonly { job_id: string }[]) => jobs.map((job) => job.job_id);

/** A log of the same events that does something around each append. */
function around(log: EventLog, append: EventLog["append"]): EventLog {
  return new Proxy(log, {
    get: (target, name) => {
      const value = name === "append" ? append : Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

describe("several processes", () => {
  test("never give a job to two workers, and leave none behind", async () => {
    const desks = [desk(), desk(), desk()];
    const submitted = await Promise.all(Array.from({ length: 300 }, () => service.submit("theirs")));
    const given: string[] = [];
    const work = async (one: ExternalWorkers) => {
      while (given.length < 300)
        given.push(...ids(await one.claim(named("theirs"), request({ max_jobs: 7, wait_ms: 500 }))));
    };
    await Promise.all(desks.flatMap((one) => [work(one), work(one)]));
    expect(given.toSorted()).toEqual(submitted.toSorted());
    for (const id of submitted) expect(await service.types(id)).toEqual(["job.submitted", "job.started"]);
  });
});

describe("bounds", () => {
  test("a limited number of claims waits at once", async () => {
    const one = desk({ max_waiting: 2 });
    const waiting = [one.claim(named("a"), request()), one.claim(named("b"), request())];
    await expect(one.claim(named("a"), request())).rejects.toBeInstanceOf(TooManyClaimsError);
    const id = await service.submit("a");
    expect(ids((await waiting[0]) ?? [])).toEqual([id]);
    expect(await one.claim(named("a"), request({ wait_ms: 0 }))).toEqual([]);
    stopping.abort();
    expect(await waiting[1]).toEqual([]);
  });

  test("a limited number of different sets is claimed at once; the idlest makes room for another", async () => {
    const one = desk({ max_groups: 2 });
    const waiting = one.claim(named("a", "b"), request());
    expect(await one.claim(named("c"), request({ wait_ms: 0 }))).toEqual([]);
    // The same set, whatever the order and however often a name is there.
    const same = one.claim(named("b", "a", "b"), request());
    const id = await service.submit("d");
    expect(ids(await one.claim(named("d"), request()))).toEqual([id]);
    const again = one.claim(named("d"), request());
    await expect(one.claim(named("e"), request())).rejects.toBeInstanceOf(TooManyClaimsError);
    await service.submit("d");
    expect(await again).toHaveLength(1);
    stopping.abort();
    expect([await waiting, await same]).toEqual([[], []]);
  });

  test("the jobs of one response have a limited size; the rest is given next", async () => {
    const one = desk();
    const payload = { text: "x".repeat(200_000) };
    const submitted = await Promise.all(Array.from({ length: 50 }, () => service.submit("large", { payload })));
    const first = await one.claim(named("large"), request({ max_jobs: 100 }));
    expect(first.length).toBeWithin(30, 46);
    const given = [...first];
    while (given.length < 50) given.push(...(await one.claim(named("large"), request({ max_jobs: 100 }))));
    expect(ids(given).toSorted()).toEqual(submitted.toSorted());
    expect(given.every(({ state }) => (state.payload as typeof payload).text.length === 200_000)).toBe(true);
  }, 60_000);
});

describe("when the log is down", () => {
  test("the worker is told, and the job is given when it is back", async () => {
    const proxy = await startProxy(service.url());
    const log = openLog({ url: proxy.url, append_timeout_ms: 300, attempt_timeout_ms: 150 });
    const one = desk({ log });
    expect(await one.claim(named("theirs"), request({ wait_ms: 0 }))).toEqual([]);
    proxy.refusing = true;
    proxy.onRequest = () => "cut_before";
    const id = await service.submit("theirs");
    // Limits are read before the append: either may be what fails.
    await expect(one.claim(named("theirs"), request())).rejects.toThrow();
    expect(await service.types(id)).toEqual(["job.submitted"]);
    proxy.refusing = false;
    proxy.onRequest = () => "pass";
    // On a busy machine the new connection may take longer than the little time that an append has here.
    const claimed = async () => ids(await one.claim(named("theirs"), request()).catch(() => []));
    await until(async () => (await claimed()).includes(id), { what: "the job to be given" });
    expect(await service.types(id)).toEqual(["job.submitted", "job.started"]);
    stopping.abort();
    await log.close();
    await proxy.close();
  });
});

describe("a client that goes away", () => {
  test("while its claim is being recorded: the job is released, and the attempt does not count", async () => {
    const gone = new AbortController();
    const log = around(service.log, (append) => {
      gone.abort();
      return service.log.append(append);
    });
    const id = await service.submit("theirs", { max_attempts: 1 });
    expect(await desk({ log }).claim(named("theirs"), request({ signal: gone.signal }))).toEqual([]);
    await until(async () => (await service.types(id)).includes("job.released"), { what: "the job to be handed back" });
    expect((await service.history(id)).at(-1)?.data).toEqual({ attempt: 1, reason: "worker_stopping" });
    const [job] = await desk().claim(named("theirs"), request());
    expect(job).toMatchObject({ job_id: id, state: { attempt: 2, attempts_used: 0 } });
  });

  test("before: it takes no job from those who wait behind it", async () => {
    const one = desk();
    const gone = new AbortController();
    const first = one.claim(named("theirs"), request({ signal: gone.signal }));
    const second = one.claim(named("theirs"), request());
    gone.abort();
    expect(await first).toEqual([]);
    const id = await service.submit("theirs");
    expect(ids(await second)).toEqual([id]);
    expect(await service.types(id)).toEqual(["job.submitted", "job.started"]);
  });
});
