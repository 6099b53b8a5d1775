import { expect, test } from "bun:test";
import { limitStream, workflowStream } from "../../../src/jobs/limits/limit_streams.ts";

test("every workflow and every key of every account has a separate stream, whatever their names contain", () => {
  const limits = [
    { workflow: "a", concurrency_key: null, account: "operator" },
    { workflow: "a", concurrency_key: "", account: "operator" },
    { workflow: "a", concurrency_key: "b", account: "operator" },
    { workflow: "a", concurrency_key: "b\nc", account: "operator" },
    { workflow: "a", concurrency_key: "b", account: "user:1" },
    { workflow: "a", concurrency_key: "b", account: "user:2" },
    { workflow: "a", concurrency_key: "user:1\nb", account: "operator" },
    { workflow: "user:1", concurrency_key: null, account: "operator" },
    { workflow: "user:1", concurrency_key: "a", account: "operator" },
    { workflow: "user:1", concurrency_key: "a\nb", account: "operator" },
    { workflow: "a", concurrency_key: null, account: "user:1" },
    { workflow: "ab", concurrency_key: null, account: "operator" },
    { workflow: "größe 😀", concurrency_key: "*", account: "operator" },
  ];
  const streams = limits.map(limitStream);
  expect(new Set(streams).size).toBe(limits.length);
  for (const stream of streams) expect(stream).toMatch(/^limit-[0-9a-f]{32}$/);
  const [a, b, others] = [
    { account: "operator", workflow: "a" },
    { account: "operator", workflow: "b" },
    { account: "user:1", workflow: "a" },
  ].map(workflowStream);
  expect(a).toMatch(/^workflow-[0-9a-f]{32}$/);
  expect(new Set([a, b, others]).size).toBe(3);
});

test("the operator's have the names from before there were other accounts", () => {
  const a = { account: "operator", workflow: "a" };
  expect(workflowStream(a)).toBe("workflow-ca978112ca1bbdcafac231b39a23dc4d");
  expect(limitStream({ ...a, concurrency_key: null })).toBe("limit-ca978112ca1bbdcafac231b39a23dc4d");
  expect(limitStream({ ...a, concurrency_key: "b" })).toBe("limit-38022fd2b8dbc5cb3d2cee74e083edbf");
});
