import { afterEach, expect, test } from "bun:test";
import { noTracing, openTracing, type Tracing, traceAppends } from "../../src/telemetry/mod.ts";
import { type Collector, startCollector } from "../support/otlp.ts";
import { eventually } from "../support/service.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const SAMPLED = `00-${TRACE}-${SPAN}-01`;

const open: { close?(): Promise<void>; stop?(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await (one.close ?? one.stop)?.call(one);
});

function collector(answer?: () => Response): Collector {
  const one = startCollector(answer);
  open.push(one);
  return one;
}

const faults: string[] = [];
let recoveries = 0;

async function tracing(endpoint: string, sample_ratio = 1): Promise<Tracing> {
  const one = await openTracing({
    endpoint,
    headers: { authorization: "Bearer for-the-collector" },
    service_name: "levqor-test",
    sample_ratio,
    about: { version: "1.2.3", instance: "i-1", role: "all" },
    on_fault: (reason) => void faults.push(reason),
    on_recovery: () => void recoveries++,
  });
  return one;
}

test("spans arrive unchanged, each under its parent", async () => {
  const { url, spans, exports } = collector();
  const traces = await tracing(url);
  const outer = traces.start("outer", {
    kind: "server",
    parent: SAMPLED,
    started: performance.now() - 50,
    attributes: { text: "ä", whole: 7, part: 0.5, yes: true, absent: undefined },
  });
  const inner = traces.start("inner", { parent: outer.traceparent });
  inner.end({ error: "went_wrong" });
  outer.end({ name: "renamed", attributes: { late: 1 } });
  await traces.close();

  const [last, first] = spans;
  expect(first).toMatchObject({
    name: "renamed",
    trace_id: TRACE,
    parent_span_id: SPAN,
    kind: 2,
    failed: false,
    resource: { "service.name": "levqor-test", "service.version": "1.2.3", "service.instance.id": "i-1" },
  });
  expect(first?.attributes).toEqual({ text: "ä", whole: 7, part: 0.5, yes: true, late: 1 });
  expect(last).toMatchObject({ name: "inner", trace_id: TRACE, parent_span_id: first?.span_id ?? "", kind: 1 });
  expect(last).toMatchObject({ failed: true, attributes: { "error.type": "went_wrong" } });
  expect(outer.traceparent).toBe(`00-${TRACE}-${first?.span_id}-01`);
  const { start = 0n, end = 0n } = first ?? {};
  expect(Number(end - start) / 1e6).toBeWithin(50, 5_000);
  expect(Math.abs(Number(end / 1_000_000n) - Date.now())).toBeLessThan(10_000);
  expect(exports[0]).toMatchObject({
    authorization: "Bearer for-the-collector",
    "content-type": "application/x-protobuf",
  });
});

test("without a valid parent, a new trace begins", async () => {
  const { url, spans } = collector();
  const traces = await tracing(url);
  for (const parent of [undefined, "nonsense"]) traces.start("root", { parent }).end();
  await traces.close();
  expect(spans.map(({ parent_span_id }) => parent_span_id)).toEqual(["", ""]);
  expect(spans[0]?.trace_id).not.toBe(spans[1]?.trace_id);
});

test("what is not sampled is not recorded, and its caller's context is passed on", async () => {
  const { url, spans } = collector();
  const none = await tracing(url, 0);
  expect(none.start("a").traceparent).toBeUndefined();
  // A caller cannot ask for more than the share that is kept.
  const span = none.start("b", { parent: SAMPLED });
  expect(span.traceparent).toBe(SAMPLED);
  span.end();
  await none.close();
  const all = await tracing(url, 1);
  const unsampled = `00-${TRACE}-${SPAN}-00`;
  const quiet = all.start("c", { parent: unsampled });
  quiet.end();
  expect(quiet.traceparent).toBe(unsampled);
  await all.close();
  expect(spans).toEqual([]);
});

