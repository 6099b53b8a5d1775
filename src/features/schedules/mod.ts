/** Schedules: cron expressions, commands, and the scheduler. */
import type { Feature } from "../feature.ts";
import { scheduleRoutes } from "./routes.ts";
import { startScheduler } from "./scheduler.ts";

/** Workers fire schedules, one worker at a time. */
export const schedules: Feature = {
  name: "schedules",
  routes: scheduleRoutes,
  roles: ["all", "worker"],
  start: startScheduler,
};
