/** The log as auditors meet it: the whole of it, filtered, exported, and live. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { jobStream } from "../../../events/job.ts";
import { categories } from "../../../events/mod.ts";
import { type Answer, type Harness, post, startApi } from "../../http/harness.ts";
import { openSse } from "../../http/sse_client.ts";

const OPERATOR = "the-operators-own-key-for-audits";
const operator = { "x-api-key": OPERATOR };
const ROUTE = "/api/v1/events";

let api: Harness;
let auditor: Record<string, string>;
const jobs: string[] = [];

beforeAll(async () => {
  api = await startApi({ api_keys: [OPERATOR], scan_positions: 5, timing: { heartbeat_ms: 200 } });
  const made = await api.ask("/api/v1/keys", post({ name: "Auditor", scopes: ["audit:read"] }, operator));
  auditor = { "x-api-key": made.body.key };
  for (let i = 0; i < 3; i++) {
    const headers = { ...operator, "x-request-id": `=audit-${i}` };
    jobs.push((await api.submit({ payload: { i, text: 'a,"b"\nc' } }, headers)).job_id);
  }
  await api.ask(`/api/v1/jobs/${jobs[0]}/cancel`, post({}, operator));
});
afterAll(() => api.stop());

const read = (query = "", path = ROUTE): Promise<Answer> => api.ask(`${path}${query}`, { headers: auditor });

/** All pages of a list. */
async function all(query: string, limit = 2) {
  const events: Answer["body"][] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const { status, body } = await read(`?limit=${limit}${query}${cursor && `&cursor=${cursor}`}`);
    expect(status).toBe(200);
    expect(body.data.length).toBeLessThanOrEqual(limit);
    events.push(...body.data);
    cursor = body.next_cursor;
    expect(body.has_more).toBe(cursor !== null);
  }
  return events;
}
const idsOf = (events: { event_id: string }[]) => events.map(({ event_id }) => event_id);

