import { afterEach, expect, test } from "bun:test";
import { Metrics } from "../../src/telemetry/mod.ts";
import { parseExposition, sampleOf } from "../support/exposition.ts";

const made: Metrics[] = [];

function metrics(): Metrics {
  const one = new Metrics({ version: '1.2.3-"quoted"', build: "a\\b\nc", role: "all" });
  made.push(one);
  return one;
}

afterEach(() => {
  for (const one of made.splice(0)) one.close();
});

async function scrape(of: Metrics) {
  return parseExposition(await (await of.render()).text());
}

test("a strict scraper reads what was measured", async () => {
  const one = metrics();
  one.request({ route: "/api/v1/intake", method: "POST", status: 202, seconds: 0.004 });
  one.request({ route: "/api/v1/intake", method: "POST", status: 200, seconds: 0.04 });
  one.request({ route: "/api/v1/intake", method: "POST", status: 422, seconds: 0.001 });
  one.batch({ appends: [{ since: 10 }], sent_at: performance.now(), failed: false, events: 12, conflicts: 2 });
  one.batch({ appends: [], sent_at: 0, failed: true, events: 0, conflicts: 0 });
  one.recorded([{ type: "job.submitted" }, { type: "job.submitted" }, { type: "job.started" }]);
  one.attempt({ workflow: "http", outcome: "succeeded", seconds: 3 });
  one.callback({ outcome: "delivered", seconds: 0.2 });
  one.refused("address");
  const families = await scrape(one);

  const http = { route: "/api/v1/intake", method: "POST" };
  const requests = "levqor_http_request_duration_seconds";
  expect(sampleOf(families, `${requests}_count`, { ...http, status_class: "2xx" })).toBe(2);
  expect(sampleOf(families, `${requests}_bucket`, { ...http, status_class: "2xx", le: "0.005" })).toBe(1);
  expect(sampleOf(families, `${requests}_count`, { ...http, status_class: "4xx" })).toBe(1);
  expect(sampleOf(families, "levqor_log_batch_events_sum")).toBe(12);
  expect(sampleOf(families, "levqor_log_commit_duration_seconds_count")).toBe(1);
  expect(sampleOf(families, "levqor_log_append_wait_seconds_count")).toBe(1);
  expect(sampleOf(families, "levqor_log_conflicts_total")).toBe(2);
  expect(sampleOf(families, "levqor_log_failed_batches_total")).toBe(1);
  expect(sampleOf(families, "levqor_log_events_total", { type: "job.submitted" })).toBe(2);
  expect(sampleOf(families, "levqor_attempt_duration_seconds_sum", { workflow: "http", outcome: "succeeded" })).toBe(3);
  expect(sampleOf(families, "levqor_callback_duration_seconds_count", { outcome: "delivered" })).toBe(1);
  expect(sampleOf(families, "levqor_rate_limit_refusals_total", { policy: "address" })).toBe(1);
  expect(sampleOf(families, "levqor_build_info", { version: '1.2.3-"quoted"', build: "a\\b\nc", role: "all" })).toBe(1);
});

test("the process itself is described", async () => {
  const families = await scrape(metrics());
  expect(sampleOf(families, "process_resident_memory_bytes")).toBeGreaterThan(20_000_000);
  expect(sampleOf(families, "process_heap_bytes")).toBeGreaterThan(1_000_000);
  expect(sampleOf(families, "process_cpu_seconds_total")).toBeGreaterThan(0);
  expect(
    Math.abs((sampleOf(families, "process_start_time_seconds") ?? 0) - performance.timeOrigin / 1000),
  ).toBeLessThan(1);
  if (process.platform !== "linux") return;
  const open = sampleOf(families, "process_open_fds") ?? 0;
  expect(open).toBeGreaterThan(3);
  expect(sampleOf(families, "process_max_fds")).toBeGreaterThan(open);
});

