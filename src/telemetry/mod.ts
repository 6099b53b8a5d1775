/** What the service tells of itself: figures for Prometheus. */
export { Metrics } from "./metrics.ts";
export { serveMetrics } from "./serve.ts";
