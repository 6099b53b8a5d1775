// Slow: bulk operations work through hundreds of jobs, are interrupted, and continue.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { EVERYTHING } from "../../../src/domain/reach.ts";
import { runBulk } from "../../../src/jobs/bulk/bulk.ts";
import { commandJob } from "../../../src/jobs/mod.ts";
import { type Harness, type HarnessOptions, post, startApi } from "../../http/harness.ts";
import { appendUnchecked } from "../../support/events.ts";

const meta = { actor: "worker:w", correlation_id: "test" };

let api: Harness;
async function start(options: HarnessOptions = {}): Promise<void> {
  api = await startApi(options);
}
afterEach(() => api.stop());

// an external client knows no types.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Line = any;

interface BulkAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly lines: Line[];
}

async function bulk(action: "cancel" | "replay", body: object, key?: string): Promise<BulkAnswer> {
  const headers: Record<string, string> = key === undefined ? {} : { "idempotency-key": key };
  const { status, headers: answered, text } = await api.ask(`/api/v1/jobs/${action}`, post(body, headers));
  return {
    status,
    headers: answered,
    lines: text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  };
}

const submitMany = (count: number, body: object) => Promise.all(Array.from({ length: count }, () => api.submit(body)));

const NO = { message: "No." };

/** Jobs that have failed, and took no place in the queue. */
async function failed(count: number, { workflow, code = "card_declined" }: { workflow: string; code?: string }) {
  const ids = Array.from({ length: count }, () => Bun.randomUUIDv7());
  const events = [
    { type: "job.submitted", data: { workflow, payload: {} } },
    { type: "job.failed", data: { attempt: 0, error: { code, ...NO } } },
  ];
  await Promise.all(ids.map((id) => api.log.append({ stream_id: `job-${id}`, expected_version: 0, events, meta })));
  return ids;
}

/** How many jobs a list's query finds, as the read model has it now. */
async function count(query: string): Promise<number> {
  const position = String(await api.log.head());
  let found = 0;
  for (let cursor = ""; ; ) {
    const path = `/api/v1/jobs?limit=100&${query}${cursor}`;
    const { body } = await api.ask(path, { headers: { "levqor-min-position": position } });
    found += body.data.length;
    if (!body.has_more) return found;
    cursor = `&cursor=${body.next_cursor}`;
  }
}

