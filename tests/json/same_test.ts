import { describe, expect, test } from "bun:test";
import { Glob } from "bun";
import { decodeJson, isSameJson } from "../../src/json/mod.ts";

const ROOT = `${import.meta.dir}/../..`;

describe("two JSON values are the same", () => {
  test.each([
    ["0", "-0"],
    ["[-0, 0.0]", "[0, -0e5]"],
    ['{"a":{"b":[-0]}}', '{"a":{"b":[0]}}'],
    ["1", "1.0"],
    ["7615917337495251231", "7615917337495251231.0"],
    ["9007199254740992", "9007199254740992e0"],
    ['{"a":1,"b":[2,{}]}', '{"b":[2,{}],"a":1}'],
    ['{"__proto__":{"a":1}}', '{"__proto__":{"a":1}}'],
    ['"é"', '"\\u00e9"'],
    ["null", "null"],
  ])("in any notation: %s and %s", (left, right) => {
    expect(isSameJson(decodeJson(left), decodeJson(right))).toBe(true);
    expect(isSameJson(decodeJson(right), decodeJson(left))).toBe(true);
  });

  test("however a number is represented", () => {
    expect(isSameJson({ n: 2n ** 53n }, { n: 2 ** 53 })).toBe(true);
    expect(isSameJson([1n], [1])).toBe(true);
    expect(isSameJson(2n ** 53n + 1n, 2 ** 53)).toBe(false);
  });

  test("if a property is undefined in one and missing in the other", () => {
    expect(isSameJson({ a: 1, b: undefined }, { a: 1 })).toBe(true);
    expect(isSameJson({ a: 1 }, { a: 1, b: undefined })).toBe(true);
    expect(isSameJson({ a: undefined }, { b: undefined })).toBe(true);
    expect(isSameJson({ a: undefined, b: 1 }, { a: 1, b: undefined })).toBe(false);
  });
});

test.each([
  ["0", "null"],
  ["0", "false"],
  ["1", '"1"'],
  ["7615917337495251231", "7615917337495251232"],
  ["[]", "{}"],
  ["[1,2]", "[2,1]"],
  ["[1]", "[1,1]"],
  ['{"a":1}', '{"a":1,"b":null}'],
  ['{"a":1}', '{"b":1}'],
  ["{}", "null"],
  ['{"__proto__":{}}', '{"a":{}}'],
  ['{"constructor":1}', '{"a":1}'],
])("two JSON values are not the same: %s and %s", (left, right) => {
  expect(isSameJson(decodeJson(left), decodeJson(right))).toBe(false);
  expect(isSameJson(decodeJson(right), decodeJson(left))).toBe(false);
});

test("JSON is compared in one place", async () => {
  const others: string[] = [];
  for await (const path of new Glob("{src,events,projections,connectors}/**/*.ts").scan(ROOT)) {
    const source = await Bun.file(`${ROOT}/${path}`).text();
    if (/deepEquals|isDeepStrictEqual|deepStrictEqual/.test(source)) others.push(path);
  }
  expect(others).toEqual([]);
});
