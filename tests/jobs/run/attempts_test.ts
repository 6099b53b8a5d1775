// Slow: attempts have to time out, be retried and become due in real time.
/** Jobs whose attempts fail, whose time has not come or is up, and that are cancelled. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import { type Connector, ConnectorError } from "../../../connectors/mod.ts";
import type { JobRetryScheduled } from "../../../events/job.ts";
import type { KnownEvent } from "../../../events/mod.ts";
import { EVERYTHING } from "../../../src/domain/reach.ts";
import { replayOf } from "../../../src/jobs/bulk/replay.ts";
import { createJob } from "../../../src/jobs/intake/submission.ts";
import { commandJob } from "../../../src/jobs/mod.ts";
import { openService, type Service, until, workshop } from "../support.ts";

let service: Service;
beforeEach(async () => {
  service = await openService();
});
afterEach(() => service.close());

const meta = { actor: "anonymous", correlation_id: "test" };
const cancel = (job_id: string) =>
  commandJob(service.log, { reach: EVERYTHING, job_id, command: { type: "cancel" }, meta });
const at = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();
const QUICK = { initial_seconds: 0.05, max_seconds: 0.05 };

/** A connector that fails a given number of times before it succeeds. */
function failing(times: number, fail: () => never, retry?: Connector["retry"]) {
  let attempts = 0;
  const connector: Connector = {
    name: "failing",
    summary: "Fails at first.",
    input: Type.Object({}),
    output: Type.Unknown(),
    retry,
    async run() {
      attempts++;
      if (attempts <= times) fail();
      return "done";
    },
  };
  return { connectors: new Map([["failing", connector]]), attempts: () => attempts };
}
const timeout = (retry_after?: number) => () => {
  throw new ConnectorError("timeout", "Too slow.", { retry_after });
};
const declined = () => {
  throw new ConnectorError("card_declined", "No.");
};

describe("an attempt that fails", () => {
  test("is followed by others until one succeeds, each recorded", async () => {
    const { connectors } = failing(2, timeout());
    service.start({ connectors });
    const id = await service.submit("failing", { backoff: QUICK });
    expect(await service.reaches(id, "succeeded")).toMatchObject({ attempt: 3, attempts_used: 2, result: "done" });
    expect(await service.types(id)).toEqual([
      "job.submitted",
      "job.started",
      "job.retry_scheduled",
      "job.started",
      "job.retry_scheduled",
      "job.started",
      "job.succeeded",
    ]);
    const [, , retry, again] = await service.history(id);
    expect(retry?.data).toMatchObject({ attempt: 1, error: { code: "timeout", message: "Too slow." } });
    const { retry_in_seconds } = (retry as KnownEvent & { data: JobRetryScheduled }).data;
    expect(retry_in_seconds).toBeWithin(0.025, 0.0501);
    expect(Date.parse(again?.recorded_at ?? "") - Date.parse(retry?.recorded_at ?? "")).toBeGreaterThanOrEqual(
      Math.floor(retry_in_seconds * 1000),
    );
  });

  test("as often as allowed fails the job, with the last error", async () => {
    const { connectors, attempts } = failing(9, timeout());
    service.start({ connectors });
    const id = await service.submit("failing", { max_attempts: 2, backoff: QUICK });
    expect(await service.reaches(id, "failed")).toMatchObject({ attempt: 2, error: { code: "timeout" } });
    expect(attempts()).toBe(2);
  });

  test("for good fails the job at once", async () => {
    const { connectors, attempts } = failing(9, declined);
    service.start({ connectors });
    const id = await service.submit("failing", { backoff: QUICK });
    await service.reaches(id, "failed");
    expect(attempts()).toBe(1);
  });

  test("is retried as its connector says, by default", async () => {
    const { connectors, attempts } = failing(9, timeout(), { max_attempts: 3, backoff: QUICK });
    service.start({ connectors });
    const id = await service.submit("failing");
    await service.reaches(id, "failed");
    expect(attempts()).toBe(3);
  });

  test("is not retried before the external service's Retry-After has passed", async () => {
    const { connectors } = failing(1, timeout(1.5));
    service.start({ connectors });
    const id = await service.submit("failing", { backoff: QUICK });
    await service.reaches(id, "succeeded");
    const [, , retry, again] = await service.history(id);
    expect(retry?.data).toMatchObject({ retry_in_seconds: 1.5 });
    expect(Date.parse(again?.recorded_at ?? "") - Date.parse(retry?.recorded_at ?? "")).toBeGreaterThanOrEqual(1_499);
  });

  test("is followed by another on any runner, after a restart too", async () => {
    const first = failing(9, timeout());
    const runner = service.start({ connectors: first.connectors });
    const id = await service.submit("failing", { backoff: { initial_seconds: 1 } });
    await until(async () => (await service.types(id)).includes("job.retry_scheduled"), { what: "the first to fail" });
    await runner.stop({ drain_ms: 0 });
    service.start({ connectors: failing(0, timeout()).connectors });
    expect(await service.reaches(id, "succeeded")).toMatchObject({ attempt: 2 });
  });
});

