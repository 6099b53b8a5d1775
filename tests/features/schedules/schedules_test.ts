import { afterAll, beforeAll, beforeEach, describe, expect, spyOn, test } from "bun:test";
import { databaseNow } from "../../../src/db/mod.ts";
import { type Harness, post, startApi } from "../../http/harness.ts";
import { clearOfEnd } from "../../support/clock.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const NONE = "00000000-0000-7000-8000-000000000000";
const ROUTE = "/api/v1/schedules";

let api: Harness;
beforeAll(async () => {
  api = await startApi();
}, 30_000);
// Next instants are a midnight, some of them New Year's.
beforeEach(() => clearOfEnd("day"));
afterAll(() => api.stop());

const job = { workflow: "http", payload: { url: "https://example.com/" } };
const request = { name: "Yearly", cron: "0 0 1 1 *", job };

function create(body: object = {}, headers: Record<string, string> = {}) {
  return api.ask(ROUTE, post({ ...request, ...body }, headers));
}

async function created(body: object = {}): Promise<string> {
  return (await create(body)).body.schedule_id;
}

/** The types of a schedule's events. */
async function history(id: string): Promise<string[]> {
  const { body } = await api.ask(`${ROUTE}/${id}/events?limit=100`);
  return body.data.map(({ type }: { type: string }) => type);
}

/** The first New Year's midnight in UTC after a time. */
function newYear(now: number): string {
  return new Date(Date.UTC(new Date(now).getUTCFullYear() + 1, 0, 1)).toISOString();
}

