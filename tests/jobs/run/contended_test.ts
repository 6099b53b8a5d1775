import { afterAll, beforeAll, expect, test } from "bun:test";
import { EVERYTHING } from "../../../src/domain/reach.ts";
import { toProblem } from "../../../src/http/door/errors.ts";
import { commandJob } from "../../../src/jobs/commands.ts";
import { RecordPacer } from "../../../src/jobs/run/record_pacer.ts";
import { ContendedError, type EventLog, openLog } from "../../../src/log/mod.ts";
import { openService, type Service, until, workshop } from "../support.ts";

let service: Service;
let elsewhere: EventLog;
beforeAll(async () => {
  service = await openService();
  service.start({ connectors: workshop().connectors, lease_seconds: 1 });
  elsewhere = openLog({ url: service.url() });
});
afterAll(async () => {
  await elsewhere.close();
  await service.close();
});

/** A job whose steps are recorded as fast as the log takes them. */
async function busyJob(): Promise<string> {
  const items = Array.from({ length: 1_000 }, (_, n) => n);
  const step = (id: string) => ({
    id,
    uses: "noop",
    for_each: { items: "{{ payload.items }}", max_parallel: 32 },
    with: { n: "{{ item }}" },
  });
  const steps = Array.from({ length: 8 }, (_, i) => step(`s${i}`));
  const job_id = await service.submit("busy", { payload: { items }, steps });
  const recorded = async () => (await service.log.readStream(`job-${job_id}`, { after_version: 40, limit: 1 })).length;
  await until(async () => (await recorded()) > 0, { what: "recorded steps" });
  return job_id;
}

const cancel = (log: EventLog, job_id: string) =>
  commandJob(log, {
    job_id,
    reach: EVERYTHING,
    command: { type: "cancel" },
    meta: { actor: "key:someone", correlation_id: job_id },
  });

test.each([
  ["in its process", () => service.log],
  ["by another process", () => elsewhere],
])(
  "a job whose steps are recorded as fast as the log allows is cancelled at once, %s",
  async (_, logOf) => {
    for (let round = 0; round < 4; round++) {
      const job_id = await busyJob();
      expect(await cancel(logOf(), job_id)).toMatchObject({ ok: true });
      const types = await service.types(job_id);
      expect(types).toContain("job.cancelled");
      // Its heartbeats came through, too.
      expect(types.filter((type) => type === "job.started")).toHaveLength(1);
    }
  },
  120_000,
);

test("a job whose steps are recorded one right after the other leaves gaps from time to time", async () => {
  let now = 0;
  const waits: number[] = [];
  const pacer = new RecordPacer({
    now: () => now,
    wait: async (ms) => {
      waits.push(ms);
      now += ms;
    },
  });
  const { signal } = new AbortController();
  for (let record = 0; record < 100; record++) {
    await pacer.record(async () => {
      now += 10;
    }, signal);
  }
  // After each 250 ms, for four times as long as a record takes.
  expect(waits).toEqual([40, 40, 40]);
  for (let record = 0; record < 100; record++) {
    now += 50;
    await pacer.record(async () => {
      now += 10;
    }, signal);
  }
  expect(waits).toHaveLength(3);
});

test("a command that others overtake at every attempt gets 503", () => {
  const problem = toProblem(new ContendedError("Cannot append to job-1: others changed it at every try"));
  expect(problem).toMatchObject({ code: "unavailable", options: { retry_after_s: 1 } });
});
