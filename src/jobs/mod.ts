/** Runs jobs: claims, attempts, leases, callbacks. */

export { commandJob } from "./commands.ts";
export { AttemptCache, type ExternalReport, type Reported, recordReport } from "./external/external_reports.ts";
export { ExternalWorkers, TooManyClaimsError } from "./external/external_workers.ts";
export { submitSystemJob } from "./intake/system_job.ts";
export type { RunnerOptions } from "./options.ts";
export { type Runner, startRunner } from "./run/runner.ts";
export { defineSystemWorkflow } from "./system_workflow.ts";
export { CallbackSecrets, openCallbackSecrets } from "./upkeep/callback_secrets.ts";
export { startSweeper } from "./upkeep/sweeper.ts";