describe("creating a schedule", () => {
  test("returns its id and its first instant by the database's clock, and shows it at once", async () => {
    const answer = await create();
    expect(answer.status).toBe(201);
    const { schedule_id, status, next_run_at } = answer.body;
    expect(schedule_id).toMatch(UUID);
    expect([status, next_run_at]).toEqual(["active", newYear(await databaseNow(api.sql))]);
    const shown = await api.ask(`${ROUTE}/${schedule_id}`);
    expect(shown.status).toBe(200);
    expect(shown.body).toEqual({
      ...request,
      schedule_id,
      time_zone: "UTC",
      misfire_grace_seconds: 900,
      status: "active",
      workflow: "http",
      next_run_at: next_run_at.replace(".000", ""),
      last_run_at: null,
      last_job_id: null,
      runs: 0,
      misfires: 0,
      created_at: shown.body.created_at,
      updated_at: shown.body.created_at,
    });
    const [event] = await api.log.readStream(`schedule-${schedule_id}`);
    expect(event?.position).toBe(Number(answer.headers.get("levqor-position")));
    expect(JSON.parse(event?.meta_json ?? "")).toMatchObject({ actor: "anonymous", correlation_id: schedule_id });
  });

  test("accepts a time zone, a grace and everything that an intake accepts", async () => {
    const body = {
      time_zone: "Asia/Kathmandu",
      misfire_grace_seconds: 86_400,
      job: { ...job, priority: "low", callback_url: "https://example.com/hook" },
    };
    const { schedule_id, next_run_at } = (await create(body)).body;
    expect(next_run_at).toEndWith("-12-31T18:15:00.000Z");
    expect((await api.ask(`${ROUTE}/${schedule_id}`)).body).toMatchObject(body);
  });

  test.each([
    [{ cron: "60 * * * *" }, "/cron", 'has "60" as its minute; use 0 to 59'],
    [{ cron: "0 0 32 * *" }, "/cron", 'has "32" as its day of the month; use 1 to 31'],
    [{ cron: "0 0 30 2 *" }, "/cron", "matches days that no month has"],
    [{ cron: "@reboot" }, "/cron", "has no nickname @reboot; use one of @yearly"],
    [{ cron: "2026-10-10T10:00:00" }, "/cron", "must have five fields"],
    [
      { cron: "* * 2 8-14 3 +SUN", time_zone: "America/New_York" },
      "/cron",
      "matches no time within 100 years in America/New_York",
    ],
    [{ cron: "" }, "/cron", "must have at least 1 character"],
    [{ cron: "*".repeat(129) }, "/cron", "must have at most 128 characters"],
    [{ time_zone: "Mars/Olympus" }, "/time_zone", "must be a time zone of the IANA database"],
    [{ time_zone: "+02:00" }, "/time_zone", "must be a time zone of the IANA database"],
    [{ misfire_grace_seconds: 0 }, "/misfire_grace_seconds", "must be at least 1"],
    [{ misfire_grace_seconds: 86_401 }, "/misfire_grace_seconds", "must be at most 86400"],
    [{ misfire_grace_seconds: 1.5 }, "/misfire_grace_seconds", "must be an integer"],
    [{ name: "" }, "/name", "must have at least 1 character"],
    [{ name: "x".repeat(129) }, "/name", "must have at most 128 characters"],
    [{ name: "a\u0000b" }, "/name", "must not contain control characters"],
    [{ job: undefined }, "/job", "is missing"],
    [{ job: { ...job, workflow: "" } }, "/job/workflow", "must have at least 1 character"],
    [{ job: { ...job, when: "now" } }, "/job/when", "is not supported here"],
    [{ job: { ...job, run_at: "2030-01-01T00:00:00Z" } }, "/job/run_at", "is not supported here"],
    [{ job: { ...job, max_attempts: 0 } }, "/job/max_attempts", "must be at least 1"],
    [{ every: "day" }, "/every", "is not supported here"],
  ])("rejects %j", async (body, pointer, message) => {
    const answer = await create(body);
    expect([answer.status, answer.body.error]).toEqual([422, "validation_failed"]);
    expect(answer.body.errors[0]).toEqual({ pointer, message: expect.stringContaining(message) });
    expect(answer.body.detail).not.toMatch(/\.\.$/);
  });

  test("stores the expression and the time zone in canonical form", async () => {
    const { body } = await create({ cron: "\t0  9\n* * mon-fri ", time_zone: "europe/berlin" });
    const shown = await api.ask(`${ROUTE}/${body.schedule_id}`);
    expect(shown.body).toMatchObject({ cron: "0 9 * * mon-fri", time_zone: "Europe/Berlin" });
    const headers = { "idempotency-key": "spelled-1" };
    const first = await create({ cron: "0 0 1 1 *", time_zone: "UTC" }, headers);
    const again = await create({ cron: " 0 0\t1 1 * ", time_zone: "utc" }, headers);
    expect([again.status, again.text]).toEqual([201, first.text]);
    // What means the same is no change.
    const headersOf = { "if-match": "*" };
    const changed = { ...request, cron: "0  0 1 1 *", time_zone: "utc" };
    await api.ask(`${ROUTE}/${first.body.schedule_id}`, { ...post(changed, headersOf), method: "PUT" });
    expect(await history(first.body.schedule_id)).toEqual(["schedule.created"]);
  });

  test("accepts values at the limits", async () => {
    const edges = { name: "x".repeat(128), misfire_grace_seconds: 1, cron: `0 0 1${",1".repeat(59)} 1 *` };
    expect(edges.cron.length).toBeLessThanOrEqual(128);
    expect((await create(edges)).status).toBe(201);
    const payload = { s: "x".repeat(200 * 1024 - 8) };
    expect((await create({ job: { workflow: "http", payload } })).status).toBe(201);
    const answer = await create({ job: { workflow: "http", payload: { s: `${payload.s}x` } } });
    expect([answer.status, answer.body.error]).toEqual([413, "payload_too_large"]);
    expect(answer.body.errors[0].pointer).toBe("/job/payload");
  });

  test("with an Idempotency-Key returns the first response again, even if the schedule has changed since", async () => {
    const headers = { "idempotency-key": "yearly-1" };
    const first = await create({}, headers);
    await api.ask(`${ROUTE}/${first.body.schedule_id}`, { method: "DELETE" });
    const again = await create({ time_zone: "UTC" }, headers);
    expect([again.status, again.text]).toEqual([201, first.text]);
    expect(again.headers.get("levqor-position")).toBe(first.headers.get("levqor-position"));
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    const other = await create({ name: "Another" }, headers);
    expect([other.status, other.body.error]).toEqual([422, "idempotency_key_reused"]);
    // The same key at another call names something else.
    expect((await api.submit({}, headers)).job_id).not.toBe(first.body.schedule_id);
  });
});

