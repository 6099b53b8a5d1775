import { expect, test } from "bun:test";
import { pipelineStream } from "../../events/pipeline.ts";
import { pipelines } from "../../projections/mod.ts";
import { history, rowsAfter } from "../spec.ts";

const step = { id: "a", sleep: { seconds: 1 } };
const created = { type: "pipeline.created", data: { definition: { format: 1, description: "One", steps: [step] } } };
const updated = { type: "pipeline.updated", data: { definition: { format: 1, steps: [step, { ...step, id: "b" }] } } };

test("a pipeline's row shows its newest version, and keeps its place", () => {
  const [row] = rowsAfter(pipelines, history("pipeline-org:1/welcome-users", [created, updated]));
  expect(row).toEqual({
    account: "org:1",
    name: "welcome-users",
    version: 2,
    description: null,
    published: false,
    steps: 2,
    position: 101,
    created_at: "2026-01-02T03:00:01Z",
    updated_at: "2026-01-02T03:00:02Z",
    charged_to: "test",
  });
});

test("a pipeline without an account is the operator's, as all were before there were others", () => {
  const [row] = rowsAfter(pipelines, history("pipeline-welcome-users", [created]));
  expect(row).toMatchObject({ account: "operator", name: "welcome-users" });
  expect(pipelineStream({ account: "operator", name: "welcome-users" })).toBe("pipeline-welcome-users");
});
