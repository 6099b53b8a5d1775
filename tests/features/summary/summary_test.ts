import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { summaryOf } from "../../../src/features/summary/figures.ts";
import { type Period, periodAt } from "../../../src/features/summary/period.ts";
import { type Harness, post, startApi } from "../../http/harness.ts";
import { recordAt } from "../../support/events.ts";

const operator = { "x-api-key": "the-operators-own-key" };
const ROUTE = "/api/v1/ops/summary";

let api: Harness;
let head = 0;
beforeAll(async () => {
  api = await startApi({ api_keys: [operator["x-api-key"]], timing: { read_model_wait_ms: 15_000 } });
  const meta = { actor: "key:01234567", correlation_id: "c" };
  const system = { ...meta, actor: "system:reaction:x", account: "system" };
  const [one, two, three, four, own] = Array.from({ length: 5 }, () => `job-${Bun.randomUUIDv7()}`) as [
    string,
    string,
    string,
    string,
    string,
  ];
  const submitted = { type: "job.submitted", data: { workflow: "http", payload: {} } };
  const started = { type: "job.started", data: { attempt: 1, worker: "w", lease_seconds: 30 } };
  const failed = { type: "job.failed", data: { attempt: 1, error: { code: "no_route", message: "No." } } };
  const succeeded = { type: "job.succeeded", data: { attempt: 1, result: {} } };
  const error = { source: "web", type: "Error", message: "x", frames: [], streak: 1 };
  const beat = { type: "service.heartbeat", data: {} };
  const service = `service-${crypto.randomUUID()}`;
  const group = `error-${"a".repeat(32)}`;
  const thread = `support-${Bun.randomUUIDv7()}`;
  head = await recordAt(api.admin_url, [
    [
      "2026-01-13T12:00:00Z",
      service,
      { type: "service.started", data: { version: "1", build: "b", role: "all" } },
      meta,
    ],
    ["2026-01-14T23:59:59Z", one, submitted, meta],
    ["2026-01-14T23:59:59.5Z", group, { type: "error.reported", data: { ...error, reports: 5 } }, meta],
    // The day.
    ["2026-01-15T00:00:00Z", one, started, meta],
    ["2026-01-15T00:00:01Z", one, succeeded, meta],
    ["2026-01-15T00:00:02Z", own, submitted, system],
    ["2026-01-15T00:00:03Z", own, started, meta],
    ["2026-01-15T00:00:04Z", own, failed, meta],
    ["2026-01-15T00:01:00Z", service, beat, meta],
    ["2026-01-15T00:02:00Z", service, beat, meta],
    ["2026-01-15T10:00:00Z", two, submitted, meta],
    ["2026-01-15T10:00:01Z", two, started, meta],
    ["2026-01-15T10:00:02Z", two, failed, meta],
    ["2026-01-15T11:00:00Z", group, { type: "error.reported", data: { ...error, reports: 40 } }, meta],
    [
      "2026-01-15T11:00:01Z",
      `error-${"b".repeat(32)}`,
      { type: "error.reported", data: { ...error, reports: 2 } },
      meta,
    ],
    [
      "2026-01-15T12:00:00Z",
      thread,
      { type: "support.opened", data: { email: "a@example.com", message: "Help", consent: true } },
      meta,
    ],
    ["2026-01-15T13:00:00Z", three, submitted, meta],
    ["2026-01-15T23:59:59.999999Z", four, submitted, meta],
    // After it.
    ["2026-01-16T00:00:00Z", three, { type: "job.cancelled", data: { attempt: 0 } }, meta],
    [
      "2026-01-16T09:00:00Z",
      thread,
      { type: "support.message_added", data: { from: "operator", message: "Done" } },
      meta,
    ],
  ]);
});
afterAll(() => api.stop());

const summary = async (query: string, headers: Record<string, string> = operator) =>
  await api.ask(ROUTE + query, { headers });
