/** Whether the service works, and how it has done: incidents, uptime, and the status page. */
import type { Feature } from "../feature.ts";
import { incidentRoutes } from "./incidents.ts";
import { STATUS_PATH, statusPage } from "./status_page.tsx";
import { uptimeReports, uptimeRoutes } from "./uptime.ts";

export const status: Feature = {
  name: "status",
  pages: [STATUS_PATH],
  routes(parts) {
    const report = uptimeReports(parts);
    return [...incidentRoutes(parts), ...uptimeRoutes(report), statusPage(parts, report)];
  },
};
