/**
 * What exists for a caller: what belongs to the account that they act for; a key may be limited to some workflows.
 * Anything beyond that does not exist for them.
 *
 * It depends on what something **runs**: a job, and a schedule by its job, runs its workflow and whatever its own steps
 * use; a stored pipeline's steps are the responsibility of whoever stored it, so a job of that name runs only the name.
 *
 * Code that reads or changes jobs and schedules on somebody's behalf requires a {@link Reach}, and code that creates
 * them requires something {@link Within} one: so none of it can skip the check.
 */
import { SYSTEM } from "../../events/account.ts";
import { usesOf } from "../../events/pipeline.ts";
import { isSystemWorkflow } from "../../events/workflow.ts";

export interface Reach {
  /** Only these. */
  readonly workflows: ReadonlySet<string> | "all";
  /** Only what belongs to this account; `null`: to any. */
  readonly account: string | null;
  /** Whether jobs of the account `system`, which the service submits itself, exist for them, too. */
  readonly system: boolean;
}

/** Of the service itself. */
export const EVERYTHING: Reach = { workflows: "all", account: null, system: true };

/** Whether a reach includes all jobs of its account. */
export function isUnlimited({ workflows }: Reach): boolean {
  return workflows === "all";
}

/** What is run: a workflow, with its own steps if there are any. */
export interface Runs {
  readonly workflow: string;
  readonly steps?: readonly { readonly uses?: string | undefined }[] | null | undefined;
}

declare const checked: unique symbol;

/** Something that {@link within} has found to be within somebody's reach. Nothing else creates it. */
export type Within<What> = What & { readonly [checked]: true };

/** The first name that is beyond a reach; `undefined`: all are within. */
export function beyond(
  { workflows, system = false }: Pick<Reach, "workflows"> & Partial<Reach>,
  runs: Runs,
): string | undefined {
  return [runs.workflow, ...usesOf(runs.steps)].find((name) =>
    isSystemWorkflow(name) ? !system : workflows !== "all" && !workflows.has(name),
  );
}

/** What is within a reach, or the name that is not. */
export function within<What extends Runs>(reach: Reach, what: What): Within<What> | { readonly beyond: string } {
  const name = beyond(reach, what);
  return name === undefined ? (what as Within<What>) : { beyond: name };
}

/** What determines for whom a job exists. */
export interface ReachableJob extends Runs {
  readonly account: string;
}

/** Whether a job exists for somebody. */
export function reaches(reach: Reach, job: ReachableJob): boolean {
  const isTheirs = job.account === SYSTEM ? reach.system : reach.account === null || reach.account === job.account;
  return isTheirs && beyond(reach, job) === undefined;
}
