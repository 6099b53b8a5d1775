import { afterAll, beforeAll, describe, expect, spyOn, test } from "bun:test";
import type { BulkFilter } from "../../../events/bulk.ts";
import { connect } from "../../../src/db/mod.ts";
import { EVERYTHING } from "../../../src/domain/reach.ts";
import { matches } from "../../../src/jobs/bulk/job_filter.ts";
import { JsonText } from "../../../src/json/mod.ts";
import { type Harness, post, startApi } from "../../http/harness.ts";
import { until } from "../../jobs/support.ts";

let api: Harness;
beforeAll(async () => {
  api = await startApi({ workflows: ["http"], timing: { read_model_wait_ms: 3_000 } });
});
afterAll(() => api.stop());

const complete = (job_id: string, result: object = { done: true }) =>
  api.ask(`/api/v1/_dev/complete/${job_id}`, post({ result }));
const status = async (job_id: string) => (await api.ask(`/api/v1/status/${job_id}`)).body;
/** Lists jobs as of a write. */
const list = async (query: string, position = 0) =>
  (await api.ask(`/api/v1/jobs${query}`, { headers: { "levqor-min-position": String(position) } })).body;

test("a job's result is written as it is stored, without decoding it", async () => {
  const { job_id } = await api.submit();
  const result = { list: Array(10_000).fill([]) };
  const completed = await complete(job_id, result);
  expect(completed.status).toBe(200);
  const headers = { "levqor-min-position": completed.headers.get("levqor-position") as string };
  const written = spyOn(JsonText.prototype, "toJSON");
  try {
    for (const path of [`/api/v1/status/${job_id}`, `/api/v1/jobs/${job_id}`]) {
      const answer = await api.ask(path, { headers });
      expect([path, answer.status, answer.body.error]).toEqual([path, 200, null]);
      expect(answer.body.result).toEqual(result);
    }
    expect(written).toHaveBeenCalled();
    expect(written.mock.results.filter(({ value }) => typeof value === "object")).toEqual([]);
  } finally {
    written.mockRestore();
  }
});

describe("GET /api/v1/status/:job_id", () => {
  test("responds right after the intake, whatever the read models do", async () => {
    const before = Math.floor(Date.now() / 1000);
    for (let i = 0; i < 20; i++) {
      const { job_id } = await api.submit();
      const job = await status(job_id);
      expect(job).toEqual({
        job_id,
        status: "queued",
        created_at: expect.any(Number),
        result: null,
        error: null,
        waiting_for: { reason: "worker", detail: expect.stringContaining("free worker") },
      });
      expect(job.created_at).toBeWithin(before - 1, before + 60);
      expect(Number.isInteger(job.created_at)).toBe(true);
    }
  });

  test("says why a job waits that nothing here can run", async () => {
    const { job_id } = await api.submit({ workflow: "translate" });
    const { waiting_for } = await status(job_id);
    expect(waiting_for.reason).toBe("worker");
    expect(waiting_for.detail).toContain('"translate"');
  });

  test("shows the result, and no reason to wait", async () => {
    const { job_id } = await api.submit();
    expect((await complete(job_id, { answer: 42 })).body).toEqual({ ok: true });
    expect(await status(job_id)).toEqual({
      job_id,
      status: "succeeded",
      created_at: expect.any(Number),
      result: { answer: 42 },
      error: null,
    });
  });

  test("shows the error of a failed job", async () => {
    const { job_id } = await api.submit();
    const error = { code: "teapot", message: "The service answered 418." };
    await api.log.append({
      stream_id: `job-${job_id}`,
      expected_version: 1,
      events: [{ type: "job.failed", data: { attempt: 0, error } }],
      meta: { actor: "system:test", correlation_id: job_id },
    });
    expect(await status(job_id)).toMatchObject({ status: "failed", result: null, error });
  });

  test("accepts an id in upper case, too", async () => {
    const { job_id } = await api.submit();
    expect((await status(job_id.toUpperCase())).job_id).toBe(job_id);
  });
});

