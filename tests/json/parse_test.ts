import { describe, expect, spyOn, test } from "bun:test";
import fc from "fast-check";
import { findFault } from "../../src/json/fault.ts";
import { decodeJson, faultOfValue, JsonError, parseForeignJson, parseJson } from "../../src/json/mod.ts";

describe("parseJson", () => {
  test("parses whatever JSON.stringify writes, indented or not", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), fc.constantFrom(0, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(JSON.parse(JSON.stringify(parseJson(text)))).toEqual(JSON.parse(text));
      }),
    );
  });

  test("rejects a repeated key at any depth, and names it", () => {
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
      expect(problem.message).toContain(text.includes("__proto__") ? '"__proto__"' : '"a"');
    }
  });

  test("names a long repeated key by its beginning", () => {
    const key = `${"k".repeat(63)}😀${"k".repeat(100_000)}`;
    expect(refusal(`{"${key}":1,"${key}":2}`).message).toBe(
      `An object of the text repeats the key "${"k".repeat(63)}😀…".`,
    );
  });

  test("points to places under long keys by a pointer's first 200 characters", () => {
    const numbers = (key: string) => refusal(`{"a":{"${key}":[${"1e400,".repeat(100)}1]}}`);
    expect(numbers("k".repeat(195)).pointers[0]).toBe(`/a/${"k".repeat(195)}/0`);
    expect(numbers("k".repeat(196)).pointers[0]).toBe(`/a/${"k".repeat(196)}/…`);
    const { message, pointers } = numbers(`${"k".repeat(196)}😀${"k".repeat(200_000)}`);
    expect(pointers).toEqual(Array(20).fill(`/a/${"k".repeat(196)}😀…`));
    expect(message.length).toBeLessThan(500);
    const { value, kept_as_text } = parseForeignJson(`{"${"/".repeat(200_000)}":{"a":1e400}}`);
    expect(kept_as_text.pointers).toEqual([`/${"~1".repeat(99)}~…`]);
    expect(Object.keys(value as object)).toEqual(["/".repeat(200_000)]);
    let nested: unknown = Number.NaN;
    for (let level = 0; level < 50; level++) nested = { [`a${level}${"k".repeat(20)}`]: nested };
    const pointer = faultOfValue(nested)?.pointer as string;
    expect(pointer).toStartWith(`/a49${"k".repeat(20)}/a48`);
    expect([pointer.length, pointer.indexOf("…")]).toEqual([201, 200]);
  });

  test("accepts a key that only looks repeated", () => {
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

  test("accepts 64 levels and rejects 65", () => {
    const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
    expect(() => parseJson(nested(64))).not.toThrow();
    expect(refusal(nested(65)).code).toBe("too_deep");
    expect(refusal(nested(200_000)).code).toBe("too_deep");
    expect(refusal("[".repeat(200_000)).code).toBe("too_deep");
  });

  test("rejects what is not JSON, without quoting it", () => {
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
      expect(problem.code).toBe("malformed");
      expect(problem.message).not.toContain("sk_live");
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
  ])("reports where and what is wrong with %j", (text, expected) => {
    expect(refusal(text).message).toContain(`The text is not valid JSON: ${expected}`);
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

/** What has to be looked at closely: exponents, long fractions, large integers, subnormals, beyond all. */
const COSTLY = [
  ...["1e-300", "1e5", "0e0", "1E+22", "1e17", "5e-324", "4e-324", "1.5e-323", "1e-400", "1e999"],
  ...["0.12345678901234567", "0.1234567890123456789012", "7615917337495251231", "12345678.5e-3"],
];

describe("numbers", () => {
  test.each([
    ["9007199254740991", 9007199254740991],
    ["9007199254740992", 9007199254740992n],
    ["-9007199254740993", -9007199254740993n],
    ["7615917337495251231", 7615917337495251231n],
    ["18446744073709551615", 18446744073709551615n],
    ["-9223372036854775808", -9223372036854775808n],
    ["9007199254740993.0", 9007199254740993n],
    ["900719925474099.3e1", 9007199254740993n],
    ["1e16", 10000000000000000n],
    ["1E+2", 100],
    ["1.0", 1],
    ["-0", -0],
    ["0e999999999999999999999", 0],
    ["0.000", 0],
    ["100000000000000000000", 1e20],
    ["1e300", 1e300],
    ["1.7976931348623157e308", Number.MAX_VALUE],
    ["5e-324", 5e-324],
    ["0.1", 0.1],
    ["0.30000000000000004", 0.1 + 0.2],
    [`1${"0".repeat(22)}`, 1e22],
    [`0.${"0".repeat(9)}1`, 1e-10],
  ])("%s passes unchanged", (text, value) => {
    expect(parseJson(text)).toBe(value);
    expect(parseJson(`{"a":[${text}]}`)).toEqual({ a: [value] });
    expect(decodeJson<unknown>(text)).toBe(value);
    expect(parseJson(JSON.stringify(value))).toBe(Object.is(value, -0) ? 0 : value);
  });

  test.each([
    "1e400",
    "-1e400",
    "1e-400",
    "4e-324",
    "18446744073709551616",
    "-9223372036854775809",
    "99999999999999999999",
    "9007199254740993.5",
    "0.1234567890123456789",
    "0.99999999999999999999",
    "0.10000000000000001",
    "1e99999999999999999999",
    "1e-99999999999999999999",
    `1${"0".repeat(400)}`,
    `1${"0".repeat(100_000)}1`,
    `0.${"0".repeat(100_000)}1`,
  ])("%.40s is rejected, with a pointer", (text) => {
    const error = refusal(`{"a~/":[{"b":1},{"__proto__":${text}}],"c":${text}}`);
    expect(error.code).toBe("number_not_representable");
    expect(error.pointers).toEqual(["/a~0~1/1/__proto__", "/c"]);
    expect(error.message).toEndWith("(and 1 more like it). Send it as a string.");
  });

  test.each<[string, unknown]>([
    ["1e17", 10n ** 17n],
    ["7615917337495251231", 7615917337495251231n],
    ['{"id":7615917337495251231}', { id: 7615917337495251231n }],
  ])("beyond doubles are limited to 10,240 per text, wherever it comes from: %s", (one, value) => {
    const most = `[${Array(10_240).fill(one).join()},1]`;
    for (const read of [parseJson, (text: string) => parseForeignJson(text).value]) {
      expect(read(most)).toEqual([...Array(10_240).fill(value), 1]);
    }
    for (const oneMore of ["-9007199254740993", "1e400", "0.1234567890123456789"]) {
      const text = `${most.slice(0, -1)},${oneMore}]`;
      for (const { code, message } of [refusal(text), refusal(text, parseForeignJson)]) {
        expect([code, message]).toEqual([
          "number_not_representable",
          "The text has more than 10240 integers beyond 2^53 - 1 and numbers that cannot be kept unchanged; more are taken as strings alone.",
        ]);
      }
    }
    expect(decodeJson<unknown[]>(`[${most},${most}]`).flat()).toHaveLength(20_482);
  });

  test.each<[string, number]>([
    ['{"7":0}', 10_240],
    ['{"4294967294":0}', 10_240],
    ['{"1":[],"0":{"\\u0031":0}}', 3_413],
    // JavaScriptCore makes an array of 1,000 places for each.
    ['{"999":0}', 1_001],
    ['{"a":0,"\\u0039\\u00399":0}', 1_001],
    ['{"0":[{"999":0}],"500":0,"999":0}', 501],
  ])("as keys are limited per text, wherever it comes from: %s", (one, count) => {
    const textOf = (times: number) => `[${Array(times).fill(one).join()}]`;
    for (const read of [parseJson, (text: string) => parseForeignJson(text).value]) {
      expect(read(textOf(count))).toEqual(JSON.parse(textOf(count)));
    }
    for (const { code, message } of [refusal(textOf(count + 1)), refusal(textOf(count + 1), parseForeignJson)]) {
      expect([code, message]).toEqual([
        "too_many_numeric_keys",
        'The text has more than 10240 keys that are whole numbers, as "7" is, or many that are large, in many objects; begin such keys with a letter.',
      ]);
    }
    expect(decodeJson<unknown[]>(textOf(count + 1))).toHaveLength(count + 1);
  });

  test.each(["07", "4294967295", "-1", "1.5", "1e3", "7 ", "x7", "\\u00e97", "\\u00300"])(
    "as keys count if they are array indices: %s does not",
    (key) => {
      const text = `{"a":[${Array(10_241).fill(`{"${key}":"7:"}`).join()}]}`;
      expect(parseJson(text)).toEqual(JSON.parse(text));
    },
  );

  test("in a response from outside are kept as text, with pointers", () => {
    const text = '{"id":7615917337495251231,"__proto__":1e400,"n":[1,-0.1234567890123456789]}';
    const { value, kept_as_text } = parseForeignJson(text);
    expect(JSON.stringify(value)).toBe(
      '{"id":7615917337495251231,"__proto__":"1e400","n":[1,"-0.1234567890123456789"]}',
    );
    expect(kept_as_text).toEqual({ count: 2, pointers: ["/__proto__", "/n/1"] });
    expect(parseForeignJson("1e400")).toEqual({ value: "1e400", kept_as_text: { count: 1, pointers: [""] } });
  });

  test.each(COSTLY)("are parsed without a function call for each value: %s", (number) => {
    const text = `[${`${number},`.repeat(1_000)}${"1,".repeat(1_000)}1]`;
    const parse = spyOn(JSON, "parse");
    const exec = spyOn(RegExp.prototype, "exec");
    try {
      for (const read of [parseForeignJson, decodeJson, orRefusal]) read(text);
      expect(exec.mock.calls.length).toBeLessThan(10);
      expect(parse.mock.calls.length).toBeLessThan(10);
      for (const [, reviver] of parse.mock.calls) expect(reviver).toBeUndefined();
    } finally {
      exec.mockRestore();
      parse.mockRestore();
    }
  });

  test("agree with exact arithmetic", () => {
    const digits = fc.stringMatching(/^(?:0|[1-9]\d{0,21})(?:\.\d{1,22})?$/);
    const power = fc.oneof(
      fc.constant(""),
      fc.integer({ min: -345, max: 312 }).map((n) => `e${n}`),
    );
    const any = fc.tuple(fc.constantFrom("", "-"), digits, power).map((parts) => parts.join(""));
    // Doubles as they are written, and integers about the edges.
    const double = fc.double({ noNaN: true, noDefaultInfinity: true }).map(String);
    const edge = fc
      .tuple(fc.constantFrom(2n ** 53n, 2n ** 63n, 2n ** 64n), fc.bigInt({ min: -3n, max: 3n }), fc.boolean())
      .map(([near, by, negative]) => String((near + by) * (negative ? -1n : 1n)));
    const tiny = fc.integer({ min: 0, max: 400 }).map((n) => `1e-${n}`);
    fc.assert(
      fc.property(fc.oneof(any, double, edge, tiny), (text) => {
        const { value, kept_as_text } = parseForeignJson(`[${text}]`);
        const [number] = value as [unknown];
        expect([text, number]).toEqual([text, expectedOf(text)]);
        expect(kept_as_text.count).toBe(typeof number === "string" ? 1 : 0);
        if (typeof number !== "string") expect(decodeJson<unknown>(`[${text}]`)).toEqual([number]);
      }),
      { numRuns: 20_000 },
    );
  });

  test("within a string are not numbers", () => {
    expect(parseJson('{"a":"x, 1e400, 18446744073709551616"}')).toEqual({ a: "x, 1e400, 18446744073709551616" });
  });

  test("are written with all their digits wherever they are", async () => {
    const value = { id: 7615917337495251231n, list: [-9007199254740993n, 1] };
    const text = '{"id":7615917337495251231,"list":[-9007199254740993,1]}';
    expect(JSON.stringify(value)).toBe(text);
    expect(await Response.json(value).text()).toBe(text);
    expect(decodeJson<unknown>(text)).toEqual(value);
  });
});

test("a value has the same limits as a text", () => {
  const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: [nested(levels - 2)] });
  expect(faultOfValue(nested(64))).toBeUndefined();
  expect(faultOfValue([nested(64)])).toEqual({ code: "too_deep", pointer: `/0${"/a/0".repeat(31)}/a` });
  const round: unknown[] = [];
  round.push(round);
  expect(faultOfValue(round)?.code).toBe("too_deep");
  expect(faultOfValue({ a: [1, Number.NaN] })).toEqual({ code: "number_not_representable", pointer: "/a/1" });
  expect(faultOfValue([2n ** 64n])).toEqual({ code: "number_not_representable", pointer: "/0" });
  expect(faultOfValue([2n ** 64n - 1n, -(2n ** 63n), null, "x", undefined])).toBeUndefined();
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function refusal(text: string, read: (text: string) => unknown = parseJson): JsonError {
  try {
    read(text);
  } catch (error) {
    if (error instanceof JsonError) return error;
    throw error;
  }
  throw new Error(`${text} was taken`);
}

function orRefusal(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    return error;
  }
}

/** What becomes of a number, by fractions of integers. */
function expectedOf(text: string): unknown {
  const [num, den] = fractionOf(text);
  const integer = num % den === 0n ? num / den : undefined;
  const isLarge = integer !== undefined && !Number.isSafeInteger(Number(integer));
  if (isLarge && integer >= -(2n ** 63n) && integer < 2n ** 64n) return integer;
  const nearest = Number(text);
  if (!Number.isFinite(nearest)) return text;
  const [held, heldDen] = fractionOf(String(nearest));
  return num * heldDen === held * den ? nearest : text;
}

function fractionOf(text: string): [bigint, bigint] {
  const [mantissa = "", power = "0"] = text.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const exponent = Number(power) - fraction.length;
  const digits = BigInt(whole + fraction);
  return exponent < 0 ? [digits, 10n ** BigInt(-exponent)] : [digits * 10n ** BigInt(exponent), 1n];
}