describe("run_at", () => {
  /** How long after its time a job's first attempt started, in milliseconds. */
  async function lateness(id: string, run_at: string): Promise<number> {
    await service.reaches(id, "succeeded", 20_000);
    const started = (await service.history(id)).find((event) => event.type === "job.started");
    return Date.parse(started?.recorded_at ?? "") - Date.parse(run_at);
  }

  test("a job starts at its time: not before, and within about a second of it", async () => {
    service.start(workshop());
    const run_at = at(1.2);
    const id = await service.submit("noop", { run_at });
    expect(await lateness(id, run_at)).toBeWithin(0, 1_000);
    const past = await service.submit("noop", { run_at: at(-60) });
    await service.reaches(past, "succeeded");
  });

  test("many that are due at once all run, beyond the queue's capacity, and after a restart", async () => {
    const { connectors, runs } = workshop();
    const first = service.start({ connectors, concurrency: 4, queue: { max_jobs: 8, max_weight: 100 } });
    const run_at = at(2);
    const ids = await Promise.all(
      Array.from({ length: 2_500 }, (_, i) =>
        service.submit("noop", { run_at, priority: ["low", "normal", "high"][i % 3] }),
      ),
    );
    await first.stop();
    expect(runs.length === 0 || Date.now() >= Date.parse(run_at)).toBe(true);
    await service.projected();
    service.start({ connectors, concurrency: 64, queue: { max_jobs: 8, max_weight: 100 } });
    for (const id of ids) await service.reaches(id, "succeeded", 60_000);
    expect(runs.map((run) => run.key).toSorted()).toEqual(ids.toSorted());
    for (const id of ids.slice(0, 20)) expect(await lateness(id, run_at)).toBeGreaterThanOrEqual(0);
  }, 90_000);

  test("of several runners one starts it, and waiting jobs do not keep others out", async () => {
    const shops = [workshop(), workshop()];
    for (const shop of shops) service.start(shop);
    const later = await Promise.all(Array.from({ length: 50 }, () => service.submit("noop", { run_at: at(1) })));
    const now = await service.submit("noop");
    await service.reaches(now, "succeeded");
    for (const id of later) await service.reaches(id, "succeeded");
    const runs = shops.flatMap((shop) => shop.runs.map((run) => run.key));
    expect(runs.toSorted()).toEqual([...later, now].toSorted());
  });
});