describe("the list", () => {
  test("has every event of the log once, in order, as it was recorded", async () => {
    const events = await all("");
    const stored = await api.log.readRange(0, 1_000);
    expect(events.map(({ position }) => position)).toEqual(stored.map(({ position }) => position));
    for (const [i, event] of events.entries()) {
      const { stream_id, version, type, schema_version, data_json, meta_json, recorded_at } = stored[i] as never as {
        [name: string]: string;
      };
      expect(event).toEqual({
        event_id: `${stream_id}@${version}`,
        ...{ position: event.position, stream_id, version, type, schema_version, recorded_at },
        data: JSON.parse(data_json as string),
        meta: JSON.parse(meta_json as string),
      });
    }
  });

  test.each([
    ["types", () => "&types=job.cancelled,key.created", () => /^(job|key)-/],
    ["a category", () => "&category=key", () => /^key-/],
    ["a stream", () => `&stream=${jobStream(jobs[1] as string)}`, () => new RegExp(jobs[1] as string)],
    ["a request", () => "&request_id=%3Daudit-2", () => new RegExp(jobs[2] as string)],
  ])("has only what matches %s", async (_, query, fits) => {
    const [found, everything] = [await all(query(), 1), await all("", 100)];
    expect(found.length).toBeGreaterThan(0);
    expect(found.length).toBeLessThan(everything.length);
    for (const { stream_id } of found) expect(stream_id).toMatch(fits());
  });

  test("shows what belongs to an account, and what has data of a subject", async () => {
    const theirs = "org:0197a1f2-4a6b-7c1d-8e2f-3a4b5c6d7e8f";
    const { job_id } = await api.submit({ subject: "customer-42" }, { ...operator, "levqor-account": theirs });
    const [{ event_id, meta }, ...others] = await all(`&account=${theirs}`, 100);
    expect([event_id, others]).toEqual([`job-${job_id}@1`, []]);
    expect(idsOf(await all(`&subject=${meta.subject}`, 100))).toEqual([event_id]);
    const ours = await all("&account=operator", 100);
    expect(ours.length).toBeGreaterThan(0);
    expect(idsOf(ours)).not.toContain(event_id);
  });

  test("shows what an actor did, and what happened in a period", async () => {
    const everything = await all("", 100);
    const [{ meta }] = everything.filter(({ type }) => type === "job.submitted");
    const theirs = everything.filter((event) => event.meta.actor === meta.actor);
    expect(idsOf(await all(`&actor=${meta.actor}`, 100))).toEqual(idsOf(theirs));
    const from = everything[1].recorded_at;
    const until = everything.at(-1).recorded_at;
    const within = everything.filter(({ recorded_at }) => recorded_at >= from && recorded_at < until);
    expect(idsOf(await all(`&from=${from}&until=${until}`, 100))).toEqual(idsOf(within));
  });

  test.each(["+15:59", "+16:00", "-16:00", "+23:59", "-23:59"])("reads a time with the offset %s", async (offset) => {
    const [first, , , last] = await all("", 100);
    const local = (time: string) => {
      const [sign, hours, minutes] = [offset.startsWith("-") ? -1 : 1, offset.slice(1, 3), offset.slice(4)];
      const shifted = Temporal.Instant.from(time).add({ minutes: sign * (60 * Number(hours) + Number(minutes)) });
      return encodeURIComponent(shifted.toString().replace("Z", offset));
    };
    const period = `from=${local(first.recorded_at)}&until=${local(last.recorded_at)}`;
    const within = (await all("", 100)).filter(({ recorded_at }) => {
      return recorded_at >= first.recorded_at && recorded_at < last.recorded_at;
    });
    expect(idsOf(await all(`&${period}`, 100))).toEqual(idsOf(within));
    const { text } = await read(`/export?${period}`);
    expect(
      idsOf(
        text
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line)),
      ),
    ).toEqual(idsOf(within));
  });

  test("has short pages, and continues, if a filter matches little", async () => {
    const stream_id = `service-${crypto.randomUUID()}`;
    const events = Array.from({ length: 60 }, () => ({ type: "service.heartbeat", data: {} }) as const);
    const meta = { actor: "system:test", correlation_id: stream_id };
    await api.log.append({ stream_id, expected_version: 0, events, meta });
    const before = await all("&types=job.submitted", 100);
    const last = await api.submit({}, operator);
    const first = await read("?types=job.submitted&limit=10");
    expect([idsOf(first.body.data), first.body.has_more]).toEqual([idsOf(before), true]);
    const next = await read(`?types=job.submitted&limit=10&cursor=${first.body.next_cursor}`);
    expect(idsOf(next.body.data)).toEqual([`${jobStream(last.job_id)}@1`]);
    expect(next.body.has_more).toBe(false);
  });

  test.each([
    ["?from=yesterday", "?from", ""],
    ["?from=2026-01-16T00:00:00Z&until=2026-01-16T00:00:00Z", "?until", "must be later than from"],
    ["?actr=me", "?actr", "is not supported here"],
    ["?actor=%00", "?actor", "must not contain control characters"],
    ["?cursor=ZXZlbnRzOjE&after=1", "?after", "must be absent with cursor"],
  ])("rejects %s", async (query, pointer, message) => {
    const { status, body } = await read(query);
    expect([status, body.error]).toEqual([422, "validation_failed"]);
    expect(body.errors).toEqual([{ pointer, message: expect.stringContaining(message) }]);
  });

  test("begins after a position", async () => {
    const everything = await all("", 100);
    const { position } = everything[2];
    const first = (await read(`?after=${position}&limit=2`)).body;
    expect(idsOf(first.data)).toEqual(idsOf(everything.slice(3, 5)));
    const rest = (await read(`?cursor=${first.next_cursor}&limit=100`)).body;
    expect(rest.data.length).toBeGreaterThan(0);
    expect(idsOf(rest.data)).toEqual(idsOf(everything.slice(5, 5 + rest.data.length)));
    expect((await read(`?after=${everything.at(-1).position}`)).body).toEqual({
      data: [],
      has_more: false,
      next_cursor: null,
    });
  });

  test.each(["9999999999", "99999999999999999999"])("beyond the log's end, at %s, is rejected", async (after) => {
    const { status, body } = await read(`?after=${after}`);
    expect([status, body.error]).toEqual([400, "invalid_cursor"]);
  });
});

describe.each(["", "/stream", "/export"])("%s rejects what no event can have:", (path) => {
  test.each([
    [
      "types=job.cancelled,job.submited",
      "?types",
      'separated by commas; "job.submited" is not one of them: /docs/events',
    ],
    ["category=nope", "?category", `must be one of ${categories.slice(0, 4).join(", ")}, `],
    ["category=job-", "?category", "must be one of "],
    ["stream=nope", "?stream", "must be a category, a hyphen and an id"],
    ["stream=nope-1", "?stream", "must be a category, a hyphen and an id"],
    ["stream=job-", "?stream", "must be a category, a hyphen and an id"],
    ["stream=job-%00", "?stream", "must be a category, a hyphen and an id"],
  ])("%s", async (query, pointer, message) => {
    const { status, body } = await read(`${path}?${query}`, ROUTE);
    expect([status, body.error]).toEqual([422, "validation_failed"]);
    expect(body.errors).toEqual([{ pointer, message: expect.stringContaining(message) }]);
  });
});

test("every stream belongs to a category of the catalogue", async () => {
  for (const { stream_id, type } of await all("", 100)) {
    const category = stream_id.slice(0, stream_id.indexOf("-"));
    expect([category, categories]).toEqual([type.slice(0, type.indexOf(".")), expect.arrayContaining([category])]);
  }
});

