import { expect, test } from "bun:test";
import { limitStream, workflowStream } from "../../../src/jobs/limits/limit_streams.ts";

test("every workflow, every key and every key owner has a separate stream, whatever their names contain", () => {
  const limits = [
    { workflow: "a", concurrency_key: null, key_owner: "" },
    { workflow: "a", concurrency_key: "", key_owner: "" },
    { workflow: "a", concurrency_key: "b", key_owner: "" },
    { workflow: "a", concurrency_key: "b\nc", key_owner: "" },
    { workflow: "a", concurrency_key: "b", key_owner: "user:1" },
    { workflow: "a", concurrency_key: "b", key_owner: "user:2" },
    { workflow: "a", concurrency_key: "user:1\nb", key_owner: "" },
    { workflow: "ab", concurrency_key: null, key_owner: "" },
    { workflow: "größe 😀", concurrency_key: "*", key_owner: "" },
  ];
  const streams = limits.map(limitStream);
  expect(new Set(streams).size).toBe(limits.length);
  for (const stream of streams) expect(stream).toMatch(/^limit-[0-9a-f]{32}$/);
  expect(workflowStream("a")).toMatch(/^workflow-[0-9a-f]{32}$/);
  expect(workflowStream("a")).not.toBe(workflowStream("b"));
});
