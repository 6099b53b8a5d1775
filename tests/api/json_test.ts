import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseJson } from "../../src/api/json.ts";
import { Problem } from "../../src/api/problems.ts";

describe("parseJson", () => {
  test("reads whatever JSON.stringify writes, indented or not", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), fc.constantFrom(0, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(parseJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  test("refuses a repeated key at any depth, and names it", () => {
    for (const text of [
      '{"a":1,"a":2}',
      '{"a":1,"a":1}',
      '{"x":[{"y":0},{"a":1,"b":2,"a":3}]}',
      '{"a":1,"\\u0061":2}',
      '{ "a" : {"a":{}} , "b":"}", "a" :2}',
      '{"__proto__":1,"a":1,"__proto__":2}',
    ]) {
      const problem = refusal(text);
      expect(problem.code).toBe("duplicate_key");
      expect(problem.detail).toContain(text.includes("__proto__") ? '"__proto__"' : '"a"');
    }
  });

  test("takes a key that only looks repeated", () => {
    for (const text of [
      '{"a":{"a":1},"b":[{"a":1},{"a":2}]}',
      '{"a":"a\\":1,","b":"{\\"a\\":1}"}',
      '{"a\\\\":1,"a":2}',
      '{"":1,"a":":"}',
      '{"__proto__":{"__proto__":1}}',
    ]) {
      expect(JSON.stringify(parseJson(text))).toBe(text);
    }
  });

  test("takes 64 levels and refuses 65", () => {
    const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
    expect(() => parseJson(nested(64))).not.toThrow();
    expect(refusal(nested(65)).code).toBe("json_too_deep");
    expect(refusal(nested(200_000)).code).toBe("json_too_deep");
    expect(refusal("[".repeat(200_000)).code).toBe("json_too_deep");
  });

  test("refuses what is not JSON, without quoting it", () => {
    for (const text of [
      "",
      "{",
      '{"a":',
      "{'a':1}",
      "[1,]",
      "nul",
      '"open',
      "1 2",
      "{}{}",
      "\u0000",
      '{"sk_live_secret":sk_live_secret}',
    ]) {
      const problem = refusal(text);
      expect(problem.code).toBe("malformed_json");
      expect(problem.detail).not.toContain("sk_live");
    }
  });
});

function refusal(text: string): Problem {
  try {
    parseJson(text);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error(`${text} was taken`);
}
