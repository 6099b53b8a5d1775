/** The service itself: its recorded life, and its figures. */
import type { Feature } from "../feature.ts";
import { addGauges } from "./gauges.ts";
import { startHeartbeat } from "./heartbeat.ts";
import { marketingRoutes } from "./marketing.ts";
import { metricsRoutes } from "./metrics.ts";
import { opsRoutes } from "./ops.ts";
import { prometheusRoutes } from "./prometheus.ts";
import { resumeRoutes } from "./resume.ts";
import { rootRoutes } from "./root.ts";

/** Every process records its heartbeat, and reports the whole service. */
export const service: Feature = {
  name: "service",
  routes: (parts) => [
    ...rootRoutes(parts.config),
    ...metricsRoutes(parts),
    ...marketingRoutes(parts),
    ...prometheusRoutes(parts),
    ...opsRoutes(parts),
    ...resumeRoutes(parts),
  ],
  start({ about, instance, log, logger, metrics, ...parts }) {
    addGauges(metrics, { log, ...parts });
    return startHeartbeat({
      log,
      instance,
      started: about,
      on_fault: (error) => logger.warn({ err: error }, "Cannot record the heartbeat; will try again"),
      on_recovery: () => logger.info("Recording the heartbeat again"),
    });
  },
};
