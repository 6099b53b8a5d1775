/** Schedules: what cron expressions name, commands, and firing. */
import { startScheduler } from "./scheduler.ts";

/** Workers fire schedules, one of them at a time. */
export const schedules = { name: "schedules", roles: ["all", "worker"], start: startScheduler } as const;
