import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import type { Connector } from "../../connectors/mod.ts";
import { decode, type NewEvent } from "../../events/mod.ts";
import { jobState } from "../../src/domain/job/job.ts";
import { MAX_STEP_RUNS } from "../../src/domain/pipeline/steps.ts";
import { EVERYTHING } from "../../src/domain/reach.ts";
import { commandJob, readJob } from "../../src/jobs/commands.ts";
import { type EventLog, PAGE } from "../../src/log/mod.ts";
import { openService, type Service, until } from "./support.ts";

let service: Service;
beforeAll(async () => {
  service = await openService();
});
afterAll(() => service.close());

const meta = { actor: "key:someone", correlation_id: "test" };

/** The log, and what is read of single streams: how many events in each reading. */
function counted(own: Partial<EventLog> = {}) {
  const readings: number[] = [];
  const readStream: EventLog["readStream"] = async (...asked) => {
    const events = await service.log.readStream(...asked);
    readings.push(events.length);
    return events;
  };
  const put: Partial<EventLog> = { readStream, ...own };
  const log = new Proxy(service.log, {
    get(target, name: keyof EventLog) {
      return put[name] ?? (target[name] as () => unknown).bind(target);
    },
  });
  return { log, readings, total: () => readings.reduce((sum, read) => sum + read, 0) };
}

/** A job with a history as long as one may be: a thousand items, each of which fails nine times, in passing. */
async function longJob(runs = MAX_STEP_RUNS): Promise<{ job_id: string; events: number }> {
  // In the far future, so that no runner takes it.
  const job_id = await service.submit("echo", { steps: [{ id: "e", uses: "echo" }], run_at: "2090-01-01T00:00:00Z" });
  const events: NewEvent[] = [
    { type: "job.started", data: { attempt: 1, worker: "w", lease_seconds: 3_600 } },
    { type: "job.step_started", data: { attempt: 1, step: "e", step_attempt: 1, items: 1_000 } },
  ];
  const error = {
    code: "unexpected_status",
    message: "It answered 503.",
    detail: { status: 503, body: "b".repeat(400) },
  };
  for (let run = 0; run < runs; run++) {
    const data = { attempt: 1, step: "e", item: run % 1_000, step_attempt: 1 + Math.floor(run / 1_000) };
    events.push({ type: "job.step_started", data });
    events.push({ type: "job.step_failed", data: { ...data, error, retry_at: "2026-01-01T00:00:00.000Z" } });
  }
  for (let from = 0; from < events.length; from += 2_000) {
    const part = events.slice(from, from + 2_000);
    const result = await service.log.append({
      stream_id: `job-${job_id}`,
      expected_version: 1 + from,
      events: part,
      meta,
    });
    if (!result.ok) throw new Error("conflict");
  }
  return { job_id, events: 1 + events.length };
}

describe("a job with the longest possible history", () => {
  let job: Awaited<ReturnType<typeof longJob>>;
  beforeAll(async () => {
    job = await longJob();
  });

  test("is read in pages and slices, yielding in between, and matches its history", async () => {
    const { log, readings } = counted();
    let turns = 0;
    let reading = true;
    const count = () => {
      turns++;
      if (reading) setImmediate(count);
    };
    setImmediate(count);
    const found = await readJob(log, { job_id: job.job_id, reach: EVERYTHING });
    reading = false;
    expect<unknown>(found?.state).toEqual(jobState((await service.log.readStream(`job-${job.job_id}`)).map(decode)));
    expect(found?.version).toBe(job.events);
    expect(Math.max(...readings)).toBe(PAGE);
    expect(turns).toBeGreaterThan(job.events / PAGE);
  }, 60_000);

  test("is read once for all simultaneous requests, and later only as far as it is new", async () => {
    const { log, total } = counted();
    const ask = async () => (await readJob(log, { job_id: job.job_id, reach: EVERYTHING }))?.version;
    expect(new Set(await Promise.all(Array.from({ length: 20 }, ask)))).toEqual(new Set([job.events]));
    expect(total()).toBe(job.events);
    const before = total();
    const command = { type: "heartbeat", attempt: 1, lease_seconds: 3_600 } as const;
    const handled = await commandJob(log, { job_id: job.job_id, reach: EVERYTHING, command, meta });
    expect(handled).toMatchObject({ ok: true, version: job.events + 1 });
    expect(await ask()).toBe(job.events + 1);
    expect(await ask()).toBe(job.events + 1);
    expect(total() - before).toBe(1);
  }, 60_000);

  test("of few events and much text is read once as well; a short one by each", async () => {
    for (const [length, read] of [
      [600_000, 2],
      [1_000, 40],
    ] as const) {
      const { log, total } = counted();
      const job_id = await service.submit("echo", { run_at: "2090-01-01T00:00:00Z" });
      const output = "x".repeat(length);
      const data = { step: "a", status: "succeeded", output, output_length: length + 2 };
      await service.log.append({
        stream_id: `job-${job_id}`,
        expected_version: 1,
        events: [{ type: "job.step_reused", data }],
        meta,
      });
      const ask = async () => (await readJob(log, { job_id, reach: EVERYTHING }))?.state.step_states.get("a")?.output;
      expect(new Set(await Promise.all(Array.from({ length: 20 }, ask)))).toEqual(new Set([output]));
      expect(total()).toBe(read);
    }
  });

  test("can be cancelled while others keep adding to it: each attempt reads only new events", async () => {
    const { job_id, events } = await longJob(1_000);
    let faster = 5;
    const { log, total } = counted({
      async append(append) {
        if (faster-- > 0) {
          const { stream_id, expected_version } = append;
          const beat = { type: "job.heartbeat", data: { attempt: 1, lease_seconds: 3_600 } };
          await service.log.append({ stream_id, expected_version, events: [beat], meta });
        }
        return await service.log.append(append);
      },
    });
    const handled = await commandJob(log, { job_id, reach: EVERYTHING, command: { type: "cancel" }, meta });
    expect(handled).toMatchObject({ ok: true, version: events + 6 });
    expect(total()).toBe(events + 5);
  }, 60_000);
});

test("heartbeats of a job with steps read nothing that its worker knows", async () => {
  const open = Promise.withResolvers<void>();
  const echo: Connector = {
    name: "echo",
    summary: "Gives back what it is given",
    input: Type.Object({}, { additionalProperties: true }),
    output: Type.Unknown(),
    async run(input) {
      if ((input as { wait?: boolean }).wait) await open.promise;
      return input;
    },
  };
  const { log, readings } = counted();
  const runner = service.start({ log, connectors: new Map([["echo", echo]]), lease_seconds: 1 });
  const job_id = await service.submit("steps", {
    steps: [
      {
        id: "many",
        uses: "echo",
        for_each: { items: `{{ ${JSON.stringify([...Array(100).keys()])} }}`, max_parallel: 32 },
      },
      { id: "wait", uses: "echo", with: { wait: true } },
    ],
  });
  const types = () => service.types(job_id);
  const beats = async () => (await types()).filter((type) => type === "job.heartbeat").length;
  const isWaiting = async () => (await service.state(job_id)).step_states.get("wait")?.status === "running";
  await until(isWaiting, { what: "the second step to run" });
  readings.length = 0;
  const before = await beats();
  await until(async () => (await beats()) >= before + 3, { what: "heartbeats" });
  expect(readings.filter((events) => events > 1)).toEqual([]);
  open.resolve();
  expect((await service.reaches(job_id, "succeeded")).result).toEqual({ wait: true });
  await runner.stop({ drain_ms: 0 });
});
