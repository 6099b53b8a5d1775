/** Schedules: what cron expressions name, commands, and firing. */
export { SCHEDULER_LEASE, startScheduler } from "./scheduler.ts";