describe("POST /api/v1/jobs/cancel", () => {
  beforeEach(() => start());

  test("skips an unreadable job, and counts it", async () => {
    await submitMany(2, { workflow: "wanted" });
    const id = Bun.randomUUIDv7();
    const events = [
      { type: "job.submitted", data: { workflow: "wanted", payload: {} } },
      { type: "job.step_reused", data: null },
    ];
    await appendUnchecked(api.sql, `job-${id}`, events);
    const { lines } = await bulk("cancel", { filter: { workflow: "wanted" } });
    expect(lines.at(-1)).toMatchObject({ type: "finished", matched: 3, changed: 2, unchanged: 0, failed: 1 });
  });

  test("cancels unfinished jobs that match the filter, reports progress, and leaves the rest alone", async () => {
    const wanted = await submitMany(250, { workflow: "wanted" });
    const [running] = wanted;
    const claim = { type: "start", worker: "w", lease_seconds: 60 } as const;
    await commandJob(api.log, { reach: EVERYTHING, job_id: running?.job_id as string, command: claim, meta });
    await submitMany(3, { workflow: "other" });
    await failed(2, { workflow: "wanted" });
    const { status, headers, lines } = await bulk("cancel", { filter: { workflow: "wanted" }, reason: "Spam." });
    expect([status, headers.get("content-type")]).toEqual([200, "application/x-ndjson"]);
    expect(lines.map(({ type, changed }) => [type, changed])).toEqual([
      ["started", 0],
      ["progress", 100],
      ["progress", 200],
      ["finished", 250],
    ]);
    const { operation_id } = lines[0];
    expect(lines.at(-1)).toEqual({
      operation_id,
      type: "finished",
      matched: 250,
      changed: 250,
      unchanged: 0,
      failed: 0,
    });
    expect(await count("workflow=wanted&status=cancelled")).toBe(250);
    expect(await count("workflow=wanted&status=failed")).toBe(2);
    expect(await count("workflow=other&status=queued")).toBe(3);
    const last = (await api.log.readStream(`job-${running?.job_id}`)).at(-1);
    expect(JSON.parse(last?.data_json as string)).toEqual({ attempt: 1, reason: "Spam." });
    expect(JSON.parse(last?.meta_json as string)).toMatchObject({
      actor: "anonymous",
      causation_id: `bulk-${operation_id}@1`,
    });
    const operation = await api.log.readStream(`bulk-${operation_id}`);
    expect(operation.map(({ type, data_json }) => [type, JSON.parse(data_json)])).toEqual([
      [
        "bulk.started",
        { action: "cancel", filter: { workflow: "wanted" }, reason: "Spam.", until_position: expect.any(Number) },
      ],
      ["bulk.finished", { matched: 250, changed: 250, unchanged: 0, failed: 0 }],
    ]);
  });

  test("only counts, and changes nothing, in a dry run", async () => {
    await submitMany(4, { workflow: "wanted" });
    const head = await api.log.head();
    const { lines } = await bulk("cancel", { filter: { workflow: "wanted" }, dry_run: true });
    expect(lines).toEqual([{ type: "counted", matched: 4 }]);
    expect(await api.log.head()).toBe(head);
  });

  test.each([
    [{}, "/filter"],
    [{ filter: {} }, "/filter"],
    [{ filter: { status: "failed" } }, "/filter/status"],
    [{ filter: { payload: 1 } }, "/filter/payload"],
    [{ filter: { created_after: "yesterday" } }, "/filter/created_after"],
  ])("rejects %j", async (body, pointer) => {
    const { status, lines } = await bulk("cancel", body);
    expect([status, lines[0].error, lines[0].errors[0].pointer]).toEqual([422, "validation_failed", pointer]);
  });
});