describe("POST /api/v1/_dev/complete/:job_id", () => {
  test("a job is completed once", async () => {
    const { job_id } = await api.submit();
    expect((await complete(job_id)).status).toBe(200);
    const again = await complete(job_id);
    expect([again.status, again.body.error]).toEqual([409, "conflict"]);
  });

  test("a job must exist", async () => {
    expect((await complete("0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70")).body.error).toBe("job_not_found");
  });

  test("the result is an object", async () => {
    const { job_id } = await api.submit();
    const answer = await api.ask(`/api/v1/_dev/complete/${job_id}`, post({ result: 1 }));
    expect(answer.body.errors).toEqual([{ pointer: "/result", message: "must be an object" }]);
  });
});

describe("GET /api/v1/jobs", () => {
  test("pages from the newest to the oldest, each job once, while others come in", async () => {
    const submitted: string[] = [];
    let position = 0;
    for (let i = 0; i < 7; i++) {
      const job = await api.submit({ workflow: "paged" });
      submitted.unshift(job.job_id);
      position = job.position;
    }
    const seen: string[] = [];
    let cursor = "";
    for (let pages = 1; ; pages++) {
      const page = await list(`?workflow=paged&limit=3${cursor}`, position);
      seen.push(...page.data.map((job: { job_id: string }) => job.job_id));
      expect(page.has_more).toBe(page.next_cursor !== null);
      if (!page.has_more) {
        expect(pages).toBe(3);
        break;
      }
      expect(page.data).toHaveLength(3);
      cursor = `&cursor=${page.next_cursor}`;
      await api.submit({ workflow: "paged" });
    }
    expect(seen).toEqual(submitted);
  });

  test("accepts every time of RFC 3339 within the stated range, and rejects others with the reason", async () => {
    const ask = (name: string, time: string) => api.ask(`/api/v1/jobs?${name}=${encodeURIComponent(time)}`);
    for (const name of ["created_after", "created_before"]) {
      for (const time of [
        "2026-01-15t09:30:00z",
        "2026-01-15T09:30:00+23:59",
        "2026-01-15T09:30:00-23:59",
        `2026-01-15T09:30:00.${"9".repeat(300)}Z`,
        "1970-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999Z",
      ]) {
        expect({ time, status: (await ask(name, time)).status }).toEqual({ time, status: 200 });
      }
      for (const time of ["2026-02-30T00:00:00Z", "9999-12-31T23:59:59-14:00", "0000-01-01T00:00:00Z", "banana"]) {
        const { status, body } = await ask(name, time);
        expect([time, status, body.errors[0].pointer]).toEqual([time, 422, `?${name}`]);
      }
    }
  });

  test("shows what a job is and why it waits", async () => {
    const { job_id, position } = await api.submit({ workflow: "nobody", priority: "high" });
    const { data } = await list("?limit=1", position);
    expect(data).toEqual([
      {
        job_id,
        workflow: "nobody",
        status: "queued",
        priority: "high",
        concurrency_key: null,
        origin_job_id: null,
        attempt: 0,
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/),
        updated_at: expect.any(String),
        started_at: null,
        finished_at: null,
        error_code: null,
        waiting_for: { reason: "worker", detail: expect.any(String) },
      },
    ]);
  });

  test("filters by status, workflow and time", async () => {
    const first = await api.submit({ workflow: "filtered" });
    const second = await api.submit({ workflow: "filtered" });
    const done = await complete(first.job_id);
    const position = Number(done.headers.get("levqor-position"));
    const ids = async (query: string) =>
      (await list(`?workflow=filtered${query}`, position)).data.map((job: { job_id: string }) => job.job_id);
    expect(await ids("")).toEqual([second.job_id, first.job_id]);
    expect(await ids("&status=succeeded")).toEqual([first.job_id]);
    expect(await ids("&status=queued")).toEqual([second.job_id]);
    expect(await ids("&status=cancelled")).toEqual([]);
    const { created_at } = (await list("?workflow=filtered&limit=1", position)).data[0];
    expect(await ids(`&created_after=${created_at}`)).toEqual([second.job_id]);
    expect(await ids(`&created_before=${created_at}`)).toEqual([first.job_id]);
    expect(await ids("&created_before=2001-01-01T00:00:00%2B02:00")).toEqual([]);
  });

  test("a write is visible to a client that sends its position", async () => {
    for (let i = 0; i < 20; i++) {
      const { job_id, position } = await api.submit();
      expect((await list("?limit=1", position)).data[0].job_id).toBe(job_id);
    }
  });

  test("a position beyond the log's end is rejected by every list at once", async () => {
    const lists = ["jobs", "schedules", "keys", "pipelines", "workflows/limits", "incidents"];
    const answers = await Promise.all(
      lists.map((list) => api.ask(`/api/v1/${list}`, { headers: { "levqor-min-position": "999999999" } })),
    );
    for (const { status, body } of answers) {
      expect([status, body.error]).toEqual([400, "invalid_cursor"]);
      expect(body.detail).toBe("No event has the position 999999999: it is beyond the end of the log.");
    }
  });

  test("a position that the read model does not reach in time is 503, to be retried", async () => {
    const behind = await startApi({ timing: { read_model_wait_ms: 50 } });
    try {
      const { job_id } = await behind.submit();
      // Its read model stops here.
      const poison = await behind.log.append({
        stream_id: `job-${job_id}`,
        expected_version: 1,
        events: [{ type: "job.submitted", data: { workflow: "again", payload: {} } }],
        meta: { actor: "system:test", correlation_id: job_id },
      });
      const headers = { "levqor-min-position": String(poison.ok && poison.position) };
      const answer = await behind.ask("/api/v1/jobs", { headers });
      expect([answer.status, answer.body.error]).toEqual([503, "read_model_behind"]);
      expect(answer.headers.get("retry-after")).toBe("1");
    } finally {
      await behind.stop();
    }
  });

  test("a filter that no job can match reads none", async () => {
    const time = "2026-01-01T00:00:00Z";
    const filters: BulkFilter[] = [
      { status: "succeeded", error_code: "timeout" },
      { status: "cancelled", error_code: "timeout" },
      { created_after: time, created_before: time },
      { created_after: "2026-01-01T01:00:00+01:00", created_before: time },
      { created_after: "2027-01-01T00:00:00Z", created_before: time },
    ];
    await list("");
    for (const filter of filters) {
      const rows = await api.sql<{ "QUERY PLAN": string }[]>`
        explain select from levqor_read.jobs where true ${matches(api.sql, filter, EVERYTHING)}`;
      expect(rows.map((row) => row["QUERY PLAN"]).join()).toContain("One-Time Filter: false");
    }
    expect((await list("?status=succeeded&error_code=timeout")).data).toEqual([]);
  });

  test("filtered lists are read in turn, one at a time for each caller; the list of all waits for none", async () => {
    // Connections of its own: those of the service may all wait for the table.
    const sql = connect(api.database_url, { max: 2 });
    const waiting = async () => {
      const [row] = await sql<{ count: number }[]>`
        select count(*)::int from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and query like '%levqor_read.jobs%order by position%'`;
      return row?.count;
    };
    await list("");
    let asked: Promise<unknown>[] = [];
    await sql.begin(async (locked) => {
      await locked.unsafe("lock table levqor_read.jobs in access exclusive mode");
      asked = Array.from({ length: 10 }, () => list("?workflow=nobody_runs_this"));
      await until(async () => (await waiting()) === 1, { what: "one of them to be read" });
      await Bun.sleep(300);
      expect(await waiting()).toBe(1);
      asked.push(list(""));
      await until(async () => (await waiting()) === 2, { what: "the list of all to be read" });
    });
    await Promise.all(asked);
    await sql.end();
  }, 60_000);

  test("a cursor of another list is rejected, and so is an impossible one", async () => {
    const { job_id } = await api.submit();
    await api.submit();
    const cursorOf = (text: string) => Buffer.from(text).toString("base64url");
    const { next_cursor } = (await api.ask("/api/v1/jobs?limit=1")).body;
    const paths = {
      jobs: "/api/v1/jobs",
      job_events: `/api/v1/jobs/${job_id}/events`,
      callbacks: `/api/v1/jobs/${job_id}/callbacks`,
      schedules: "/api/v1/schedules",
      pipelines: "/api/v1/pipelines",
      keys: "/api/v1/keys",
      incidents: "/api/v1/incidents",
      workflow_limits: "/api/v1/workflows/limits",
    };
    for (const [list, path] of Object.entries(paths)) {
      const made = [
        "",
        ":",
        `${list}:`,
        `${list}:-1`,
        `${list}:01`,
        `${list}:1:1`,
        `${list}:9007199254740992`,
        `x${list}:1`,
      ];
      if (path.endsWith("events")) made.push(`${list}:2147483648`);
      const cursors = [...made.map(cursorOf), "YWJj=", "%00", next_cursor.slice(0, -1), `${next_cursor}A`];
      if (list !== "jobs") cursors.push(next_cursor);
      for (const cursor of cursors) {
        const { status, body } = await api.ask(`${path}?cursor=${cursor}`);
        expect([status, body.error, path, cursor]).toEqual([400, "invalid_cursor", path, cursor]);
      }
    }
  });

  test("an invented cursor or position is rejected", async () => {
    for (const cursor of ["", "abc", "1", "YzE", "am9iczox=", "%00"]) {
      expect((await api.ask(`/api/v1/jobs?cursor=${cursor}`)).body.error).toBe("invalid_cursor");
    }
    for (const position of ["-1", "1.5", "x", "9999999999999999"]) {
      const answer = await api.ask("/api/v1/jobs", { headers: { "levqor-min-position": position } });
      expect(answer.body.error).toBe("invalid_cursor");
    }
  });
});

