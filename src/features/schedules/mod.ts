/** Schedules: what cron expressions name, commands, and firing. */
export { runNow } from "./run_now.ts";
export { startScheduler } from "./scheduler.ts";
