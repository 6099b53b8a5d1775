/** The limits set for a workflow: how many of its jobs may run. */
import type { KnownEvent, KnownNewEvent } from "../../events/mod.ts";
import type { WorkflowLimitsSet } from "../../events/workflow.ts";
import type { Decider } from "./decider.ts";

export interface WorkflowState {
  /** `undefined`: none were ever set. */
  readonly limits: WorkflowLimitsSet | undefined;
  /** RFC 3339; `null` if none were ever set. */
  readonly updated_at: string | null;
}

/** A field that is left out is no longer limited, or has its default. */
export interface WorkflowCommand {
  readonly type: "set_limits";
  readonly limits: WorkflowLimitsSet;
}

export const workflowDecider: Decider<WorkflowState, WorkflowCommand, never> = {
  initial: { limits: undefined, updated_at: null },
  evolve,
  decide,
};

/** An event has the whole state: earlier ones do not matter. */
function evolve(state: WorkflowState, event: KnownEvent): WorkflowState {
  return event.type === "workflow.limits_set" ? { limits: event.data, updated_at: event.recorded_at } : state;
}

function decide({ limits }: WorkflowCommand, state: WorkflowState): readonly KnownNewEvent[] {
  const { workflow } = limits;
  return same(limits, state.limits ?? { workflow }) ? [] : [{ type: "workflow.limits_set", data: limits }];
}

function same(a: WorkflowLimitsSet, b: WorkflowLimitsSet): boolean {
  return (
    a.concurrency === b.concurrency &&
    a.concurrency_per_key === b.concurrency_per_key &&
    a.rate_per_key?.limit === b.rate_per_key?.limit &&
    a.rate_per_key?.per_seconds === b.rate_per_key?.per_seconds &&
    a.rate_per_key?.burst === b.rate_per_key?.burst
  );
}
