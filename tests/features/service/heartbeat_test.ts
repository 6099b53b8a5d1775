import { afterAll, beforeAll, expect, test } from "bun:test";
import { startHeartbeat } from "../../../src/features/service/heartbeat.ts";
import { type EventLog, openLog } from "../../../src/log/mod.ts";
import { type TestDatabase, testDatabase } from "../../support/postgres.ts";

let database: TestDatabase;
let log: EventLog;
beforeAll(async () => {
  database = await testDatabase();
  log = openLog({ url: database.url });
});
afterAll(async () => {
  await log.close();
  await database.drop();
});

const started = { version: "1.0.0", build: "test", role: "all" };

test("a process records its stop, also after an event of its own whose outcome was unknown", async () => {
  const instance = Bun.randomUUIDv7();
  const stream_id = `service-${instance}`;
  const faults: unknown[] = [];
  const heartbeat = startHeartbeat({ log, instance, started, on_fault: (error) => faults.push(error) });
  // The connection broke, and the beat was recorded all the same.
  const { promise: first, resolve } = Promise.withResolvers<void>();
  const stopListening = log.onCommit(
    ({ events }) => events.some((event) => event.stream_id === stream_id) && resolve(),
  );
  if ((await log.readStream(stream_id)).length === 0) await first;
  stopListening();
  const meta = { actor: `system:${instance}`, correlation_id: instance };
  await log.append({ stream_id, expected_version: 1, events: [{ type: "service.heartbeat", data: {} }], meta });
  await heartbeat.stop("SIGTERM");
  expect((await log.readStream(stream_id)).map(({ type }) => type)).toEqual([
    "service.started",
    "service.heartbeat",
    "service.stopped",
  ]);
  expect(faults).toEqual([]);
});

test("beats go on after one that could not be recorded, and an outage is reported once", async () => {
  const instance = Bun.randomUUIDv7();
  const told: unknown[] = [];
  const recovered = Promise.withResolvers<void>();
  let appends = 0;
  const failing: EventLog = Object.create(log, {
    append: {
      value: (...args: Parameters<EventLog["append"]>) => {
        appends++;
        return appends > 1 && appends < 5 ? Promise.reject(new Error(`down ${appends}`)) : log.append(...args);
      },
    },
  });
  const heartbeat = startHeartbeat({
    log: failing,
    instance,
    started,
    on_fault: (error) => told.push(error),
    on_recovery: recovered.resolve,
    beat_ms: 2,
  });
  await recovered.promise;
  await heartbeat.stop("SIGTERM");
  const types = (await log.readStream(`service-${instance}`)).map(({ type }) => type);
  expect(types.slice(0, 2)).toEqual(["service.started", "service.heartbeat"]);
  expect(types.at(-1)).toBe("service.stopped");
  expect(told).toEqual([new Error("down 2")]);
});
