/** An exception in one job is recorded as the failure of that job alone, without a retry. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { Kind, type TSchema, Type, TypeRegistry } from "@sinclair/typebox";
import { type Connector, ConnectorError } from "../../connectors/mod.ts";
import { ExternalWorkers } from "../../src/jobs/mod.ts";
import type { WrittenBatch } from "../../src/log/mod.ts";
import { openLog } from "../../src/log/mod.ts";
import { appendUnchecked } from "../support/events.ts";
import { unlimited } from "../support/reach.ts";
import { openService, type Service, silent, until, workshop } from "./support.ts";

let service: Service;
let runs: Map<string, number>;
beforeEach(async () => {
  service = await openService();
  runs = new Map();
});
afterEach(() => service.close());

const deep = (levels: number) => JSON.parse("[".repeat(levels) + "]".repeat(levels));
const cycle: { self?: unknown } = {};
cycle.self = cycle;
const boom = (): never => {
  throw new RangeError("Maximum call stack size exceeded: secret-4711");
};

TypeRegistry.Set("Throwing", boom);
const Throwing = { [Kind]: "Throwing" } as unknown as TSchema;

function connectorsWith(...more: Connector[]): ReadonlyMap<string, Connector> {
  return new Map([...workshop().connectors, ...more.map((one) => [one.name, counted(one)] as const)]);
}

function counted(connector: Connector): Connector {
  return Object.create(connector, {
    run: {
      value: (...args: Parameters<Connector["run"]>) => {
        runs.set(connector.name, (runs.get(connector.name) ?? 0) + 1);
        return connector.run(...args);
      },
    },
  });
}

function connector(name: string, run: Connector["run"], more: object = {}): Connector {
  const plain = { name, summary: name, input: Type.Any(), output: Type.Unknown(), run };
  return Object.defineProperties(plain, Object.getOwnPropertyDescriptors(more));
}

const failing = async () => {
  throw new ConnectorError("timeout", "Too late.");
};

/** Each breaks in a way that no check foresees. */
const HOSTILE: readonly Connector[] = [
  connector("deep_detail", async () => {
    throw new ConnectorError("refused", "No.", { detail: deep(25_000) });
  }),
  connector("odd_detail", async () => {
    throw new ConnectorError("refused", "No.", { detail: cycle });
  }),
];
const UNREADABLE: readonly Connector[] = [
  connector("unclaimable", failing, {
    get retry(): never {
      return boom();
    },
  }),
  connector("unchecked", async () => 1, { input: Throwing }),
];

describe("a connector's job", () => {
  test.each(HOSTILE.map((one) => [one.name]))("whose outcome the log cannot store fails as such: %s", async (name) => {
    service.start({ connectors: connectorsWith(...HOSTILE) });
    const id = await service.submit(name);
    const { error, attempt } = await service.reaches(id, "failed");
    expect(error?.code).toBe("result_not_recordable");
    expect(JSON.stringify(error)).not.toContain("secret-4711");
    expect(attempt).toBe(1);
    expect(runs.get(name)).toBe(1);
    expect(await service.types(id)).toEqual(["job.submitted", "job.started", "job.failed"]);
  });

  test.each([
    ["unclaimable", ["job.submitted", "job.failed"]],
    ["unchecked", ["job.submitted", "job.started", "job.failed"]],
  ])("that cannot be processed fails without a retry: %s", async (name, types) => {
    const runner = service.start({ connectors: connectorsWith(...UNREADABLE) });
    const id = await service.submit(name, { callback_url: "https://example.com/" });
    const { error } = await service.reaches(id, "failed");
    expect(error?.code).toBe("internal_fault");
    expect(JSON.stringify(error)).not.toContain("secret-4711");
    expect((await service.types(id)).slice(0, types.length)).toEqual(types);
    await until(() => runner.status().running + runner.status().recording === 0, { what: "nothing to be held" });
    await service.reaches(await service.submit("noop"), "succeeded");
  });

  test("64 of each kind at once stop no worker, and take no slot for longer than they run", async () => {
    const runner = service.start({ connectors: connectorsWith(...HOSTILE, ...UNREADABLE), concurrency: 64 });
    const names = [...HOSTILE, ...UNREADABLE].map(({ name }) => name);
    const bad = await Promise.all(names.flatMap((name) => Array.from({ length: 64 }, () => service.submit(name))));
    const good = await Promise.all(Array.from({ length: 64 }, () => service.submit("noop")));
    for (const id of good) await service.reaches(id, "succeeded");
    for (const id of bad) await service.reaches(id, "failed");
    await until(() => runner.status().running + runner.status().recording === 0, { what: "nothing to be held" });
    for (const { name } of HOSTILE) expect(runs.get(name)).toBe(64);
  }, 60_000);

  test("of a pipeline that is not in the log fails, and others continue", async () => {
    service.start({ connectors: connectorsWith() });
    const id = Bun.randomUUIDv7();
    const { ok } = await service.log.append({
      stream_id: `job-${id}`,
      expected_version: 0,
      events: [
        { type: "job.submitted", data: { workflow: "gone", payload: {} } },
        { type: "job.pipeline_pinned", data: { pipeline: "gone", version: 7 } },
      ],
      meta: { actor: "anonymous", correlation_id: id },
    });
    expect(ok).toBe(true);
    expect((await service.reaches(id, "failed")).error?.code).toBe("internal_fault");
    await service.reaches(await service.submit("noop"), "succeeded");
  });

  test("with an unreadable history is recorded as failed, and others continue", async () => {
    const ids = [Bun.randomUUIDv7(), Bun.randomUUIDv7()];
    for (const id of ids) {
      await appendUnchecked(service.sql, `job-${id}`, [
        { type: "job.submitted", data: { workflow: "noop", payload: {} } },
        { type: "job.started", data: { attempt: 1, worker: "w", lease_seconds: 0.001 } },
        // What no decider can fold, and no read model objects to.
        { type: "job.step_reused", data: null },
        { type: "job.released", data: { attempt: 1, reason: "worker_stopping" } },
      ]);
    }
    await service.projected();
    service.start({ connectors: connectorsWith() });
    for (const id of ids) {
      const failed = await until(
        async () => (await service.log.readStream(`job-${id}`)).find(({ type }) => type === "job.failed"),
        { what: "the job to fail" },
      );
      expect(JSON.parse(failed.data_json)).toMatchObject({ attempt: 1, error: { code: "internal_fault" } });
    }
    await service.reaches(await service.submit("noop"), "succeeded");
  });

  test("with an unreadable history that a dead worker left is recorded as failed", async () => {
    const id = Bun.randomUUIDv7();
    await appendUnchecked(service.sql, `job-${id}`, [
      { type: "job.submitted", data: { workflow: "noop", payload: {} } },
      { type: "job.step_reused", data: null },
      { type: "job.started", data: { attempt: 1, worker: "w", lease_seconds: 0.001 } },
    ]);
    const failed = await until(
      async () => (await service.log.readStream(`job-${id}`)).find(({ type }) => type === "job.failed"),
      { what: "the job to fail" },
    );
    expect(JSON.parse(failed.data_json)).toMatchObject({ attempt: 1, error: { code: "internal_fault" } });
  });
});

