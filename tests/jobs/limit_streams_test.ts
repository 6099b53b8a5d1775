import { expect, test } from "bun:test";
import { limitStream, workflowStream } from "../../src/jobs/limit_streams.ts";

test("every workflow and every key has a stream of its own, whatever is in its name", () => {
  const limits = [
    { workflow: "a", concurrency_key: null },
    { workflow: "a", concurrency_key: "" },
    { workflow: "a", concurrency_key: "b" },
    { workflow: "a", concurrency_key: "b\nc" },
    { workflow: "ab", concurrency_key: null },
    { workflow: "größe 😀", concurrency_key: "*" },
  ];
  const streams = limits.map(limitStream);
  expect(new Set(streams).size).toBe(limits.length);
  for (const stream of streams) expect(stream).toMatch(/^limit-[0-9a-f]{32}$/);
  expect(workflowStream("a")).toMatch(/^workflow-[0-9a-f]{32}$/);
  expect(workflowStream("a")).not.toBe(workflowStream("b"));
});