describe("one event", () => {
  test("is read by its id", async () => {
    const event_id = `${jobStream(jobs[0] as string)}@2`;
    const { status, body } = await read("", `${ROUTE}/${event_id}`);
    expect([status, body.event_id, body.type]).toEqual([200, event_id, "job.cancelled"]);
  });

  test.each(["job-@1", "nothing", "job-1@0", "job-1@99999999999", "@1", "job-%00@1", `${"a".repeat(400)}@1`])(
    "%s is not an id",
    async (id) => {
      const { status, body } = await read("", `${ROUTE}/${id}`);
      expect([status, body.error]).toEqual([404, "event_not_found"]);
    },
  );
});

describe("the stream", () => {
  test("continues after a position, with what matches, as it happens", async () => {
    const head = await api.log.head();
    const client = await openSse(`${api.url}${ROUTE}/stream?after=${head}&category=job`, auditor);
    await api.ask("/api/v1/keys", post({ name: "Beside it", scopes: ["jobs:read"] }, operator));
    const { job_id, position } = await api.submit({}, operator);
    const [frame] = await client.take(1);
    expect(frame).toMatchObject({ id: position, event: "job.submitted", data: { event_id: `${jobStream(job_id)}@1` } });
    await client.close();
  });

  test("begins with what happens from now on, and after Last-Event-ID", async () => {
    const head = await api.log.head();
    const client = await openSse(`${api.url}${ROUTE}/stream?actor=nobody`, auditor);
    const resumed = await openSse(`${api.url}${ROUTE}/stream?after=0`, {
      ...auditor,
      "last-event-id": String(head - 1),
    });
    expect(await resumed.take(1)).toMatchObject([{ id: head }]);
    await Promise.all([client.close(), resumed.close()]);
  });

  test("of a position beyond the log's end is rejected", async () => {
    const { status, body } = await read("/stream?after=9999999999", ROUTE);
    expect([status, body.error]).toEqual([400, "invalid_cursor"]);
  });
});

describe("an export", () => {
  const lines = (text: string) =>
    text
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));

  test("is the log up to its head, one event per line", async () => {
    const head = await api.log.head();
    const { headers, text } = await read("/export?category=job", ROUTE);
    expect(headers.get("levqor-position")).toBe(String(head));
    expect(headers.get("content-disposition")).toBe(`attachment; filename="levqor-events-${head}.ndjson"`);
    expect(headers.get("content-type")).toBe("application/x-ndjson");
    expect(lines(text)).toEqual(await all("&category=job", 100));
  });

  test("reports progress on request, and that it is finished", async () => {
    const head = await api.log.head();
    const found = lines((await read("/export?types=job.cancelled&progress=true", ROUTE)).text);
    const progress = found.filter((line) => "progress" in line).map((line) => line.progress);
    expect(progress.length).toBeGreaterThan(10);
    expect(progress.map(({ position }) => position)).toEqual(
      progress.map(({ position }) => position).toSorted((a, b) => a - b),
    );
    expect(progress.at(-1)).toEqual({ position: head, until: head, events: 1, finished: true });
  });

  test("continues after a position", async () => {
    const [first, ...rest] = await all("&category=job", 100);
    const { text } = await read(`/export?category=job&after=${first.position}`, ROUTE);
    expect(idsOf(lines(text))).toEqual(idsOf(rest));
  });

  test("is a table for spreadsheets, in which no text runs as a formula", async () => {
    const { headers, text } = await read("/export?format=csv&types=job.submitted&request_id=%3Daudit-0", ROUTE);
    expect(headers.get("content-type")).toBe("text/csv; charset=utf-8");
    const [head, row = "", end] = text.split("\r\n");
    expect(head).toBe(
      "position,event_id,stream_id,version,type,schema_version,recorded_at,actor,account,request_id,correlation_id,causation_id,data,meta",
    );
    expect(row).toContain(",'=audit-0,");
    expect(row).toContain('""text"":""a,\\""b\\""\\nc""');
    expect(end).toBe("");
  });

  test("is empty if nothing matches, except for a table's header", async () => {
    expect((await read("/export?actor=nobody", ROUTE)).text).toBe("");
    expect((await read("/export?actor=nobody&format=csv", ROUTE)).text).toMatch(/^position,[^\n]*\r\n$/);
  });

  test.each([
    ["/export?format=xml", 422, "validation_failed"],
    ["/export?format=csv&progress=true", 422, "validation_failed"],
    ["/export?after=9999999999", 400, "invalid_cursor"],
    ["/export?after=99999999999999999999", 400, "invalid_cursor"],
  ])("%s is rejected", async (path, status, error) => {
    const answer = await read(path, ROUTE);
    expect([answer.status, answer.body.error]).toEqual([status, error]);
  });
});

test("only callers with the scope, not limited to some workflows, can read the log", async () => {
  const made = await api.ask("/api/v1/keys", post({ name: "Reader", scopes: ["jobs:read"] }, operator));
  const reader = { "x-api-key": made.body.key };
  for (const path of ["", "/stream", "/export", "/job-1@1"]) {
    const { status, body } = await api.ask(ROUTE + path, { headers: reader });
    expect([path, status, body.required_scope]).toEqual([path, 403, "audit:read"]);
  }
});
