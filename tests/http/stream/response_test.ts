import { expect, test } from "bun:test";
import { respondWithJson, respondWithWrittenJson } from "../../../src/http/stream/response.ts";
import { JsonText } from "../../../src/json/mod.ts";
import { roundsDuring } from "../../support/rounds.ts";

const textOf = async (answer: Response | string) => (typeof answer === "string" ? answer : await answer.text());

test("many large responses at once are written one per turn of the event loop", async () => {
  /** Longer than a slice. */
  const write = () => {
    const until = performance.now() + 6;
    while (performance.now() < until);
    return "[]";
  };
  const rounds = await roundsDuring(() =>
    Promise.all(Array.from({ length: 20 }, () => respondWithWrittenJson(write, { headers: {} }))),
  );
  expect(rounds).toBeGreaterThanOrEqual(18);
});

test("kept text is inserted in a response verbatim, however large, and is not decoded for it", async () => {
  for (const count of [10, 100_000]) {
    // Invalid JSON: decoding it would throw.
    const output = new JsonText(`[${"é,".repeat(count)}]`);
    const set: { headers: Record<string, unknown> } = { headers: {} };
    const answer = await respondWithJson({ a: 1, output, b: [output] }, set);
    expect(await textOf(answer)).toBe(`{"a":1,"output":${output.text},"b":[${output.text}]}`);
    expect(set.headers).toEqual({ "content-type": "application/json" });
  }
});