const DAY = {
  period: { kind: "day", date: "2026-01-15", from: "2026-01-15T00:00:00.000Z", to: "2026-01-16T00:00:00.000Z" },
  position: 18,
  runs: { submitted: 3, succeeded: 1, failed: 1, cancelled: 0 },
  failures: [{ error_code: "no_route", jobs: 1 }],
  cost: null,
  queue: { unfinished: 2 },
  uptime: { percent: 0.13, minutes_up: 2, minutes_down: 1_438 },
  errors: { reports: 42, new_groups: 1 },
  support: { threads_opened: 1, messages: 1 },
};

describe("the summary", () => {
  test("of a day has what happened in it, without the service's own jobs, as of its last event", async () => {
    const { status, body } = await summary("?date=2026-01-15");
    expect([status, body]).toEqual([200, DAY]);
  });

  test("of a week covers its days, from the first start on", async () => {
    const { body } = await summary("?period=week&date=2026-01-18");
    expect(body).toMatchObject({
      period: { kind: "week", date: "2026-01-12", to: "2026-01-19T00:00:00.000Z" },
      position: 20,
      runs: { submitted: 4, succeeded: 1, failed: 1, cancelled: 1 },
      queue: { unfinished: 1 },
      errors: { reports: 47, new_groups: 2 },
      support: { threads_opened: 1, messages: 2 },
      // 5 days and 12 hours.
      uptime: { minutes_up: 3, minutes_down: 7_920 - 3 },
    });
  });

  test("is the same whatever happens later", async () => {
    const { job_id } = await api.submit({}, operator);
    await api.ask(`/api/v1/jobs/${job_id}/cancel`, post({}, operator));
    expect((await summary("?date=2026-01-15")).body).toEqual(DAY);
    expect(await summaryOf(api.sql, periodAt("day", "2026-01-15") as Period)).toEqual(DAY as never);
  });

  test("of a day before the first start has nothing, and no uptime", async () => {
    expect((await summary("?date=2026-01-12")).body).toMatchObject({
      position: 0,
      runs: { submitted: 0, succeeded: 0, failed: 0, cancelled: 0 },
      failures: [],
      uptime: { percent: null, minutes_up: 0, minutes_down: 0 },
    });
  });

  test("is that of yesterday, or of last week, where no date is given", async () => {
    for (const [kind, ms] of [
      ["day", 86_400_000],
      ["week", 7 * 86_400_000],
    ] as const) {
      const { from, to } = (await summary(`?period=${kind}`)).body.period;
      expect(Date.parse(to) - Date.parse(from)).toBe(ms);
      expect(Date.now() - Date.parse(to)).toBeWithin(0, ms + 120_000);
    }
  });

  test("is a page for people, with what each figure means", async () => {
    const page = await summary("?date=2026-01-15", { ...operator, accept: "text/html,application/xhtml+xml" });
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page.text).toContain("<title>Levqor on 2026-01-15</title>");
    expect(page.text).toMatch(/Failed<\/th><td[^>]*>1<\/td><td[^>]*>jobs that ended in the period and failed/);
    expect(page.text).toMatch(/Cost<\/th><td[^>]*>not available/);
    expect(page.text).toContain("as of position 18 of the event log");
    expect((await summary("?date=2026-01-15&format=json", { ...operator, accept: "text/html" })).body).toEqual(DAY);
    expect((await summary("?date=2026-01-15&format=html")).text).toBe(page.text);
  });

  test.each([
    ["?date=9999-12-31", "?date"],
    [`?date=${new Date().toISOString().slice(0, 10)}`, "?date"],
    ["?date=2026-02-30", "?date"],
    ["?date=0000-01-01", "?date"],
    ["?date=yesterday", "?date"],
    ["?period=month", "?period"],
    ["?format=pdf", "?format"],
  ])("refuses %s", async (query, pointer) => {
    expect((await summary(query)).body).toMatchObject({ error: "validation_failed", errors: [{ pointer }] });
  });

  test("needs the scope ops:read", async () => {
    expect((await summary("", {})).body.error).toBe("unauthorized");
    const key = await api.ask("/api/v1/keys", post({ name: "k", scopes: ["jobs:read"] }, operator));
    expect((await summary("", { "x-api-key": key.body.key })).body.error).toBe("insufficient_scope");
  });
});

test("nothing is read before the read models include it", () => expect(head).toBe(20));