describe("GET /api/v1/jobs/:job_id/events", () => {
  test("returns the job's history, as it was recorded", async () => {
    const { job_id, position } = await api.submit({ payload: { a: 1 } }, { "x-request-id": "r-1" });
    await complete(job_id);
    const { body } = await api.ask(`/api/v1/jobs/${job_id}/events`);
    expect(body).toEqual({
      data: [
        {
          position,
          version: 1,
          type: "job.submitted",
          data: { workflow: "http", payload: { a: 1 } },
          meta: { actor: "anonymous", correlation_id: job_id, request_id: "r-1" },
          recorded_at: expect.stringMatching(/Z$/),
        },
        expect.objectContaining({ version: 2, type: "job.succeeded", data: { attempt: 0, result: { done: true } } }),
      ],
      has_more: false,
      next_cursor: null,
    });
  });

  test("in pages", async () => {
    const { job_id } = await api.submit();
    await complete(job_id);
    const first = (await api.ask(`/api/v1/jobs/${job_id}/events?limit=1`)).body;
    expect([first.data.length, first.data[0].version, first.has_more]).toEqual([1, 1, true]);
    const second = (await api.ask(`/api/v1/jobs/${job_id}/events?limit=1&cursor=${first.next_cursor}`)).body;
    expect([second.data.length, second.data[0].version, second.has_more, second.next_cursor]).toEqual([
      1,
      2,
      false,
      null,
    ]);
  });

  test("for an existing job", async () => {
    const answer = await api.ask("/api/v1/jobs/0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70/events");
    expect([answer.status, answer.body.error]).toEqual([404, "job_not_found"]);
  });
});

test("a list in the service's first moments waits for its read model", async () => {
  const young = await startApi();
  const answer = await young.ask("/api/v1/jobs");
  expect([answer.status, answer.body]).toEqual([200, { data: [], has_more: false, next_cursor: null }]);
  expect((await young.ask("/public/metrics")).status).toBe(200);
  await young.stop();
});
