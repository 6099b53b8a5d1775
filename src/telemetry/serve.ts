/** A small separate server for Prometheus: `/metrics` and `/health`, and nothing else. */
import type { Metrics } from "./metrics.ts";

export interface MetricsServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Listens at once. Throws if the port is in use. */
export function serveMetrics(metrics: Metrics, { port, hostname }: { port: number; hostname: string }): MetricsServer {
  const server = Bun.serve({
    port,
    hostname,
    reusePort: false,
    development: false,
    // Seconds. Its clients ask once and leave.
    idleTimeout: 30,
    maxRequestBodySize: 1_024,
    routes: {
      "/metrics": { GET: () => metrics.render() },
      "/health": { GET: () => Response.json({ ok: true, ts: Math.floor(Date.now() / 1000) }) },
    },
    fetch: () => new Response("Here are /metrics and /health.\n", { status: 404 }),
    error: () => new Response("The metrics cannot be read.\n", { status: 500 }),
  });
  return { url: server.url.href, stop: () => server.stop(true) };
}
