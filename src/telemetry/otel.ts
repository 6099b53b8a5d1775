/** Traces with OpenTelemetry's own packages, sent as OTLP over HTTP. Loaded only if a collector is configured. */
import * as api from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  type ReadableSpan,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { formatTraceparent, parseTraceparent } from "./traceparent.ts";
import type { Attributes, Span, SpanKind, SpanOptions, Tracing } from "./tracing.ts";

export interface TracingOptions {
  /** Of the collector, without `/v1/traces`. */
  readonly endpoint: string;
  /** Sent with each export; they may contain secrets. */
  readonly headers: Readonly<Record<string, string>>;
  readonly service_name: string;
  /** The share of traces, from 0 to 1. */
  readonly sample_ratio: number;
  readonly about: { readonly version: string; readonly instance: string; readonly role: string };
  /** Called when the collector stops accepting traces, and when it accepts them again. `reason` contains no secret. */
  readonly on_fault: (reason: string) => void;
  readonly on_recovery: () => void;
}

/** How long sending a batch of spans may take, including retries. */
const EXPORT_TIMEOUT_MS = 5_000;
/** Spans that wait to be sent; more are dropped. About 2 MB. */
const MAX_WAITING = 4_096;
/** How long the last spans may delay the process's exit. */
const CLOSE_LIMIT_MS = 2_000;

const KINDS: Readonly<Record<SpanKind, api.SpanKind>> = {
  internal: api.SpanKind.INTERNAL,
  server: api.SpanKind.SERVER,
  client: api.SpanKind.CLIENT,
  consumer: api.SpanKind.CONSUMER,
};

/** Starts to gather spans. Does not wait for the collector. */
export function otelTracing(options: TracingOptions): Tracing {
  const { endpoint, headers, service_name, sample_ratio, about } = options;
  // By the trace's id, so that all parts of a trace are sampled alike. Callers cannot get more than the ratio.
  const byRatio = new TraceIdRatioBasedSampler(sample_ratio);
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/$/, "")}/v1/traces`,
    headers: { ...headers },
    timeoutMillis: EXPORT_TIMEOUT_MS,
  });
  const provider = new TracerProvider({
    sampler: new ParentBasedSampler({ root: byRatio, remoteParentSampled: byRatio }),
    resource: resourceFromAttributes({
      "service.name": service_name,
      "service.version": about.version,
      "service.instance.id": about.instance,
      "levqor.role": about.role,
    }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: watched(exporter, options),
        maxQueueSize: MAX_WAITING,
        exportTimeoutMillis: EXPORT_TIMEOUT_MS,
      }),
    ],
  });
  const tracer = provider.getTracer("levqor", about.version);
  return {
    active: true,
    start(name, { kind = "internal", parent, started, attributes }: SpanOptions = {}) {
      const begun = { kind: KINDS[kind], startTime: epoch(started), attributes: known(attributes) };
      return toSpan(tracer.startSpan(name, begun, contextOf(parent)), parent);
    },
    async close() {
      const limit = Promise.withResolvers<void>();
      const timer = setTimeout(limit.resolve, CLOSE_LIMIT_MS);
      await Promise.race([provider.shutdown().catch(() => {}), limit.promise]);
      clearTimeout(timer);
    },
  };
}

function toSpan(span: api.Span, parent: string | undefined): Span {
  const { traceId, spanId, traceFlags } = span.spanContext();
  const sampled = (traceFlags & api.TraceFlags.SAMPLED) !== 0;
  return {
    // Spans that are not recorded here are not named to others: they would look for them.
    traceparent: sampled ? formatTraceparent({ trace_id: traceId, span_id: spanId, sampled }) : parent,
    end({ name, error, attributes } = {}) {
      if (name !== undefined) span.updateName(name);
      if (attributes) span.setAttributes(known(attributes));
      if (error !== undefined) {
        span.setAttribute("error.type", error);
        span.setStatus({ code: api.SpanStatusCode.ERROR });
      }
      span.end(epoch());
    },
  };
}

function contextOf(parent: string | undefined): api.Context {
  const of = parseTraceparent(parent);
  if (!of) return api.ROOT_CONTEXT;
  return api.trace.setSpanContext(api.ROOT_CONTEXT, {
    traceId: of.trace_id,
    spanId: of.span_id,
    traceFlags: of.sampled ? api.TraceFlags.SAMPLED : api.TraceFlags.NONE,
    isRemote: true,
  });
}

/** Milliseconds since 1970 for a time of `performance.now()`: one clock for both ends of a span. */
function epoch(time = performance.now()): number {
  return performance.timeOrigin + time;
}

function known(attributes: Attributes = {}): api.Attributes {
  return attributes;
}

/** Reports the first export that fails, and the first that succeeds after that. */
function watched(exporter: SpanExporter, { on_fault, on_recovery }: TracingOptions): SpanExporter {
  let failing = false;
  return {
    export(spans: ReadableSpan[], done) {
      exporter.export(spans, (result) => {
        const failed = result.error !== undefined || result.code !== 0;
        if (failed && !failing) on_fault(result.error?.message ?? "no reason given");
        if (!failed && failing) on_recovery();
        failing = failed;
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
}
