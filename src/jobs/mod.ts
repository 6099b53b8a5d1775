/** Runs jobs: claims, attempts, leases, callbacks. */
export { commandJob, jobStream, readJob } from "./commands.ts";
export type { RunnerLogger, RunnerOptions, RunnerStatus } from "./options.ts";
export { type Runner, startRunner } from "./runner.ts";
