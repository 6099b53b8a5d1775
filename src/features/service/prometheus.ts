/** `GET /metrics`: for Prometheus, if the service has no separate port for it. */

import { tags } from "../../http/document/tags.ts";
import type { ApiOptions } from "../../http/options.ts";
import { route } from "../../http/route.ts";

export function prometheusRoutes({ metrics }: Pick<ApiOptions, "metrics">) {
  return [
    route(
      {
        method: "GET",
        path: "/metrics",
        id: "getMetrics",
        any_query: true,
        without_database: true,
        tag: tags.operations,
        summary: "Get metrics for Prometheus",
        description:
          "This process's own metrics, in Prometheus' text format. Metrics of the whole service (the queue, read models, schedules) are at most 5 seconds old, however often they are requested. With METRICS_PORT the same is served on a separate port, without a key.",
        scope: "metrics:read",
        responses: {
          200: {
            description: "The metrics.",
            content_type: "text/plain",
            example: '# TYPE levqor_queue_jobs gauge\nlevqor_queue_jobs{status="queued"} 3\n',
          },
        },
      },
      () => metrics.render(),
    ),
  ];
}