describe("pausing, resuming and deleting", () => {
  test("are recorded once, with the actor, however often they are repeated", async () => {
    const id = await created();
    const call = (what: string) => api.ask(`${ROUTE}/${id}/${what}`, { method: "POST" });
    for (let i = 0; i < 2; i++) {
      const paused = await call("pause");
      expect([paused.status, paused.body]).toEqual([200, { schedule_id: id, status: "paused", next_run_at: null }]);
      expect(Number(paused.headers.get("levqor-position"))).toBeGreaterThan(0);
    }
    expect((await api.ask(`${ROUTE}/${id}`)).body).toMatchObject({ status: "paused", next_run_at: null });
    expect((await api.ask(`${ROUTE}/${id}/next`)).body).toEqual({ data: [] });
    const next_run_at = newYear(await databaseNow(api.sql));
    for (let i = 0; i < 2; i++) {
      expect((await call("resume")).body).toEqual({ schedule_id: id, status: "active", next_run_at });
    }
    const deleted = await api.ask(`${ROUTE}/${id}`, { method: "DELETE" });
    expect([deleted.status, deleted.body]).toEqual([200, { schedule_id: id, status: "deleted" }]);
    expect(await history(id)).toEqual(["schedule.created", "schedule.paused", "schedule.resumed", "schedule.deleted"]);
    for (const answer of [
      await call("pause"),
      await call("resume"),
      await api.ask(`${ROUTE}/${id}`, { method: "DELETE" }),
      await api.ask(`${ROUTE}/${id}`),
      await api.ask(`${ROUTE}/${id}/next`),
    ]) {
      expect([answer.status, answer.body.error]).toEqual([404, "schedule_not_found"]);
    }
  });

  test("an unknown schedule is not found, an invalid id is rejected", async () => {
    for (const [method, path] of [
      ["GET", ""],
      ["DELETE", ""],
      ["GET", "/next"],
      ["GET", "/events"],
      ["POST", "/pause"],
      ["POST", "/resume"],
    ]) {
      const unknown = await api.ask(`${ROUTE}/${NONE}${path}`, { method });
      expect([unknown.status, unknown.body.error]).toEqual([404, "schedule_not_found"]);
      const invalid = await api.ask(`${ROUTE}/42${path}`, { method });
      expect([invalid.status, invalid.body.error]).toEqual([400, "invalid_schedule_id"]);
    }
  });
});

