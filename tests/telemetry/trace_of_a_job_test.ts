/** A caller's trace, from its request over the job's attempts to what they call, through a whole service. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type CollectedSpan, type Collector, startCollector } from "../support/otlp.ts";
import { type TestDatabase, testDatabase } from "../support/postgres.ts";
import { eventually, type ServiceProcess, startServiceProcess } from "../support/service.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const CALLERS = `00-${TRACE}-${SPAN}-01`;

/** What a job and its callback call; says what `traceparent` came with each path. */
const calls: { path: string; traceparent: string | null }[] = [];
let outside: Bun.Server<undefined>;
let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
  outside = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request) {
      calls.push({ path: new URL(request.url).pathname, traceparent: request.headers.get("traceparent") });
      return Response.json({ ok: true });
    },
  });
});

afterAll(async () => {
  await outside.stop(true);
  await database.drop();
});

function start(env: Record<string, string> = {}): Promise<ServiceProcess> {
  return startServiceProcess({
    DATABASE_URL: database.url,
    DATABASE_ADMIN_URL: database.admin_url,
    WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString("base64")}`,
    OUTBOUND_ALLOW: "127.0.0.0/8",
    ...env,
  });
}

interface Submitted {
  readonly job_id: string;
  readonly events: readonly { type: string; meta: { traceparent?: string } }[];
}

/** Submits a job that calls `/<name>` and then is told of at `/<name>/callback`, and waits for its end. */
async function run(
  service: ServiceProcess,
  name: string,
  { headers, body }: { headers?: Record<string, string>; body?: object } = {},
): Promise<Submitted> {
  const url = outside.url.href + name;
  const { job_id } = await service.call<{ job_id: string }>("/api/v1/intake", {
    method: "POST",
    headers,
    body: { workflow: "http", payload: { method: "GET", url }, callback_url: `${url}/callback`, ...body },
  });
  const read = () => service.call<{ data: Submitted["events"] }>(`/api/v1/jobs/${job_id}/events?limit=100`);
  const data = await eventually(async () => {
    const events = (await read()).data;
    return events.some(({ type }) => type === "job.callback_delivered") && events;
  });
  return { job_id, events: data };
}

const called = (path: string) => calls.find((call) => call.path === path)?.traceparent;

describe("with a collector", () => {
  let collector: Collector;
  let service: ServiceProcess;
  beforeAll(async () => {
    collector = startCollector();
    service = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SERVICE_NAME: "levqor-under-test" });
  });
  afterAll(async () => {
    await service.stop();
    await collector.stop();
  });

  test("one trace leads from the request over attempt and step to the outgoing call, and to the callback", async () => {
    const url = `${outside.url.href}step`;
    const steps = [{ id: "ask", uses: "http", with: { method: "GET", url } }];
    const { job_id, events } = await run(service, "traced", { headers: { traceparent: CALLERS }, body: { steps } });
    // Leaving, it sends what it has.
    await service.stop();
    const spans = collector.spans.filter(({ trace_id }) => trace_id === TRACE);
    const only = (name: string, also: (span: CollectedSpan) => boolean = () => true) => {
      const found = spans.filter((span) => span.name === name && also(span));
      expect(found.map((span) => span.name)).toEqual([name]);
      return found[0] as CollectedSpan;
    };
    const request = only("POST /api/v1/intake");
    const attempt = only("attempt");
    const step = only("step");
    const connector = only("connector http");
    const call = only("GET 127.0.0.1");
    const callback = only("callback");
    const post = only("POST 127.0.0.1");
    const append = only("append", ({ attributes }) => attributes["levqor.event"] === "job.submitted");
    expect(request.parent_span_id).toBe(SPAN);
    for (const child of [append, attempt, callback]) expect(child.parent_span_id).toBe(request.span_id);
    expect(step.parent_span_id).toBe(attempt.span_id);
    expect(connector.parent_span_id).toBe(step.span_id);
    expect(call.parent_span_id).toBe(connector.span_id);
    expect(post.parent_span_id).toBe(callback.span_id);

    expect(request.attributes).toMatchObject({ "http.route": "/api/v1/intake", "http.response.status_code": 202 });
    expect(attempt.attributes).toMatchObject({ "levqor.job_id": job_id, "levqor.outcome": "succeeded" });
    expect(spans.filter(({ failed }) => failed)).toEqual([]);
    expect(request.resource["service.name"]).toBe("levqor-under-test");

    // What is called is told of the very span of its call.
    expect(called("/step")).toBe(`00-${TRACE}-${call.span_id}-01`);
    expect(called("/traced/callback")).toBe(`00-${TRACE}-${post.span_id}-01`);
    // And every event of the job names the span that it happened in.
    const inTrace = events.map(({ meta }) => meta.traceparent?.split("-")[1]);
    expect(new Set(inTrace)).toEqual(new Set([TRACE]));
    expect(events[0]?.meta.traceparent).toBe(`00-${TRACE}-${request.span_id}-01`);

    // Nothing of what was sent or called is in them, but for names.
    const text = JSON.stringify(spans, (_, value) => (typeof value === "bigint" ? String(value) : value));
    expect(text).not.toContain("/step");
    expect(text).not.toContain("/callback");
  });
});

test("without a collector a caller's trace is passed on nevertheless, through events and calls", async () => {
  const service = await start();
  const { events } = await run(service, "handed-on", { headers: { traceparent: CALLERS } });
  expect(new Set(events.map(({ meta }) => meta.traceparent))).toEqual(new Set([CALLERS]));
  expect(called("/handed-on")).toBe(CALLERS);
  expect(called("/handed-on/callback")).toBe(CALLERS);

  // What a job sets itself stands.
  const own = `00-${"1".repeat(32)}-${"2".repeat(16)}-01`;
  const payload = { method: "GET", url: `${outside.url.href}own`, headers: { traceparent: own } };
  await run(service, "own", { headers: { traceparent: CALLERS }, body: { payload } });
  expect(called("/own")).toBe(own);

  for (const [name, headers] of [
    ["none", {}],
    ["bad", { traceparent: `00-${TRACE}-${SPAN}-0g` }],
  ] as const) {
    const { events } = await run(service, name, { headers });
    expect(events.map(({ meta }) => meta.traceparent).filter(Boolean)).toEqual([]);
    expect(called(`/${name}`)).toBeNull();
  }
  await service.stop();
});

test("a dead collector delays no job and no stop", async () => {
  const service = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1" });
  await run(service, "dead-collector");
  const began = performance.now();
  expect(await service.stop()).toBe(0);
  expect(performance.now() - began).toBeLessThan(15_000);
});
