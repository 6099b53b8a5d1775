/** Runs jobs: claims, attempts, leases, callbacks. */
export { CallbackSecrets } from "./callback_secrets.ts";
export { commandJob, jobStream } from "./commands.ts";
export type { RunnerOptions } from "./options.ts";
export { type Answered, answerFor, HeldAttempts, type OutsideAnswer } from "./outside_answers.ts";
export { OutsideWorkers, TooManyClaimsError } from "./outside_workers.ts";
export { type Runner, startRunner } from "./runner.ts";
export { startSweeper } from "./sweeper.ts";