describe("changing", () => {
  const put = (id: string, body: object, if_match?: string) =>
    api.ask(`${ROUTE}/${id}`, {
      ...post({ ...request, ...body }, if_match === undefined ? {} : { "if-match": if_match }),
      method: "PUT",
    });
  const tagOf = async (id: string) => (await api.ask(`${ROUTE}/${id}`)).headers.get("etag") as string;

  test("replaces the whole definition, from the version that was read, once", async () => {
    const id = await created({ time_zone: "Europe/Berlin", misfire_grace_seconds: 60 });
    const tag = await tagOf(id);
    const other = { name: "Daily", cron: "@daily", job: { workflow: "other", payload: { n: 2 } } };
    const changed = await put(id, other, tag);
    const midnight = new Date(Math.ceil((await databaseNow(api.sql)) / 86_400_000) * 86_400_000).toISOString();
    expect(changed.status).toBe(200);
    expect(changed.body).toEqual({ schedule_id: id, status: "active", next_run_at: midnight });
    expect(Number(changed.headers.get("levqor-position"))).toBe(await api.log.head());
    const shown = await api.ask(`${ROUTE}/${id}`);
    expect(shown.body).toMatchObject({ ...other, workflow: "other", time_zone: "UTC", misfire_grace_seconds: 900 });
    expect(shown.headers.get("etag")).toBe(changed.headers.get("etag"));
    expect(shown.headers.get("etag")).not.toBe(tag);
    const next = await api.ask(`${ROUTE}/${id}/next?count=1`);
    expect(next.body.data).toEqual([midnight]);

    const late = await put(id, request, tag);
    expect([late.status, late.body.error]).toEqual([412, "version_mismatch"]);
    expect((await put(id, other, changed.headers.get("etag") as string)).status).toBe(200);
    expect((await put(id, other, "*")).status).toBe(200);
    expect(await history(id)).toEqual(["schedule.created", "schedule.updated"]);
  });

  test("works from a version with only runs since; a paused schedule stays paused", async () => {
    const id = await created();
    const tag = await tagOf(id);
    await api.ask(`${ROUTE}/${id}/run`, { method: "POST" });
    await api.ask(`${ROUTE}/${id}/pause`, { method: "POST" });
    const { status, body } = await put(id, { name: "Renamed" }, tag);
    expect([status, body.status, body.next_run_at]).toEqual([200, "paused", null]);
    const resumed = await api.ask(`${ROUTE}/${id}/resume`, { method: "POST" });
    expect(resumed.body.next_run_at).toBe(newYear(await databaseNow(api.sql)));
    expect((await api.ask(`${ROUTE}/${id}`)).body).toMatchObject({ name: "Renamed", status: "active" });
  });

  test("is rejected without If-Match, if it is invalid, and for an unknown schedule", async () => {
    const id = await created();
    const without = await put(id, {});
    expect([without.status, without.body.error]).toEqual([428, "precondition_required"]);
    const cron = await put(id, { cron: "61 * * * *" }, "*");
    expect([cron.status, cron.body.errors[0].pointer]).toEqual([422, "/cron"]);
    expect((await put(NONE, {}, "*")).body.error).toBe("schedule_not_found");
    await api.ask(`${ROUTE}/${id}`, { method: "DELETE" });
    expect((await put(id, {}, "*")).status).toBe(404);
    expect(await history(id)).toEqual(["schedule.created", "schedule.deleted"]);
  });
});

