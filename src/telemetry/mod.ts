/** Metrics for Prometheus, traces for OpenTelemetry. */
export { traceAppends } from "./appends.ts";
export { Metrics } from "./metrics.ts";
export { openTracing } from "./open_tracing.ts";
export { serveMetrics } from "./serve.ts";
export { validTraceparent } from "./traceparent.ts";
export { noTracing, type Span, type Tracing } from "./tracing.ts";
