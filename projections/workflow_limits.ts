/** The limits set for each workflow, as their list shows them. */
import type { Static } from "@sinclair/typebox";
import { accountOf, chargedTo } from "../events/account.ts";
import type { RatePerKey } from "../events/workflow.ts";
import { defineProjection } from "./projection.ts";

/** One workflow for which limits were ever set. `null`: not limited, or the default. */
export type WorkflowLimitsRow = {
  workflow: string;
  concurrency: number | null;
  concurrency_per_key: number | null;
  rate_per_key: Static<typeof RatePerKey> | null;
  /** The position at which its limits were first set: the order of the list. */
  position: number;
  updated_at: string;
  /** The account that it belongs to. */
  account: string;
  /** Whose share it uses; `null`: nobody's, as for what the operator stores. */
  charged_to: string | null;
};

export const workflowLimits = defineProjection({
  name: "workflow_limits",
  version: 3,
  reads: ["workflow.limits_set"],
  columns: {
    workflow: { type: "text" },
    concurrency: { type: "int", nullable: true },
    concurrency_per_key: { type: "int", nullable: true },
    rate_per_key: { type: "json", nullable: true },
    position: { type: "bigint" },
    updated_at: { type: "timestamptz" },
    account: { type: "text" },
    charged_to: { type: "text", nullable: true },
  },
  key: ["account", "workflow"],
  indexes: ["(account, position)"],

  keysOf: (event) => [{ account: accountOf(event.meta), workflow: event.data.workflow }],

  evolve(row: WorkflowLimitsRow | null, event): WorkflowLimitsRow | null {
    const { workflow, concurrency, concurrency_per_key, rate_per_key } = event.data;
    return {
      account: accountOf(event.meta),
      workflow,
      concurrency: concurrency ?? null,
      concurrency_per_key: concurrency_per_key ?? null,
      rate_per_key: rate_per_key ?? null,
      position: row?.position ?? event.position,
      updated_at: event.recorded_at,
      charged_to: row ? row.charged_to : chargedTo(event.meta),
    };
  },
});