describe("POST /api/v1/jobs/replay", () => {
  test("replays failed jobs, each once, however often the operation is repeated", async () => {
    await start();
    const origins = await failed(120, { workflow: "wanted" });
    await failed(2, { workflow: "wanted", code: "other" });
    const filter = { workflow: "wanted", error_code: "card_declined" };
    expect((await bulk("replay", { filter, dry_run: true })).lines).toEqual([{ type: "counted", matched: 120 }]);
    const first = await bulk("replay", { filter }, "again-1");
    expect(first.lines.at(-1)).toMatchObject({ type: "finished", matched: 120, changed: 120, unchanged: 0 });
    const replays = await api.ask("/api/v1/jobs?workflow=wanted&status=queued&limit=100");
    for (const { origin_job_id } of replays.body.data) expect(origins).toContain(origin_job_id);

    const again = await bulk("replay", { filter }, "again-1");
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(again.lines).toEqual([first.lines.at(-1)]);
    expect(await count("workflow=wanted&status=queued")).toBe(120);
    const other = await bulk("replay", { filter: { workflow: "other" } }, "again-1");
    expect([other.status, other.lines[0].error]).toEqual([422, "idempotency_key_reused"]);
    // Another operation is another request.
    await bulk("replay", { filter }, "again-2");
    expect(await count("workflow=wanted&status=queued")).toBe(240);
  });

  test("that is interrupted replays no job twice when it is resumed, not even its own replays", async () => {
    // The first page fills the queue: there it waits.
    await start({ max_queue_depth: 50 });
    const origins = await failed(150, { workflow: "wanted" });
    const filter = { workflow: "wanted" };
    const breakOff = new AbortController();
    const answer = await fetch(`${api.url}/api/v1/jobs/replay`, {
      ...post({ filter }, { "idempotency-key": "resumed" }),
      signal: breakOff.signal,
    });
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    for (let text = ""; !text.includes('"waiting"'); ) {
      const { done, value } = await reader.read();
      if (done) throw new Error(`It did not wait: ${text}`);
      text += new TextDecoder().decode(value);
    }
    breakOff.abort();
    await reader.closed.catch(() => {});
    const made = await api.ask("/api/v1/jobs?workflow=wanted&status=queued&limit=100", {
      headers: { "levqor-min-position": String(await api.log.head()) },
    });
    expect(made.body.data).toHaveLength(100);
    // What it has made runs, and fails in its turn.
    const fail = { type: "fail", attempt: "any", error: { code: "card_declined", ...NO } } as const;
    for (const { job_id } of made.body.data)
      await commandJob(api.log, { reach: EVERYTHING, job_id, command: fail, meta });
    const { lines } = await bulk("replay", { filter }, "resumed");
    expect(lines.at(-1)).toMatchObject({ type: "finished", matched: 150, changed: 50, unchanged: 100 });
    expect(await count("workflow=wanted")).toBe(300);
    for (const origin of origins.slice(90, 110)) expect(await count(`origin_job_id=${origin}`)).toBe(1);
  }, 60_000);

  test.each([
    ["cancel", 20],
    ["replay", 5],
  ] as const)("search for jobs in turn, and act on a limited number at once: %s", async (action, most) => {
    await start();
    if (action === "cancel") await submitMany(45, { workflow: "wanted" });
    else await failed(45, { workflow: "wanted" });
    await count("workflow=wanted");
    const told: string[] = [];
    const turn =
      (kind: string) =>
      async <Result>(work: () => Promise<Result>) => {
        told.push(kind);
        const result = await work();
        if (Array.isArray(result) && kind === "command") {
          expect(result.every((outcome) => outcome === "changed")).toBe(true);
          expect(result.length).toBeLessThanOrEqual(most);
        }
        return result;
      };
    const { signal } = new AbortController();
    const enter = <Result>(record: () => Promise<Result>) => record();
    const turns = { match: turn("match"), command: turn("command") };
    const options = { log: api.log, sql: api.sql, queue: { full: false, enter }, turns, signal };
    const filter = { workflow: "wanted" };
    const operation = { operation_id: Bun.randomUUIDv7(), action, filter, reach: EVERYTHING, meta };
    const until_position = await api.log.head();
    const lines = [];
    for await (const line of runBulk(options, { ...operation, until_position })) lines.push(line);
    expect(lines.at(-1)).toMatchObject({ type: "finished", changed: 45 });
    // It counts them, and finds all at once.
    expect(told).toEqual(["match", "match", ...Array.from({ length: Math.ceil(45 / most) }, () => "command")]);
  });

  test("waits while the queue is full, and continues when there is room", async () => {
    await start({ max_queue_depth: 4 });
    const origins = await failed(2, { workflow: "wanted" });
    const blocking = await submitMany(4, { workflow: "blocking" });
    const answer = await fetch(`${api.url}/api/v1/jobs/replay`, post({ filter: { workflow: "wanted" } }));
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of answer.body as ReadableStream<Uint8Array>) {
      const waited = text.includes('"waiting"');
      text += decoder.decode(chunk, { stream: true });
      if (!waited && text.includes('"waiting"')) {
        for (const { job_id } of blocking.slice(0, 3)) {
          await commandJob(api.log, { reach: EVERYTHING, job_id, command: { type: "cancel" }, meta });
        }
      }
    }
    const lines = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.at(-1)).toMatchObject({ type: "finished", changed: origins.length });
  }, 60_000);

  test("says so if the service stops, and continues at the next one", async () => {
    await start();
    await failed(2, { workflow: "wanted" });
    api.shutDown();
    const { lines } = await bulk("replay", { filter: { workflow: "wanted" } }, "stopped");
    expect(lines.at(-1)).toMatchObject({ type: "interrupted", error: "unavailable" });
    expect(await count("workflow=wanted&status=queued")).toBe(0);
  });
});
