/** Schedules: cron expressions, commands, and the scheduler. */
import { startScheduler } from "./scheduler.ts";

/** Workers fire schedules, one worker at a time. */
export const schedules = { name: "schedules", roles: ["all", "worker"], start: startScheduler } as const;
