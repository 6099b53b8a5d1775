/**
 * What there is for somebody: a key may be limited to some workflows, the session of a user to the jobs that they
 * submitted. What lies beyond that does not exist for them.
 *
 * It is told by what something **runs**: a job, and a schedule by its job, runs its workflow and whatever its own steps
 * use; who stored a pipeline has answered for its steps, so a job of that name runs the name alone.
 *
 * Whatever reads or changes jobs and schedules on somebody's behalf asks for a {@link Reach}, and whatever brings them
 * about asks for something {@link Within} one: so none of it can be had without the check.
 */
import { SYSTEM } from "../../events/account.ts";
import { usesOf } from "../../events/pipeline.ts";
import { isSystemWorkflow } from "../../events/workflow.ts";

export interface Reach {
  /** Of these alone. */
  readonly workflows: ReadonlySet<string> | "all";
  /** Of those that this actor submitted alone; `null`: whoever did. */
  readonly owner: string | null;
  /** Whether the jobs that the service gives itself, of the account `system`, exist for them. */
  readonly system: boolean;
}

/** Of the service itself, and of the operator. */
export const EVERYTHING: Reach = { workflows: "all", owner: null, system: true };

/** Of whoever is not limited, and is not the operator. */
export const ALL_CUSTOMERS: Reach = { workflows: "all", owner: null, system: false };

/** Whether a reach takes in the jobs of all customers. */
export function isUnlimited({ workflows, owner }: Reach): boolean {
  return workflows === "all" && owner === null;
}

/** What is run: a workflow, by steps of one's own where there are any. */
export interface Runs {
  readonly workflow: string;
  readonly steps?: readonly { readonly uses?: string | undefined }[] | null | undefined;
}

declare const checked: unique symbol;

/** Something of which {@link within} has found that it lies within somebody's reach. Nothing else makes it. */
export type Within<What> = What & { readonly [checked]: true };

/** The first of what is run that lies beyond a reach; `undefined`: all is within. */
export function beyond(
  { workflows, system = false }: Pick<Reach, "workflows"> & Partial<Reach>,
  runs: Runs,
): string | undefined {
  return [runs.workflow, ...usesOf(runs.steps)].find((name) =>
    isSystemWorkflow(name) ? !system : workflows !== "all" && !workflows.has(name),
  );
}

/** What lies within a reach, or the name that does not. */
export function within<What extends Runs>(reach: Reach, what: What): Within<What> | { readonly beyond: string } {
  const name = beyond(reach, what);
  return name === undefined ? (what as Within<What>) : { beyond: name };
}

/** What tells for whom a job exists. */
export interface ReachableJob extends Runs {
  readonly submitted_by: string | null;
  readonly account: string;
}

/** Whether a job exists for somebody. */
export function reaches(reach: Reach, job: ReachableJob): boolean {
  if (job.account === SYSTEM && !reach.system) return false;
  return (reach.owner === null || reach.owner === job.submitted_by) && beyond(reach, job) === undefined;
}
