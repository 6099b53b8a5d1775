import { expect, test } from "bun:test";
import { type MetricsRow, metrics, publicMetrics } from "../../projections/mod.ts";
import { history, rowsAfter as rowsOf } from "../spec.ts";

const started = { type: "service.started", data: { version: "1", build: "b", role: "all" } };
const heartbeat = { type: "service.heartbeat", data: {} };
const submitted = { type: "job.submitted", data: { workflow: "http", payload: {} } };

/** The read model's rows after events at these times. */
function rowsAfter(...events: Parameters<typeof history>[1]): MetricsRow[] {
  return rowsOf(metrics, history("any-stream", events));
}

/** What the API computes from the rows, at a time. */
function at(now: string, rows: MetricsRow[]) {
  const sum = (column: "events" | "attributed_events") => rows.reduce((total, row) => total + row[column], 0);
  const starts = rows.flatMap(({ first_started_at }) => first_started_at ?? []).sort();
  const totals = {
    events: sum("events"),
    attributed_events: sum("attributed_events"),
    first_started_at: starts[0] ?? null,
  };
  return publicMetrics(rows, { now: Date.parse(now), totals });
}

/** A heartbeat in each of `count` minutes. */
function beats(from: string, count: number) {
  return Array.from({ length: count }, (_, i) => ({
    ...heartbeat,
    recorded_at: new Date(Date.parse(from) + i * 60_000).toISOString(),
  }));
}

test("events are counted in the hour in which they were recorded", () => {
  const rows = rowsAfter(
    { ...submitted, recorded_at: "2026-01-02T03:59:59.999999Z" },
    { ...submitted, recorded_at: "2026-01-02T04:00:00Z" },
    { ...submitted, recorded_at: "2026-01-02T04:30:00Z", meta: { actor: "", correlation_id: "c" } },
    { ...heartbeat, recorded_at: "2026-01-02T04:30:00Z" },
  );
  expect(rows).toMatchObject([
    { hour: "2026-01-02T03:00:00Z", jobs_submitted: 1, events: 1, attributed_events: 1 },
    { hour: "2026-01-02T04:00:00Z", jobs_submitted: 2, events: 3, attributed_events: 2 },
  ]);
});

test("jobs that the service submitted itself count as events, and not as jobs", () => {
  const meta = { actor: "system:reaction:forwarding", account: "system", correlation_id: "c" };
  expect(rowsAfter({ ...submitted, meta, recorded_at: "2026-01-02T03:00:00Z" })).toMatchObject([
    { jobs_submitted: 0, events: 1, attributed_events: 1 },
  ]);
});

test("an hour has the reports of errors, the messages of support and the position of its last event", () => {
  const error = { source: "web", type: "Error", message: "x", frames: [], streak: 1 };
  const at = { recorded_at: "2026-01-02T03:00:00Z" };
  const [row] = rowsAfter(
    { type: "error.reported", data: { ...error, reports: 40 }, ...at },
    { type: "error.reported", data: { ...error, reports: 2 }, ...at },
    { type: "support.opened", data: { email: "jane@example.com", message: "Help", consent: true }, ...at },
    { type: "support.message_added", data: { from: "operator", message: "Done" }, ...at },
  );
  expect(row).toMatchObject({ error_reports: 42, support_messages: 2, events: 4, position: 104, jobs_submitted: 0 });
});

test("a minute is up once, however many instances beat in it", () => {
  const [row] = rowsAfter(
    { ...started, recorded_at: "2026-01-02T03:00:10Z" },
    { ...heartbeat, recorded_at: "2026-01-02T03:00:20Z" },
    { ...heartbeat, recorded_at: "2026-01-02T03:59:00Z" },
    { ...heartbeat, recorded_at: "2026-01-02T03:02:00Z" },
    { ...started, recorded_at: "2026-01-02T03:03:30Z" },
  );
  expect(row?.minutes).toBe(`1011${"0".repeat(55)}1`);
  expect(row?.first_started_at).toBe("2026-01-02T03:00:10Z");
});

test("uptime counts whole minutes from the first start on", () => {
  const rows = rowsAfter({ ...started, recorded_at: "2026-01-02T03:50:30Z" }, ...beats("2026-01-02T03:51:00Z", 14));
  expect(at("2026-01-02T04:05:59Z", rows).uptime_rolling_7d).toBe(100);
  expect(at("2026-01-02T04:20:00Z", rows).uptime_rolling_7d).toBe(50);
});

test("uptime forgets what is more than seven days old, to the minute", () => {
  const rows = rowsAfter(
    { ...started, recorded_at: "2026-01-01T00:00:00Z" },
    // Up in every minute but the one at 03:30.
    ...beats("2026-01-02T02:00:00Z", 90),
    ...beats("2026-01-02T03:31:00Z", 7 * 24 * 60),
  );
  expect(at("2026-01-09T03:30:00Z", rows).uptime_rolling_7d).toBe(99.99);
  expect(at("2026-01-09T03:31:00Z", rows).uptime_rolling_7d).toBe(100);
});

test("without a start there is no uptime, in its first minute all of it", () => {
  expect(at("2026-01-02T03:00:00Z", []).uptime_rolling_7d).toBe(0);
  const rows = rowsAfter({ ...started, recorded_at: "2026-01-02T03:00:10Z" });
  expect(at("2026-01-02T03:00:50Z", rows).uptime_rolling_7d).toBe(100);
});

test("jobs today are those since midnight UTC", () => {
  const rows = rowsAfter(
    { ...submitted, recorded_at: "2026-01-01T23:59:59.9Z" },
    { ...submitted, recorded_at: "2026-01-02T00:00:00Z" },
    { ...submitted, recorded_at: "2026-01-02T11:00:00Z" },
  );
  expect(at("2026-01-02T12:00:00Z", rows).jobs_today).toBe(2);
  expect(at("2026-01-03T00:00:00Z", rows).jobs_today).toBe(0);
});

test("audit coverage is never rounded up to 100", () => {
  const rows = rowsAfter(...Array.from({ length: 20_000 }, (_, i) => ({ ...heartbeat, ...(i === 7 && { meta: {} }) })));
  expect(at("2026-01-02T12:00:00Z", rows).audit_coverage).toBe(99.99);
  expect(at("2026-01-02T12:00:00Z", []).audit_coverage).toBe(100);
});