describe("running now", () => {
  const run = (id: string, headers: Record<string, string> = {}) =>
    api.ask(`${ROUTE}/${id}/run`, { method: "POST", headers });

  test("each of many at once submits a job, and the schedule is read for many of them together", async () => {
    const id = await created();
    const reads = spyOn(api.log, "readFirst");
    const answers = await Promise.all(Array.from({ length: 60 }, () => run(id)));
    const count = reads.mock.calls.length;
    reads.mockRestore();
    expect(answers.map(({ status }) => status)).toEqual(Array(60).fill(202));
    expect(count).toBeLessThanOrEqual(60);
  });

  test("submits the job outside its instants, as last defined, paused or not", async () => {
    const id = await created();
    const before = (await api.ask(`${ROUTE}/${id}`)).body;
    const first = await run(id);
    expect(first.status).toBe(202);
    expect(first.body).toEqual({ job_id: expect.stringMatching(UUID), status: "queued", schedule_id: id });
    const [submitted] = (await api.ask(`/api/v1/jobs/${first.body.job_id}/events`)).body.data;
    expect(submitted).toMatchObject({
      position: Number(first.headers.get("levqor-position")),
      type: "job.submitted",
      data: job,
      meta: { actor: "anonymous", correlation_id: first.body.job_id, causation_id: `schedule-${id}@2` },
    });
    const after = (await api.ask(`${ROUTE}/${id}`)).body;
    expect({ ...after, updated_at: before.updated_at }).toEqual(before);

    await api.ask(`${ROUTE}/${id}/pause`, { method: "POST" });
    const init = post({ ...request, job: { workflow: "other", payload: { n: 2 } } }, { "if-match": "*" });
    await api.ask(`${ROUTE}/${id}`, { ...init, method: "PUT" });
    const second = await run(id);
    const events = (await api.ask(`/api/v1/jobs/${second.body.job_id}/events`)).body.data;
    expect(events[0].data).toEqual({ workflow: "other", payload: { n: 2 } });
    expect((await api.ask(`${ROUTE}/${id}`)).body.status).toBe("paused");
    expect(await history(id)).toEqual([
      "schedule.created",
      "schedule.triggered",
      "schedule.paused",
      "schedule.updated",
      "schedule.triggered",
    ]);
  });

  test("with an Idempotency-Key runs once, however often and by however many it is requested", async () => {
    const id = await created();
    const answers = await Promise.all(Array.from({ length: 8 }, () => run(id, { "idempotency-key": "once" })));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(202));
    expect(new Set(answers.map(({ body }) => body.job_id)).size).toBe(1);
    expect(new Set(answers.map(({ headers }) => headers.get("levqor-position"))).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get("idempotency-replayed") === "true")).toHaveLength(7);
    const other = await run(id, { "idempotency-key": "twice" });
    expect(other.body.job_id).not.toBe(answers[0]?.body.job_id);
    expect(await history(id)).toEqual(["schedule.created", "schedule.triggered", "schedule.triggered"]);
  });

  test("is rejected for an unknown schedule, and while the queue is full", async () => {
    expect((await run(NONE)).body.error).toBe("schedule_not_found");
    const id = await created();
    await api.ask(`${ROUTE}/${id}`, { method: "DELETE" });
    expect((await run(id)).status).toBe(404);
    const full = await startApi({ max_queue_depth: 1 });
    try {
      const { schedule_id } = (await full.ask(ROUTE, post(request))).body;
      const runFull = (key: string) =>
        full.ask(`${ROUTE}/${schedule_id}/run`, { method: "POST", headers: { "idempotency-key": key } });
      const first = await runFull("a");
      expect(first.status).toBe(202);
      const second = await runFull("b");
      expect([second.status, second.body.error]).toEqual([429, "queue_full"]);
      expect(await runFull("a")).toMatchObject({ status: 202, body: first.body });
    } finally {
      await full.stop();
    }
  });
});

