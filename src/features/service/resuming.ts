/** What resuming a read model and resuming a reaction have in common. */
import { Problem } from "../../http/problem.ts";
import { invalid } from "../../http/request/validation.ts";
import type { serviceProblems } from "./problems.ts";

/** Throws the problem `validation_failed` if an event is to be skipped without a reason. */
export function checkReason({ skip, reason }: { readonly skip?: number; readonly reason?: string }): void {
  if (skip === undefined || reason !== undefined) return;
  throw invalid([{ pointer: "/reason", message: "must say why the event is skipped: it is recorded" }]);
}

/** The event to skip is not the one that stopped it. `what` names it. */
export function notStopped(
  problem: (typeof serviceProblems)["projection_not_stopped" | "reaction_not_stopped"],
  { what, stopped_at, skip }: { what: string; stopped_at: number | undefined; skip: number },
): Problem {
  const by = stopped_at === undefined ? "no event" : `the event at position ${stopped_at}`;
  const detail = `Cannot skip position ${skip}: ${by} stops ${what}.`;
  return new Problem(problem, detail, { members: { stopped_at: stopped_at ?? null } });
}