describe("cancel", () => {
  test("a running job is told to stop at once, and its slot is free", async () => {
    const { connectors, runs } = workshop();
    service.start({ connectors, concurrency: 1, lease_seconds: 600 });
    const id = await service.submit("gate");
    await until(() => runs.length === 1, { what: "it to run" });
    const cancelled = performance.now();
    await cancel(id);
    const next = await service.submit("noop");
    await service.reaches(next, "succeeded");
    // The lease is long: neither a heartbeat nor its end freed the slot.
    expect(performance.now() - cancelled).toBeLessThan(5_000);
    expect(await service.types(id)).toEqual(["job.submitted", "job.started", "job.cancelled"]);
  });

  test("a connector that ignores it loses its slot, and its report is rejected", async () => {
    const { connectors, runs, release } = workshop();
    service.start({ connectors, concurrency: 1, lease_seconds: 600 });
    const id = await service.submit("unresponsive");
    await until(() => runs.length === 1, { what: "it to run" });
    await cancel(id);
    const next = await service.submit("noop");
    await service.reaches(next, "succeeded");
    release();
    await service.reaches(await service.submit("noop"), "succeeded");
    expect(await service.types(id)).toEqual(["job.submitted", "job.started", "job.cancelled"]);
  });

  test("a job that waits, for a worker, a time or its next attempt, never runs", async () => {
    const shop = failing(9, timeout());
    const waits = await service.submit("failing");
    const later = await service.submit("failing", { run_at: at(1) });
    await cancel(waits);
    await cancel(later);
    service.start({ connectors: shop.connectors });
    const retries = await service.submit("failing", { backoff: { initial_seconds: 1 } });
    await until(async () => (await service.state(retries)).waiting === "retry", { what: "the first to fail" });
    await cancel(retries);
    await Bun.sleep(1_500);
    expect(shop.attempts()).toBe(1);
    for (const id of [waits, later, retries]) expect((await service.state(id)).status).toBe("cancelled");
  });

  test("a job whose worker is dead is cancelled nevertheless", async () => {
    const id = await service.submit("noop");
    const start = { type: "start", worker: "dead", lease_seconds: 0.2 } as const;
    await commandJob(service.log, { reach: EVERYTHING, job_id: id, command: start, meta });
    await cancel(id);
    service.start(workshop());
    await service.projected();
    await service.reaches(await service.submit("noop"), "succeeded");
    expect(await service.types(id)).toEqual(["job.submitted", "job.started", "job.cancelled"]);
  });
});

describe("an attempt that another ended", () => {
  test("is told to stop before its lease expires", async () => {
    const { connectors, runs } = workshop();
    service.start({ connectors, concurrency: 1, lease_seconds: 600 });
    const id = await service.submit("gate", { max_attempts: 1 });
    await until(() => runs.length === 1, { what: "it to run" });
    const release = { type: "release", attempt: 1, reason: "worker_lost" } as const;
    await commandJob(service.log, { reach: EVERYTHING, job_id: id, command: release, meta });
    await service.reaches(await service.submit("noop"), "succeeded");
    expect((await service.state(id)).error?.code).toBe("worker_lost");
  });
});

describe("an attempt that takes too long", () => {
  test("has failed, and another follows", async () => {
    const { connectors, runs, release } = workshop();
    service.start({ connectors, lease_seconds: 1 });
    const id = await service.submit("gate", { attempt_timeout_seconds: 0.3, backoff: QUICK, max_attempts: 50 });
    await until(() => runs.length === 2, { what: "the second attempt" });
    expect((await service.history(id))[2]).toMatchObject({
      type: "job.retry_scheduled",
      data: { error: { code: "attempt_timeout", message: "The attempt did not finish within 0.3 s." } },
    });
    release();
    await service.reaches(id, "succeeded");
  });

  test("has failed even if its connector does not stop", async () => {
    const { connectors, release } = workshop();
    service.start({ connectors, lease_seconds: 5 });
    const id = await service.submit("unresponsive", { attempt_timeout_seconds: 0.3, max_attempts: 1 });
    expect((await service.reaches(id, "failed")).error?.code).toBe("attempt_timeout");
    release();
  });

  test("ends with its job, if that is over first", async () => {
    const { connectors, runs } = workshop();
    service.start({ connectors, concurrency: 1, lease_seconds: 600 });
    const id = await service.submit("gate", { timeout_seconds: 0.5 });
    await until(() => runs.length === 1, { what: "it to run" });
    expect((await service.reaches(id, "failed")).error?.code).toBe("job_timeout");
    await service.reaches(await service.submit("noop"), "succeeded");
  });
});

test("replays run, whose submission is not the newest event of their history", async () => {
  const { connectors, runs } = workshop();
  service.start({ connectors, concurrency: 4 });
  const origin = await service.submit("noop", { payload: { n: 7 } });
  await service.reaches(origin, "succeeded");
  const replay = replayOf(await service.log.readStream(`job-${origin}`));
  const queue = { enter: <Result>(record: () => Promise<Result>) => record() };
  const ids = await Promise.all(
    Array.from({ length: 200 }, async () => {
      const job_id = Bun.randomUUIDv7();
      await createJob({ log: service.log, queue }, { ...replay, job_id, meta });
      return job_id;
    }),
  );
  for (const id of ids) expect((await service.reaches(id, "succeeded")).origin_job_id).toBe(origin);
  expect(runs.map((run) => run.key).toSorted()).toEqual([origin, ...ids].toSorted());
});
