import { expect, test } from "bun:test";
import { workflowLimits } from "../../projections/workflow_limits.ts";
import { history, rowsAfter } from "../spec.ts";

test("a workflow has the limits that were set last, and the position at which they were first set", () => {
  const events = history("workflow-1", [
    { type: "workflow.limits_set", data: { workflow: "http", concurrency: 2 } },
    { type: "workflow.limits_set", data: { workflow: "http", rate_per_key: { limit: 1, per_seconds: 60 } } },
  ]);
  expect([...rowsAfter(workflowLimits, events.slice(0, 1)), ...rowsAfter(workflowLimits, events)]).toEqual([
    {
      workflow: "http",
      concurrency: 2,
      concurrency_per_key: null,
      rate_per_key: null,
      position: 101,
      updated_at: "2026-01-02T03:00:01Z",
      account: "operator",
      charged_to: "test",
    },
    {
      workflow: "http",
      concurrency: null,
      concurrency_per_key: null,
      rate_per_key: { limit: 1, per_seconds: 60 },
      position: 101,
      updated_at: "2026-01-02T03:00:02Z",
      account: "operator",
      charged_to: "test",
    },
  ]);
});
