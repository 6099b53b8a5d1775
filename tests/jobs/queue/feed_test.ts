import { afterEach, beforeEach, expect, test } from "bun:test";
import type { Sql } from "../../../src/db/mod.ts";
import { Feed } from "../../../src/jobs/queue/feed.ts";
import { HeldBackJobs } from "../../../src/jobs/queue/held_back.ts";
import { ReadyQueue } from "../../../src/jobs/queue/ready_queue.ts";
import { Workflows } from "../../../src/jobs/run/workflows.ts";
import { JsonText } from "../../../src/json/mod.ts";
import type { EventLog } from "../../../src/log/mod.ts";
import { roundsDuring } from "../../support/rounds.ts";
import { openService, type Service, silent, until, workshop } from "../support.ts";

let service: Service;
beforeEach(async () => {
  service = await openService();
});
afterEach(() => service.close());

/** The same connections; `between` happens before each query that asks how far the read models are. */
function interrupted(sql: Sql, between: () => Promise<void>): Sql {
  return new Proxy(sql, {
    apply(target, self, args: [readonly string[], ...unknown[]]) {
      const query = () => Reflect.apply(target, self, args);
      return args[0].join("").includes("levqor_ops.projections") ? between().then(query) : query();
    },
  });
}

test("a job that comes in while earlier jobs are fetched is not skipped", async () => {
  await service.submit("noop");
  await service.projected();
  const queue = new ReadyQueue();
  const stop = new AbortController();
  let interruption: Promise<void> | undefined;
  const feed: Feed = new Feed({
    ...service,
    workflows: new Workflows(workshop().connectors),
    sql: interrupted(service.sql, async () => {
      // Between the look at what is missing and the look at how far the read model is: it contains the job by then.
      if (!feed.following) return;
      interruption ??= comeIn();
      await interruption;
    }),
    logger: silent,
    queue,
    signal: stop.signal,
    on_ready() {},
    held_back: new HeldBackJobs({ ...service, logger: silent, queue, signal: stop.signal, on_ready() {} }),
  });
  async function comeIn() {
    // Of the lane that is fetched first.
    await service.submit("noop", { priority: "high" });
    await service.projected();
    const head = await service.log.head();
    await until(() => feed.position >= head, { what: "the feed to see the job" });
  }
  const running = feed.run();
  await until(() => queue.size === 2, { what: "both jobs to be ready" });
  expect(queue.take()?.priority).toBe("high");
  stop.abort();
  await running;
});

test("jobs with long histories are read one at a time, apart from the short ones", async () => {
  const output = [...Array(100_000).fill([])];
  const reuse = { step: "a", status: "succeeded", output, output_length: 300_001 };
  const meta = { actor: "key:someone", correlation_id: "test" };
  const ids = await Promise.all(Array.from({ length: 3 }, () => service.submit("noop")));
  const long = ids.slice(0, 2);
  for (const job_id of long) {
    const events = [{ type: "job.step_reused", data: reuse }];
    await service.log.append({ stream_id: `job-${job_id}`, expected_version: 1, events, meta });
  }
  const together: string[] = [];
  const log: Pick<EventLog, "readStream" | "readStreams"> = {
    readStream: (...asked) => service.log.readStream(...asked),
    async readStreams(...asked) {
      const found = await service.log.readStreams(...asked);
      together.push(...found.keys());
      return found;
    },
  };
  const queue = new ReadyQueue();
  const stop = new AbortController();
  const feed = new Feed({
    ...service,
    log: log as EventLog,
    workflows: new Workflows(workshop().connectors),
    logger: silent,
    queue,
    signal: stop.signal,
    on_ready() {},
    held_back: new HeldBackJobs({ ...service, logger: silent, queue, signal: stop.signal, on_ready() {} }),
  });
  const loaded = await feed.load(ids.map((job_id) => ({ job_id })));
  expect(loaded.map(({ job_id }) => job_id)).toEqual(ids);
  expect(together).toEqual([`job-${ids[2]}`]);
  for (const { state, weight } of loaded.slice(0, 2)) {
    expect(state.step_states.get("a")?.output).toEqual(new JsonText(JSON.stringify(output)));
    expect(weight).toBeGreaterThan(300_000);
  }
  stop.abort();
});

test("jobs with large payloads that are read at once let others take their turn", async () => {
  const payload = { texts: Array.from({ length: 2_000 }, () => "x".repeat(97)) };
  const ids = await Promise.all(Array.from({ length: 20 }, () => service.submit("noop", { payload })));
  // As they are in the log; read beforehand, so that nothing is waited for but others' turns.
  const histories = await service.log.readStreams(
    ids.map((id) => `job-${id}`),
    { limit: 250 },
  );
  const queue = new ReadyQueue();
  const stop = new AbortController();
  const feed = new Feed({
    ...service,
    log: { readStreams: async () => histories } as unknown as typeof service.log,
    workflows: new Workflows(workshop().connectors),
    logger: silent,
    queue,
    signal: stop.signal,
    on_ready() {},
    held_back: new HeldBackJobs({ ...service, logger: silent, queue, signal: stop.signal, on_ready() {} }),
  });
  let loaded: unknown[] = [];
  const rounds = await roundsDuring(async () => {
    loaded = await feed.load(ids.map((job_id) => ({ job_id })));
  });
  expect(loaded).toHaveLength(20);
  expect(rounds).toBeGreaterThanOrEqual(9);
  stop.abort();
});
