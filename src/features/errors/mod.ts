/** Errors that browsers and programs report: counted, recorded by group, and shown to operators. */
import type { Feature } from "../feature.ts";
import { startCollecting } from "./collector.ts";
import { forwardError } from "./forward.ts";
import { forwardErrors } from "./reactions.ts";
import { errorRoutes } from "./routes.ts";

/** Processes that serve the API count reports; those that run jobs forward them. */
export const errors: Feature = {
  name: "errors",
  routes(parts) {
    const collecting = startCollecting(parts);
    parts.stops.add("errors", () => collecting.stop());
    return errorRoutes({ ...parts, collector: collecting.collector });
  },
  reactions: (config) => [forwardErrors(config)],
  workflows: (foundation) => [forwardError(foundation)],
};
