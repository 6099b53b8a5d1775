import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseJson } from "../../src/api/json.ts";
import { findFault } from "../../src/api/json_fault.ts";
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

  test.each([
    ["{", "expected a key in double quotes at line 1, column 2, but the text ends"],
    ['{"a" 1}', 'expected a colon at line 1, column 6, but there is "1"'],
    ['{\n  "a": [1, 2}\n', 'expected a comma or ] at line 2, column 13, but there is "}"'],
    ["[1,]", 'expected a value at line 1, column 4, but there is "]"'],
    ["{'a': 1}", `expected a key in double quotes at line 1, column 2, but there is "'"`],
    ['"a\tb"', "expected no control character within a string"],
    ['"\\x"', "expected an escape that there is"],
    ['"abc', "expected the double quote that ends the string at line 1, column 5, but the text ends"],
    ["01", 'expected nothing after the value at line 1, column 2, but there is "1"'],
    ["[1]😀", 'expected nothing after the value at line 1, column 4, but there is "😀"'],
    ["", "expected a value at line 1, column 1, but the text ends"],
    ["\u0000", 'expected a value at line 1, column 1, but there is "\\u0000"'],
  ])("of %j it says where and what", (text, expected) => {
    expect(refusal(text).detail).toContain(`The body is not valid JSON: ${expected}`);
  });

  test("a fault is found where the engine finds one, and nowhere else", () => {
    const tokens = [
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"',
      '"a"',
      "\\n",
      "\\u00e9",
      "1",
      "-0.5e+3",
      "01",
      "true",
      "nul",
      " ",
      "\n",
      "\t",
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...tokens), { maxLength: 12 }), (parts) => {
        const text = parts.join("");
        expect([text, findFault(text) === undefined]).toEqual([text, isJson(text)]);
      }),
      { numRuns: 5_000 },
    );
    fc.assert(fc.property(fc.json(), (text) => expect(findFault(text)).toBeUndefined()));
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function refusal(text: string): Problem {
  try {
    parseJson(text);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error(`${text} was taken`);
}
