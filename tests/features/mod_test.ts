import { expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import { systemWorkflows } from "../../src/features/mod.ts";
import type { Foundation } from "../../src/foundation.ts";
import { defineSystemWorkflow } from "../../src/jobs/mod.ts";
import { createLogger } from "../../src/logger.ts";

const lines: Record<string, unknown>[] = [];
const write = (line: string) => lines.push(JSON.parse(line));
const logger = createLogger({ log_level: "info", log_format: "json" }, { write });
const foundation = { logger } as Partial<Foundation> as Foundation;

/** A feature with a workflow that logs. */
const feature = (name: string, workflow: string) => ({
  name,
  workflows: ({ logger }: Foundation) => [
    defineSystemWorkflow({
      name: `levqor.${workflow}`,
      summary: "Logs.",
      input: Type.Object({}),
      output: Type.Null(),
      async run() {
        logger.info("It ran");
        return null;
      },
    }),
  ],
});

test("the workflows of all features are known by name, and each logs as its feature", async () => {
  const workflows = systemWorkflows(foundation, [{ name: "idle" }, feature("one", "first"), feature("two", "second")]);
  expect([...workflows.keys()]).toEqual(["levqor.first", "levqor.second"]);
  await workflows.get("levqor.second")?.run({}, undefined as never);
  expect(lines).toMatchObject([{ part: "two", msg: "It ran" }]);
});

test("two features cannot have a workflow of one name", () => {
  expect(() => systemWorkflows(foundation, [feature("one", "same"), feature("two", "same")])).toThrow(
    'two are named "levqor.same"',
  );
});