describe("reading", () => {
  test("lists the next runs, as many as requested", async () => {
    const id = await created({ cron: "30 6 * * MON", time_zone: "America/New_York" });
    const { data } = (await api.ask(`${ROUTE}/${id}/next?count=100`)).body;
    expect(data).toHaveLength(100);
    const local = new Intl.DateTimeFormat("en-GB", {
      timeZone: "America/New_York",
      weekday: "short",
      hour: "2-digit",
      minute: "2-digit",
    });
    expect(new Set(data.map((time: string) => local.format(Date.parse(time))))).toEqual(new Set(["Mon 06:30"]));
    expect((await api.ask(`${ROUTE}/${id}/next`)).body.data).toEqual(data.slice(0, 10));
    for (const count of ["0", "101", "x"]) {
      expect((await api.ask(`${ROUTE}/${id}/next?count=${count}`)).status).toBe(422);
    }
  });

  test("lists a hundred runs of the rarest expression, centuries ahead, and as many as there are", async () => {
    const id = await created({ cron: "0 0 29 2 +MON" });
    const { data } = (await api.ask(`${ROUTE}/${id}/next?count=100`)).body;
    expect(data).toHaveLength(100);
    for (const time of data) expect(time).toMatch(/^\d{4}-02-29T00:00:00\.000Z$/);
    expect(new Set(data.map((time: string) => new Date(time).getUTCDay()))).toEqual(new Set([1]));
  });

  test("lists in pages, newest first, by status, without deleted ones", async () => {
    const ids = [];
    for (const name of ["one", "two", "three"]) ids.unshift(await created({ name }));
    const paused = await created();
    await api.ask(`${ROUTE}/${paused}/pause`, { method: "POST" });
    const gone = await created();
    const { headers } = await api.ask(`${ROUTE}/${gone}`, { method: "DELETE" });
    const list = async (query: string) => {
      const headersToSend = { "levqor-min-position": headers.get("levqor-position") ?? "" };
      return (await api.ask(`${ROUTE}?${query}`, { headers: headersToSend })).body;
    };
    const all = (await list("limit=100")).data.map(({ schedule_id }: { schedule_id: string }) => schedule_id);
    expect(all.slice(0, 4)).toEqual([paused, ...ids]);
    expect(all).not.toContain(gone);
    const first = await list("limit=1&status=active");
    expect(first).toMatchObject({ data: [{ schedule_id: ids[0], name: "three" }], has_more: true });
    expect(first.data[0]).not.toContainAnyKeys(["job", "position", "version"]);
    const second = await list(`limit=1&status=active&cursor=${first.next_cursor}`);
    expect(second.data[0].schedule_id).toBe(ids[1]);
    expect((await list("status=paused")).data.map((row: { status: string }) => row.status)).toContain("paused");
    expect((await api.ask(`${ROUTE}?status=deleted`)).status).toBe(422);
    expect((await api.ask(`${ROUTE}?cursor=x`)).body.error).toBe("invalid_cursor");
  });

  test("shows the history in pages", async () => {
    const id = await created();
    await api.ask(`${ROUTE}/${id}/pause`, { method: "POST" });
    const first = (await api.ask(`${ROUTE}/${id}/events?limit=1`)).body;
    expect(first).toMatchObject({ data: [{ version: 1, type: "schedule.created" }], has_more: true });
    const second = (await api.ask(`${ROUTE}/${id}/events?limit=1&cursor=${first.next_cursor}`)).body;
    expect(second).toMatchObject({ data: [{ version: 2, type: "schedule.paused" }], has_more: false });
  });

  test("health shows how many are active, and that one is late that nobody fires", async () => {
    await api.ask(ROUTE, { headers: { "levqor-min-position": String(await api.log.head()) } });
    const before = (await api.ask("/api/v1/ops/health")).body.schedules;
    expect(before).toMatchObject({ ok: true, leader: null, lag_seconds: 0 });
    const schedule_id = Bun.randomUUIDv7();
    const data = { ...request, time_zone: "UTC", misfire_grace_seconds: 900, next_run_at: "2026-01-01T00:00:00.000Z" };
    const late = await api.log.append({
      stream_id: `schedule-${schedule_id}`,
      expected_version: 0,
      events: [{ type: "schedule.created", data }],
      meta: { actor: "test", correlation_id: schedule_id },
    });
    if (!late.ok) throw new Error("conflict");
    await api.ask(ROUTE, { headers: { "levqor-min-position": String(late.position) } });
    const after = (await api.ask("/api/v1/ops/health")).body;
    expect([after.ok, after.schedules.ok, after.schedules.active]).toEqual([false, false, before.active + 1]);
    expect(after.schedules.lag_seconds).toBeGreaterThan(10);
  });
});

test("every call needs a key if keys are configured", async () => {
  const key = "k".repeat(16);
  const closed = await startApi({ api_keys: [key] });
  try {
    const headers = { "x-api-key": key };
    const { body } = await closed.ask(ROUTE, post(request, headers));
    for (const [method, path] of [
      ["GET", ""],
      ["POST", ""],
      ["GET", `/${body.schedule_id}`],
      ["DELETE", `/${body.schedule_id}`],
      ["GET", `/${body.schedule_id}/next`],
      ["GET", `/${body.schedule_id}/events`],
      ["POST", `/${body.schedule_id}/pause`],
      ["POST", `/${body.schedule_id}/resume`],
    ]) {
      const answer = await closed.ask(`${ROUTE}${path}`, { method });
      expect([answer.status, answer.body.error]).toEqual([401, "unauthorized"]);
    }
    const [event] = await closed.log.readStream(`schedule-${body.schedule_id}`);
    expect(JSON.parse(event?.meta_json ?? "").actor).toStartWith("key:");
  } finally {
    await closed.stop();
  }
}, 30_000);
