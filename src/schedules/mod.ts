/** Schedules: what cron expressions name, commands, and firing. */
export { firing } from "./read_model.ts";
export { runNow } from "./run_now.ts";
export { startScheduler } from "./scheduler.ts";