test("without a collector traces are passed on, and OpenTelemetry is not loaded", async () => {
  const traces = await openTracing({
    endpoint: undefined,
    headers: {},
    service_name: "levqor",
    sample_ratio: 1,
    about: { version: "1", instance: "i", role: "all" },
    on_fault() {},
    on_recovery() {},
  });
  expect(traces).toBe(noTracing);
  expect(traces.start("any", { parent: SAMPLED }).traceparent).toBe(SAMPLED);
  expect(traces.start("any").traceparent).toBeUndefined();
  // In a process of its own: this one has loaded everything. With a collector it is, so the looking is no dud.
  const loaded = (endpoint: string) => {
    const script = `
      const { openTracing } = await import(${JSON.stringify(Bun.resolveSync("../../src/telemetry/mod.ts", import.meta.dir))});
      const endpoint = ${JSON.stringify(endpoint)} || undefined;
      await openTracing({ endpoint, headers: {}, service_name: "levqor", sample_ratio: 1, about: {} });
      console.log(Object.keys(require.cache).some((path) => /sdk-trace|exporter-trace/.test(path)));
      process.exit();`;
    return Bun.spawnSync([process.execPath, "-e", script]).stdout.toString().trim();
  };
  expect([loaded(""), loaded("http://127.0.0.1:1")]).toEqual(["false", "true"]);
});

test("a collector that is down does no harm: spans are dropped, it is reported once, and the exit does not wait", async () => {
  faults.length = 0;
  const traces = await tracing("http://127.0.0.1:1");
  const before = process.memoryUsage.rss();
  for (let i = 0; i < 50_000; i++) traces.start("lost", { attributes: { filler: "x".repeat(500) } }).end();
  expect(process.memoryUsage.rss() - before).toBeLessThan(200_000_000);
  const start = performance.now();
  await traces.close();
  expect(performance.now() - start).toBeLessThan(5_000);
});

test("it is reported when a collector stops accepting, once, and when it accepts again", async () => {
  faults.length = 0;
  recoveries = 0;
  let refuses = true;
  // No repetition follows a 400.
  const { url, spans } = collector(() => new Response(null, { status: refuses ? 400 : 200 }));
  const traces = await tracing(url);
  open.push(traces);
  const batch = () => {
    for (let i = 0; i < 512; i++) traces.start("any").end();
  };
  batch();
  batch();
  await eventually(() => faults.length > 0);
  refuses = false;
  await eventually(() => {
    batch();
    return spans.length > 0 && recoveries === 1;
  });
  expect(faults).toHaveLength(1);
  expect(faults[0]).not.toContain("for-the-collector");
});

test("each traced append of a batch is a span, from when it started to wait", async () => {
  const { url, spans } = collector();
  const traces = await tracing(url);
  const now = performance.now();
  const append = (stream_id: string, traceparent?: string) => ({
    stream_id,
    events: [{ type: "job.submitted" }],
    meta: traceparent === undefined ? {} : { traceparent },
  });
  traceAppends(traces, {
    appends: [
      { since: now - 20, parts: [{ append: append("job-1", SAMPLED) }, { append: append("workflow-2", SAMPLED) }] },
      { since: now - 10, parts: [{ append: append("job-3") }] },
    ],
    sent_at: now - 5,
    failed: false,
    events: 3,
  });
  await traces.close();
  expect(spans.map(({ attributes }) => attributes["levqor.stream"])).toEqual(["job-1", "workflow-2"]);
  const [first] = spans;
  expect(first).toMatchObject({ name: "append", trace_id: TRACE, parent_span_id: SPAN });
  expect(first?.attributes).toMatchObject({
    "levqor.batch.appends": 2,
    "levqor.batch.events": 3,
    "levqor.waited_ms": 15,
  });
  expect(Number((first?.end ?? 0n) - (first?.start ?? 0n)) / 1e6).toBeGreaterThan(19);
});