test("names follow the conventions", async () => {
  const one = metrics();
  one.gauge({ name: "levqor_sockets", help: "Any." }, () => 1);
  const families = await scrape(one);
  expect(families.size).toBeGreaterThan(15);
  for (const { name, type, help } of families.values()) {
    expect(name).toMatch(/^(?:levqor|process)_[a-z]+(?:_[a-z]+)*$/);
    expect(name.endsWith("_total")).toBe(type === "counter");
    expect(name).not.toMatch(/_(?:ms|milliseconds|minutes|kb|mb|percent|count|sum|bucket)$/);
    expect(help).toMatch(/^[A-Z].+[.\w]$/);
    if (type === "histogram") expect(name).toMatch(/_(?:seconds|bytes|events)$/);
  }
});

test("clients cannot create series", async () => {
  const one = metrics();
  for (let i = 0; i < 1_000; i++) {
    one.request({ route: undefined, method: `BREW${i}`, status: 404, seconds: 0 });
    one.request({ route: undefined, method: "GET", status: 404, seconds: 0 });
  }
  const requests = (await scrape(one)).get("levqor_http_request_duration_seconds")?.samples ?? [];
  const counts = requests.filter(({ name }) => name.endsWith("_count"));
  expect(counts.map(({ labels, value }) => ({ labels, value }))).toEqual([
    { labels: { route: "unmatched", method: "other", status_class: "4xx" }, value: 1_000 },
    { labels: { route: "unmatched", method: "GET", status_class: "4xx" }, value: 1_000 },
  ]);
});

test("streams that are open are counted until they are closed", async () => {
  const one = metrics();
  const close = one.opened("sse");
  one.opened("websocket");
  expect(sampleOf(await scrape(one), "levqor_open_streams", { kind: "sse" })).toBe(1);
  close();
  const families = await scrape(one);
  expect(sampleOf(families, "levqor_open_streams", { kind: "sse" })).toBe(0);
  expect(sampleOf(families, "levqor_open_streams", { kind: "websocket" })).toBe(1);
});

test("gauges show what is known now, and nothing if it is not", async () => {
  const one = metrics();
  let known: ReadonlyMap<string, number> | undefined = new Map([
    ["jobs", 3],
    ["metrics", 0],
  ]);
  one.polledGauges(
    [
      { name: "levqor_lag_events", help: "Any.", label: "projection", of: (all: typeof known) => all },
      { name: "levqor_largest", help: "Any.", of: (all: typeof known) => Math.max(...(all?.values() ?? [])) },
    ],
    async () => {
      if (!known) throw new Error("the database is away");
      return known;
    },
    { fresh_ms: 0, stale_ms: 400 },
  );
  let families = await scrape(one);
  expect(sampleOf(families, "levqor_lag_events", { projection: "jobs" })).toBe(3);
  expect(sampleOf(families, "levqor_largest")).toBe(3);
  known = new Map([["jobs", 5]]);
  // What takes a while to tell is not asked for again at once.
  await Bun.sleep(300);
  families = await scrape(one);
  expect(families.get("levqor_lag_events")?.samples).toEqual([
    { name: "levqor_lag_events", labels: { projection: "jobs" }, value: 5 },
  ]);
  known = undefined;
  await Bun.sleep(600);
  families = await scrape(one);
  expect(families.get("levqor_lag_events")?.samples).toEqual([]);
  expect(families.get("levqor_largest")?.samples).toEqual([]);
});

test("a blocked event loop is noticed", async () => {
  const one = metrics();
  await Bun.sleep(10);
  const until = performance.now() + 400;
  while (performance.now() < until);
  await Bun.sleep(10);
  const families = await scrape(one);
  const name = "levqor_event_loop_delay_seconds";
  const all = sampleOf(families, `${name}_count`) ?? 0;
  expect(all).toBeGreaterThan(0);
  expect(all - (sampleOf(families, `${name}_bucket`, { le: "0.1" }) ?? 0)).toBeGreaterThanOrEqual(1);
});
