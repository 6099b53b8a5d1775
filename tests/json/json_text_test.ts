import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  decodeJson,
  decodeKept,
  isCheapToDecode,
  JsonText,
  keepAsText,
  keepListAsText,
  weightOf,
  writeJson,
} from "../../src/json/mod.ts";

const json = fc.jsonValue({ maxDepth: 4 });
const long = "x".repeat(100);

describe("a value that is kept as text", () => {
  test("is written as it is, wherever it is in another", () => {
    fc.assert(
      fc.property(fc.array(json), json, (values, beside) => {
        const plain = { beside, values, last: values.at(-1) };
        const texts = {
          beside,
          values: values.map((value) => keepAsText([value, long])),
          last: keepAsText([values.at(-1)]),
        };
        const expected = { beside, values: values.map((value) => [value, long]), last: [values.at(-1)] };
        expect(writeJson(texts)).toBe(JSON.stringify(expected));
        expect(JSON.stringify(texts)).toBe(JSON.stringify(expected));
        expect(writeJson(plain)).toBe(JSON.stringify(plain));
      }),
    );
  });

  test("is the same value when decoded, and the same text when written again", () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = JSON.stringify([value, long]);
        const one = keepAsText([value, long]);
        expect(one).toEqual(new JsonText(text));
        expect(decodeKept(one)).toEqual(decodeJson(text));
        expect(keepAsText(one)).toBe(one);
        expect(writeJson(one)).toBe(text);
      }),
    );
  });

  test("is kept as it is if it is small, or neither list nor object", () => {
    for (const value of [null, 7, 2n ** 60n, long, { a: 1 }, []]) expect(keepAsText(value)).toBe(value);
    expect(keepListAsText([1, null])).toEqual([1, null]);
    expect(keepListAsText([keepAsText([long]), undefined, 2n ** 60n])).toEqual(
      new JsonText(`[["${long}"],null,${2n ** 60n}]`),
    );
  });

  test("has integers beyond 2^53 with all their digits", () => {
    const value = [2n ** 63n - 1n, long];
    expect(decodeKept(keepAsText(value))).toEqual(value);
  });
});

test("only as many decoded values are kept as there is room for, the most recently read ones", () => {
  const large = Array.from({ length: 8 }, (_, index) => keepAsText([index, ...Array(400_000).fill([])]) as JsonText);
  for (const one of large) decodeKept(one);
  const held = large.map(isCheapToDecode);
  expect(held.at(-1)).toBe(true);
  expect(held.filter(Boolean).length).toBeLessThan(5);
  const last = large.at(-1) as JsonText;
  // Whoever has the same text has the same value.
  expect(decodeKept(new JsonText(`${last.text}`))).toBe(decodeKept(last));
});

test("a value counts by what its lists and objects take, not by its text", () => {
  const lists = `[${Array(10_000).fill("[]").join(",")}]`;
  expect(weightOf(lists)).toBeGreaterThan(15 * lists.length);
  const text = JSON.stringify([long.repeat(100)]);
  expect(weightOf(text)).toBeLessThan(1.1 * text.length);
  // The engine makes an array of a thousand places for each.
  expect(weightOf(`[${Array(1_000).fill('{"999":0}').join()}]`)).toBeGreaterThan(8_000_000);
});
