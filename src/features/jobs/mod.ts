/** Jobs: submitting them, seeing them, and taking part in them. */

import { Turns } from "../../access/shares/turns.ts";
import type { Feature } from "../feature.ts";
import { bulkRoutes } from "./bulk.ts";
import { callbackRoutes } from "./callbacks.ts";
import { devRoutes } from "./dev.ts";
import { intakeRoutes } from "./intake.ts";
import { jobControlRoutes } from "./job_control.ts";
import { jobRoutes } from "./jobs.ts";
import { stepRoutes } from "./steps.ts";

export const jobs: Feature = {
  name: "jobs",
  routes(parts) {
    /** By caller: queries with a filter. */
    const matching = new Turns();
    return [
      ...intakeRoutes(parts),
      ...jobRoutes({ ...parts, matching }),
      ...jobControlRoutes(parts),
      ...bulkRoutes({ ...parts, matching }),
      ...callbackRoutes(parts),
      ...stepRoutes(parts),
      ...(parts.config.production ? [] : devRoutes(parts)),
    ];
  },
};