describe("a step's job", () => {
  const steps = (uses: string, more: object = {}) => ({ steps: [{ id: "a", uses, with: {}, ...more }] });

  test.each(HOSTILE.map((one) => [one.name]))("whose outcome the log cannot store fails as such: %s", async (name) => {
    service.start({ connectors: connectorsWith(...HOSTILE) });
    const id = await service.submit("own", steps(name));
    const { error, attempt } = await service.reaches(id, "failed");
    expect(error?.code).toBe("result_not_recordable");
    expect(attempt).toBe(1);
    expect(runs.get(name)).toBe(1);
  });

  test.each(UNREADABLE.map((one) => [one.name]))("that cannot be processed fails without a retry: %s", async (name) => {
    const runner = service.start({ connectors: connectorsWith(...UNREADABLE) });
    const id = await service.submit("own", steps(name));
    const { error, attempt } = await service.reaches(id, "failed");
    expect(error?.code).toBe(name === "unclaimable" ? "internal_fault" : (error?.code as string));
    expect(JSON.stringify(error)).not.toContain("secret-4711");
    expect(attempt).toBe(1);
    await until(() => runner.status().running + runner.status().recording === 0, { what: "nothing to be held" });
    await service.reaches(await service.submit("noop"), "succeeded");
  });

  test("tells its other items to stop when it is given up", async () => {
    let stopped = false;
    const either = connector("either", async (input, { signal }) => {
      if ((input as { n: number }).n === 1) throw new ConnectorError("refused", "No.", { detail: deep(25_000) });
      const aborted = Promise.withResolvers<never>();
      signal.addEventListener("abort", () => {
        stopped = true;
        aborted.reject(signal.reason);
      });
      return await aborted.promise;
    });
    service.start({ connectors: connectorsWith(either) });
    const id = await service.submit("own", {
      payload: { l: [0, 1] },
      steps: [
        { id: "a", uses: "either", with: { n: "{{ item }}" }, for_each: { items: "{{ payload.l }}", max_parallel: 2 } },
      ],
    });
    expect((await service.reaches(id, "failed")).error?.code).toBe("result_not_recordable");
    expect(stopped).toBe(true);
    expect(runs.get("either")).toBe(2);
  });
});

describe("jobs of external workers", () => {
  test("that can never be claimed delay none behind them", async () => {
    const signal = new AbortController();
    const external = new ExternalWorkers({ ...service, logger: silent, signal: signal.signal });
    const id = Bun.randomUUIDv7();
    await appendUnchecked(service.sql, `job-${id}`, [
      { type: "job.submitted", data: { workflow: "theirs", payload: {} } },
      { type: "job.step_reused", data: null },
    ]);
    const next = await service.submit("theirs");
    const request = { worker: "w", max_jobs: 1, lease_seconds: 30, wait_ms: 5_000, meta: { actor: "a" } };
    const jobs = await external.claim([unlimited({ workflow: "theirs" })], { ...request, signal: signal.signal });
    expect(jobs.map(({ job_id }) => job_id)).toEqual([next]);
    await until(
      async () =>
        (
          await service
            .types(id)
            .catch(() => service.log.readStream(`job-${id}`).then((events) => events.map(({ type }) => type)))
        ).includes("job.failed"),
      { what: "it to fail" },
    );
    signal.abort();
  });
});

test("an event that the log rejects costs others no batch: as many are sent as without it", async () => {
  const batches: WrittenBatch[] = [];
  const log = openLog({ url: service.url(), on_batch: (batch) => batches.push(batch) });
  try {
    service.start({ connectors: connectorsWith(...HOSTILE), log });
    const ids = await Promise.all(Array.from({ length: 64 }, (_, i) => service.submit(i % 2 ? "deep_detail" : "noop")));
    for (const [i, id] of ids.entries()) await service.reaches(id, i % 2 ? "failed" : "succeeded");
    expect(batches.filter(({ failed }) => failed)).toEqual([]);
  } finally {
    await service.close();
    await log.close();
    service = await openService();
  }
});
