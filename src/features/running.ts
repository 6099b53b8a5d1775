/** What runs for features beside their calls. */
import type { Foundation } from "../foundation.ts";
import type { Stops } from "../process/stops.ts";
import type { Role } from "../settings/mod.ts";
import { schedules } from "./schedules/mod.ts";
import { service } from "./service/mod.ts";

/** A feature that must run something. */
interface RunningFeature {
  /** Names it in the log. */
  readonly name: string;
  /** Where it runs. */
  readonly roles: readonly Role[];
  /** Starts it; returns at once. */
  start(foundation: Foundation): { stop(reason: string): Promise<unknown> };
}

/** In the order in which they start; they stop in the opposite one. */
const features: readonly RunningFeature[] = [service, schedules];

/** Starts what runs in a process of this role. */
export function startFeatures(foundation: Foundation, stops: Stops): void {
  for (const { name, roles, start } of features) {
    if (!roles.includes(foundation.config.role)) continue;
    const running = start({ ...foundation, logger: foundation.logger.child({ part: name }) });
    stops.add(name, (reason) => running.stop(reason));
  }
}
