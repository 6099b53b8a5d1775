/** The service itself: its recorded life, and its figures. */
import type { Logger } from "pino";
import type { Metrics } from "../../telemetry/mod.ts";
import { addGauges, type Watched } from "./gauges.ts";
import { type Heartbeat, type HeartbeatOptions, startHeartbeat } from "./heartbeat.ts";

interface ServiceParts extends Watched, Pick<HeartbeatOptions, "log" | "instance"> {
  readonly about: HeartbeatOptions["started"];
  readonly metrics: Metrics;
  readonly logger: Pick<Logger, "info" | "warn">;
}

/** Every process records its heartbeat, and reports the whole service. */
export const service = {
  name: "service",
  roles: ["all", "api", "worker"],
  start({ about, metrics, logger, ...parts }: ServiceParts): Heartbeat {
    addGauges(metrics, parts);
    return startHeartbeat({
      log: parts.log,
      instance: parts.instance,
      started: about,
      on_fault: (error) => logger.warn({ err: error }, "Cannot record the heartbeat; will try again"),
      on_recovery: () => logger.info("Recording the heartbeat again"),
    });
  },
} as const;
