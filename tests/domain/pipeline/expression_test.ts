import { describe, expect, test } from "bun:test";
import { parseExpression } from "../../../src/domain/pipeline/expression.ts";
import {
  CostError,
  ExpressionError,
  MAX_RENDER_COST,
  MAX_RENDERED_LENGTH,
  Meter,
} from "../../../src/domain/pipeline/expression_cost.ts";
import { expressionsIn, parseSingleExpression, RenderError, render } from "../../../src/domain/pipeline/template.ts";

const values = {
  payload: {
    n: 3,
    f: 1.5,
    text: "hi",
    none: null,
    list: [1, 2, 3],
    people: [
      { name: "Ann", admin: true },
      { name: "Bob", admin: false },
    ],
    "a-b": { c: 7 },
    yes: true,
  },
  steps: { fetch: { status: "succeeded", output: { status: 200, body: { id: 7 } } } },
};
const evaluate = (source: string, given: object = values) => parseExpression(source).evaluate(given);

function faultOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof ExpressionError) return error.message;
    throw error;
  }
  throw new Error("It has a value");
}

describe("an expression", () => {
  test.each<[string, unknown]>([
    ["payload.n", 3],
    ["payload.n + 1", 4],
    ["1 + payload.n", 4],
    ["payload.n * 2 - 1", 5],
    ["payload.n / 2", 1.5],
    ["payload.n % 2", 1],
    ["7 / 2", 3],
    ["payload.f * 2", 3],
    ["payload.n == 3 && payload.n >= 3.0", true],
    ["payload.text + '!'", "hi!"],
    ["payload.none", null],
    ["payload.none == null", true],
    ["payload['a-b'].c", 7],
    ["payload.list[0]", 1],
    ["payload.list.map(x, x * 2)", [2, 4, 6]],
    ["payload.people.filter(p, p.admin).map(p, p.name)", ["Ann"]],
    ["payload.people.exists(p, p.name == 'Bob')", true],
    ["payload.list.all(x, x < 3)", false],
    ["join(payload.people.map(p, p.name), ', ')", "Ann, Bob"],
    ["size(payload.list)", 3],
    ["2 in payload.list", true],
    ["has(payload.nothing) ? 1 : 2", 2],
    ["steps.fetch.output.body.id", 7],
    ["steps['fetch'].status", "succeeded"],
    ["{'a': payload.n, 'b': [1, null, 'x']}", { a: 3, b: [1, null, "x"] }],
    ["payload.yes ? payload.people[0] : null", { name: "Ann", admin: true }],
    ["string(payload.n) + payload.text.upperAscii()", "3HI"],
  ])("%s", (source, value) => {
    expect(evaluate(source)).toEqual(value);
  });

  test.each([
    ["payload.user.name", "payload.user is missing"],
    ["payload.list[7]", "payload.list[7] is beyond the list's end"],
    ["steps.fetch.output.body.uid", "steps.fetch.output.body.uid is missing"],
    ["payload.text + 1", "a text + a number has no meaning"],
    ["payload.n ? 1 : 2", '"?:" needs true or false; this is a number'],
    ["1 / 0", "division by zero"],
    ["1.0 / 0.0", "a number that JSON cannot represent"],
    ["payload.n % 0.0", "a number that JSON cannot represent"],
    ["payload.list.name", "payload.list.name is missing: payload.list is a list"],
    ["payload.text.x", "payload.text.x is missing: payload.text is a text"],
    ["item.x", "there is no item here"],
    ["{payload.text: 1, 'hi': 2}", 'The key "hi" is repeated'],
    ["{payload.n: 1}", "A key must be a text; this is a number"],
    ["payload.list.map(x, x.y)", "x.y is missing"],
    ["payload.people.all(p, p.age > 1)", "p.age is missing"],
  ])("without a value says why: %s", (source, why) => {
    const fault = faultOf(() => evaluate(source));
    expect(fault).toContain(why);
    expect(fault).toContain(JSON.stringify(source));
  });

  test.each([
    ["payload.", "Cannot read"],
    ["1 +", "Cannot read"],
    ["", "Cannot read"],
    ["nobody.x", '"nobody" is unknown'],
    ["steps", '"steps" needs a step'],
    ["steps.fetch.ouput.body", 'A step has "output" and "status"; "ouput" is unknown'],
    ["steps[payload.text].output", '"steps" needs the literal name of a step'],
    ["payload.text.matches('(a+)+$')", '"matches" is not a function'],
    ["cel.bind(a, payload, a)", '"bind" is not a function'],
    ["eval('1')", '"eval" is not a function'],
    ["__tick(1)", '"__tick" is not a function'],
    ["timestamp(0)", '"timestamp" is not a function'],
    ["size(1, 2)", "size() does not take a number and a number; it takes a text, or a list, or a map"],
    ["size(payload, 1)", "size() does not take any value and a number"],
    ["'a' + 1", "a text + a number has no meaning"],
    ["!1", '"!" needs true or false'],
    ["-'a'", '"-" takes a number'],
    ["1 ? 2 : 3", '"?:" needs true or false'],
    ["'abc'.map(x, x)", '"map" takes a list'],
    ["b'bytes'", "are not JSON"],
    ["1u", "are not JSON"],
    ["18446744073709551616", "does not fit into 64 bits"],
    ["{'a': 1, 'a': 2}", 'The key "a" is repeated'],
    ["{'a': 1, \"a\": 2}", 'The key "a" is repeated'],
    ["{1: 2}", "A key must be a text; this is a number"],
    ["has(payload)", "has() takes a path"],
    ["has(steps.fetch)", "has() takes a path within a step"],
    ["payload.list.map(x, payload.list.map(y, x * y))", "cannot be nested in another loop"],
    ["payload.list.filter(x, payload.list.exists(y, y == x))", "cannot be nested in another loop"],
    ["payload.list.map(1, 2)", "iteration variable"],
    ["payload.list.all(x, 1, 2)", "takes the name of a variable and an expression"],
    ["payload.list.map()", "takes the name of a variable"],
    ["'x'".padEnd(1_001), "1001 characters; 1000 are allowed"],
  ])("that is not allowed says why: %s", (source, why) => {
    expect(faultOf(() => parseExpression(source))).toContain(why);
  });

  test("has up to 1,000 characters, whatever their size", () => {
    expect(evaluate(`size('${"😀".repeat(992)}')`)).toBe(992);
    const fault = faultOf(() => parseExpression(`size('${"😀".repeat(993)}')`));
    expect(fault).toBe("The expression has 1001 characters; 1000 are allowed.");
  });

  test.each(["constructor", "__proto__", "prototype", "toString", "valueOf", "hasOwnProperty", "length"])(
    "reaches nothing but JSON: %s",
    (name) => {
      for (const of of ["payload", "payload.text", "payload.list", "payload.n", "steps.fetch"]) {
        expect(faultOf(() => evaluate(`${of}["${name}"]`))).toMatch(
          /is missing|no_such|cannot|Cannot|No such|Invalid/i,
        );
        expect(faultOf(() => evaluate(`${of}.${name}`))).toMatch(/is missing|Cannot read|No such|A step has/i);
      }
      // Even where the JSON has such a key of its own, it is that key's value and nothing else.
      const own = JSON.parse(`{"payload": {"${name}": 1}}`);
      expect([1, undefined] as unknown[]).toContain(valueOrNothing(() => evaluate(`payload["${name}"]`, own)));
    },
  );

  test("cannot set a prototype", () => {
    const given = { payload: { key: "__proto__" } };
    const value = valueOrNothing(() => evaluate("{payload.key: {'polluted': true}}", given)) ?? {};
    expect((value as { polluted?: unknown }).polluted).toBeUndefined();
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test("reports the variables and steps that it uses, except its own loop variables", () => {
    const { variables, steps } = parseExpression("payload.list.map(steps, steps.x + item).size() + steps.a.output");
    expect([...variables].sort()).toEqual(["item", "payload", "steps"]);
    expect([...steps]).toEqual(["a"]);
  });

  test("that would take long stops at its budget, as on every machine", () => {
    const numbers = Array.from({ length: 49_000 }, (_, i) => i);
    const texts = numbers.map(String);
    const long = "a".repeat(400_000);
    const payload = {
      l: numbers,
      m: [...numbers],
      texts,
      objects: numbers.map((n) => ({ n })),
      long,
      unlike: `${long.slice(2)}\`b`,
      hay: `${long}\`b${long}`,
      needle: `${"a".repeat(100_000)}\`b${"a".repeat(99_998)}`,
    };
    for (const source of [
      "payload.l.map(x, payload.l) == payload.l.map(x, payload.m)",
      "payload.l.map(x, payload.l) != payload.l.map(x, payload.m)",
      "payload.texts.filter(x, x in payload.texts && !(x in payload.texts))",
      "payload.objects.map(x, x in payload.objects)",
      "payload.l.map(x, payload.l + payload.m)",
      "payload.l.map(x, payload.long + 'x')",
      "payload.l.map(x, payload.long == payload.unlike)",
      "payload.l.map(x, payload.long < payload.unlike)",
      "payload.l.map(x, payload.long.size())",
      "payload.l.map(x, size(payload.objects[0]) + size(payload.long))",
      "payload.l.map(x, payload.long.substring(1))",
      "payload.l.map(x, payload.long.trim())",
      "payload.l.map(x, payload.long.upperAscii())",
      "payload.l.map(x, payload.long.split('a'))",
      "payload.l.map(x, payload.long.split(''))",
      "payload.l.map(x, url_encode(payload.long))",
      "payload.l.map(x, join(payload.texts, ','))",
      "payload.l.map(x, payload.long.endsWith(payload.long))",
      "payload.hay.indexOf(payload.needle)",
      "payload.hay.lastIndexOf(payload.needle)",
      "payload.hay.contains(payload.needle)",
      "payload.hay.split(payload.needle)",
      "payload.l.exists(x, x.nope == 1)",
      "payload.l.all(x, 1 / 0 == 1)",
      "payload.l.map(x, x.nope == 1 || true).map(x, x || x)",
      "payload.l.map(x, [x, x, x, x, x, x, x, x, x, x, x, x])",
      "payload.l.map(x, {'a': x, 'b': x, 'c': x, 'd': x, 'e': x})",
      "payload.l.map(x, string(x) + string(x))",
    ]) {
      const meter = new Meter();
      const before = process.cpuUsage();
      expect([source, errorOf(() => parseExpression(source).evaluate({ payload }, meter))]).toEqual([
        source,
        expect.any(CostError),
      ]);
      const { user, system } = process.cpuUsage(before);
      expect(user + system).toBeLessThan(500_000);
      expect(meter.spent).toBeLessThanOrEqual(MAX_RENDER_COST);
      // It does not depend on the clock: the same again.
      const again = new Meter();
      errorOf(() => parseExpression(source).evaluate({ payload }, again));
      expect([source, again.spent]).toEqual([source, meter.spent]);
    }
  }, 60_000);

  test("costs what it takes, for any operand on either side", () => {
    const mapOf = (size: number, key: (i: number) => string) =>
      Object.fromEntries(Array.from({ length: size }, (_, i) => [key(i), i]));
    const payload = {
      l: Array.from({ length: 1_000 }, (_, i) => i),
      small: { a: 1 },
      map: mapOf(20_000, (i) => `key ${i}`),
      places: mapOf(1_000, String),
      fractions: Array.from({ length: 1_000 }, (_, i) => i + 1.25),
      large: Array.from({ length: 1_000 }, (_, i) => 2n ** 60n + BigInt(i)),
      long: "a".repeat(16_000),
    };
    const many = (text: string) => Array.from({ length: 1_000 }, () => text);
    for (const [template, units] of [
      ["{{ payload.small == payload.map }}", 20_000],
      ["{{ payload.map == payload.small }}", 20_000],
      ["{{ size(payload.map) }}", 20_000],
      // A table of places is slower than a map's shape.
      ["{{ payload.places == payload.places }}", 40_000],
      ["{{ payload.places }}", 20_000],
      [{ ...payload.places, b: "{{ 1 }}" }, 40_000],
      ["{{ payload.l.map(x, {'0': x}) }}", 40_000],
      // Each has a shape of its own.
      ["{{ payload.l.map(x, {string(x + 1000): x}).size() }}", 40_000],
      // Each has a place for each number up to its key.
      ["{{ payload.l.map(x, {'399': x}).size() }}", 200_000],
      ["{{ payload.l.map(x, {string(x): x}).size() }}", 250_000],
      ["{{ payload.l.map(x, {'1': x, '0': x, '2': x, '1000': x}).size() }}", 80_000],
      ["{{ payload.l.filter(x, string(x) in payload.places).size() }}", 20_000],
      ["{{ payload.l.filter(x, has(payload.places[string(x)])).size() }}", 20_000],
      ["{{ payload.l.map(x, payload.places[string(x)]).size() }}", 20_000],
      ["{{ payload.long in payload.map }}", 1_000],
      ["{{ payload.fractions }}", 4_000],
      ["{{ payload.large }}", 12_000],
      ["- {{ payload.l }}", 3_000],
      ["{{ payload.long.size() }}", 2_000],
      [`{{ payload.l.map(x, double("${"1".repeat(99)}")).size() }}`, 24_000],
      [many("{{ 1 }}"), 100_000],
      [`{{ 1 }}${"{ ".repeat(8_000)}`, 8_000],
    ] as const) {
      const meter = new Meter();
      render(template, { payload }, meter);
      const name = JSON.stringify(template).slice(0, 80);
      const isInOrder = meter.spent >= units && meter.spent < Math.max(1_000, units * 4);
      expect([name, meter.spent, isInOrder]).toEqual([name, meter.spent, true]);
    }
  });

  test("discards errors without printing what each is about", () => {
    const texts = JSON.stringify(Array.from({ length: 95 }, () => "xxxx"));
    const payload = { l: Array.from({ length: 3_000 }, (_, i) => i) };
    for (const source of [
      `payload.l.exists(x, payload[${texts}[0] + "a"] == 1)`,
      `payload.l.exists(x, {"a": ${texts}}.zzz == 1)`,
      `payload.l.exists(x, steps[${JSON.stringify("y".repeat(900))}].output == 1)`,
    ]) {
      const times = Array.from({ length: 5 }, () => {
        const before = process.threadCpuUsage();
        expect(errorOf(() => evaluate(source, { payload }))).toBeInstanceOf(CostError);
        const { user, system } = process.threadCpuUsage(before);
        return user + system;
      });
      expect(Math.min(...times)).toBeLessThan(25_000);
    }
  });

  test("costs the same on every machine, and its whole budget may be used", () => {
    const spend = (budget?: number) => {
      const meter = new Meter(budget);
      const value = parseExpression("payload.list.map(x, x * 2)").evaluate(values, meter);
      return { value, spent: meter.spent };
    };
    const { spent } = spend();
    expect(spent).toBe(24);
    expect(spend(spent).value).toEqual([2, 4, 6]);
    expect(errorOf(() => spend(spent - 1))).toBeInstanceOf(CostError);
  });

  test("with too large a result is rejected before that is built", () => {
    const payload = {
      list: Array.from({ length: 5_000 }, () => 1),
      large: "x".repeat(400_000),
      most: "x".repeat(MAX_RENDERED_LENGTH - 2),
    };
    expect(faultOf(() => evaluate("payload.list.map(x, payload.large)", { payload }))).toContain("more than 1000000");
    expect(faultOf(() => evaluate("join(payload.list.map(x, payload.large), '')", { payload }))).toContain(
      "more than 1000000",
    );
    expect(evaluate("payload.large + payload.large", { payload })).toHaveLength(800_000);
    expect(faultOf(() => evaluate("payload.large + payload.large + payload.large", { payload }))).toContain("1000000");
    expect(evaluate("payload.most", { payload })).toHaveLength(MAX_RENDERED_LENGTH - 2);
    expect(faultOf(() => evaluate("payload.most + 'x'", { payload }))).toContain("more than 1000000");
  });

  test("nests no deeper than JSON from outside may, whatever its input", () => {
    const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
    expect(evaluate("payload", { payload: nested(64) })).toEqual(nested(64));
    expect(faultOf(() => evaluate("[payload]", { payload: nested(64) }))).toContain("more than 64 levels deep");
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level++) deep = [deep];
    expect(faultOf(() => evaluate("payload == payload", { payload: deep }))).toContain("too deep");
  });

  test.each([
    "(".repeat(499),
    "[".repeat(999),
    "-".repeat(999),
    "!".repeat(999),
    "{'a':".repeat(199),
    "a?".repeat(499),
    "payload".padEnd(999, "[0]"),
  ])("that nests without end is rejected: %#", (source) => {
    expect(faultOf(() => parseExpression(source))).toContain("Cannot read the expression");
  });

  test("is quoted partly if it is long, and never cut within a character", () => {
    const fault = faultOf(() => parseExpression(`'${"😀".repeat(450)}' + 1`));
    expect(fault.length).toBeLessThan(1_000);
    expect(fault.isWellFormed()).toBe(true);
    for (const spaces of ["", " "]) {
      expect(faultOf(() => render(`{{${spaces}'${"😀".repeat(450)}`, values)).isWellFormed()).toBe(true);
      expect(faultOf(() => evaluate(`payload['${spaces}${"😀".repeat(450)}']`)).isWellFormed()).toBe(true);
    }
  });
});

describe("whole numbers", () => {
  const payload = {
    id: 7615917337495251231n,
    near: 7615917337495251000n,
    double: 7615917337495251000,
    max: 9223372036854775807n,
    unsigned: 18446744073709551615n,
    safe: 9007199254740991,
    n: 3,
  };
  test.each<[string, unknown]>([
    ["payload.id", 7615917337495251231n],
    ["payload.unsigned", 18446744073709551615n],
    ["payload.id == 7615917337495251231", true],
    ["payload.id == payload.near", false],
    ["payload.id == payload.double", false],
    ["payload.id > payload.double", true],
    ["payload.id in [payload.near, payload.double]", false],
    ["[payload.id] == [7615917337495251231]", true],
    ["{'a': payload.id} == {'a': 7615917337495251230}", false],
    ["payload.id + 1", 7615917337495251232n],
    ["payload.id - payload.near", 231],
    ["payload.id + payload.n", 7615917337495251234n],
    ["payload.id / 9", 846213037499472359n],
    ["payload.id / payload.id", 1],
    ["0 / payload.id", 0],
    ["payload.unsigned - 1", 18446744073709551614n],
    ["payload.max + 1", 9223372036854775808n],
    ["payload.max * 2", 18446744073709551614n],
    ["payload.unsigned - payload.unsigned", 0],
    ["-(-9223372036854775807 - 1)", 9223372036854775808n],
    ["-(payload.max + 1)", -9223372036854775808n],
    ["payload.id % 10", 1],
    ["-payload.id", -7615917337495251231n],
    ["payload.safe + 1", 9007199254740992n],
    ["payload.safe + payload.n", 9007199254740994n],
    ["payload.safe * payload.n", 27021597764222973n],
    ["9007199254740992 + 1", 9007199254740993n],
    ["-9223372036854775808", -9223372036854775808n],
    ["payload.unsigned == 18446744073709551615", true],
    ["string(payload.id)", "7615917337495251231"],
    ["string(payload.unsigned)", "18446744073709551615"],
    ["int('7615917337495251231')", 7615917337495251231n],
    ["int('-12')", -12],
    ["url_encode(payload.id)", "7615917337495251231"],
    ["size(payload.id in [1] ? [] : [1])", 1],
    ["1e21", 1e21],
    ["1e21 + 1.0", 1e21],
    ["string(1e21)", "1e+21"],
    ["1.5e-7", 1.5e-7],
    ["double('1.5') + 1", 2.5],
    ["int(2.9)", 2],
    ["1 == 1.0", true],
    ["1 + 1.5", 2.5],
    ["1 == '1'", false],
  ])("are exact within 64 bits: %s", (source, value) => {
    expect(evaluate(source, { payload })).toEqual(value);
  });

  test.each([
    "payload.unsigned + 1",
    "payload.max * 3",
    "18446744073709551615 + 1",
    "-9223372036854775807 - 2",
    "-payload.unsigned",
    "payload.id + 1e300",
    "payload.id / 0.0625",
    "payload.safe * payload.safe",
  ])("that need more are an error, not another number: %s", (source) => {
    expect(faultOf(() => evaluate(source, { payload }))).toContain("integer overflow");
  });

  test.each<[string, unknown]>([
    ["7 / 2", 3],
    ["-7 / 2", -3],
    ["-7 % 2", -1],
    ["9007199254740993 / 2", 4503599627370496],
    ["18446744073709551615 / 2", 9223372036854775807n],
    ["(9007199254740993 - 9007199254740986) / 2", 3],
    ["(true ? 9007199254740993 : 1) / 2", 4503599627370496],
    ["int(payload.id) / 2", 3807958668747625615n],
    ["-int(payload.id) / int(payload.n)", -2538639112498417077n],
    ["int(payload.n) / 2", 1],
    ["size([1, 2, 3]) / 2", 1],
    ["'abc'.indexOf('b') / 2", 0],
    ["[7][0] / 2", 3],
  ])("of the expression, of int() and size() use integer division: %s", (source, value) => {
    expect(evaluate(source, { payload })).toEqual(value);
  });

  test.each<[string, unknown]>([
    ["payload.n / 2", 1.5],
    ["payload.n / payload.n", 1],
    ["7 / payload.n", 7 / 3],
    ["7 / 2.0", 3.5],
    ["payload.n / 2 * 2 == payload.n", true],
    // Their difference is one of JSON's, too.
    ["(payload.id - payload.near) / 2", 115.5],
    ["double(payload.id) / 2", 7615917337495251000 / 2],
    ["double(payload.id) + 0.5", 7615917337495251000],
  ])("from JSON divide as in JSON: %s", (source, value) => {
    expect(evaluate(source, { payload })).toEqual(value);
  });

  test.each<[string, unknown]>([
    ["payload.even * 0.5", 4503599627370497],
    ["payload.even / 2.0", 4503599627370497],
    ["payload.even / 0.5", 18014398509481988n],
    ["payload.even / -0.25", -36028797018963976n],
    ["payload.odd * 1.0", 9007199254740993n],
    ["payload.odd + 1e15", 10007199254740993n],
    ["payload.odd % 0.5", 0],
    ["payload.odd % 2.0", 1],
    ["payload.odd / 1e0", 9007199254740993n],
    ["payload.odd - double(1)", 9007199254740992n],
    ["payload.odd == double(payload.odd)", false],
    ["payload.odd > double(payload.odd)", true],
    ["payload.odd <= 9007199254740992.0", false],
    ["string(payload.odd * 1.0)", "9007199254740993"],
  ])("beyond 2^53 are exact with a double, if the result is an integer: %s", (source, value) => {
    expect(evaluate(source, { payload: { odd: 9007199254740993n, even: 9007199254740994n } })).toEqual(value);
  });

  test.each([
    "payload.odd / 2",
    "payload.odd / 2.0",
    "payload.odd / payload.even",
    "1 / payload.odd",
    "0.5 / payload.odd",
    "[9007199254740993][0] / 2",
    "[payload.odd].map(x, x / 2)",
    "payload.odd + 0.5",
    "0.5 - payload.odd",
    "payload.odd + 5e-324",
    "payload.odd * 0.1",
    "payload.odd / 1e-3",
    "payload.odd % 0.3",
    "-payload.odd / 2",
  ])("beyond 2^53 have no fraction, and the error says what to write: %s", (source) => {
    const fault = faultOf(() => evaluate(source, { payload: { odd: 9007199254740993n, even: 9007199254740994n } }));
    expect(fault).toContain("is not a whole number, and none beyond 2^53 has an exact fraction");
    expect(fault).toMatch(/write int\(…\) around both sides .*, or double\(…\) around both/);
  });

  test.each([
    ["payload.id / 0", "division by zero"],
    ["payload.id / 0.0", "division by zero"],
    ["payload.id % 0", "modulo by zero"],
    ["payload.id % (0.0 * 1.0)", "modulo by zero"],
    ["payload.n % 0", "modulo by zero"],
    ["payload.id + 1.0 / 0.0", "a number that JSON cannot represent"],
    ["payload.id * (0.0 / 0.0)", "a number that JSON cannot represent"],
  ])("are not divided by zero: %s", (source, why) => {
    expect(faultOf(() => evaluate(source, { payload }))).toContain(why);
  });

  test.each([
    "int('')",
    "int(' 1')",
    "int('0x1')",
    "int('18446744073709551616')",
    "int(1e30)",
    "int(1.0/0.0)",
    "double('')",
    "double('inf')",
    "double('1e400')",
    `double('${"1".repeat(900)}x')`,
  ])("are not parsed from anything else: %s", (source) => {
    expect(faultOf(() => evaluate(source, { payload }))).toMatch(/int\(\)|double\(\)/);
  });

  test("are inserted in texts verbatim", () => {
    expect(render("{{ payload.id }}/{{ [payload.unsigned] }}", { payload })).toBe(
      "7615917337495251231/[18446744073709551615]",
    );
  });
});

describe("numbers with a point or an exponent", () => {
  test.each<[string, unknown]>([
    ["0.1", 0.1],
    ["-1.50", -1.5],
    ["1E-7", 1e-7],
    ["5e-324", 5e-324],
    ["1e19", 1e19],
    ["1e23", 1e23],
    ["0e-999", 0],
    ["9007199254740992.0", 9007199254740992],
    ["'0.1234567890123456789'", "0.1234567890123456789"],
    ["1.5 // not 0.1234567890123456789", 1.5],
  ])("are what is written: %s", (source, value) => {
    expect(evaluate(source)).toBe(value);
  });

  test.each([
    ["0.1234567890123456789", "0.1234567890123456789 would become 0.12345678901234568: write that, or a text"],
    ["1e-400", "1e-400 would become 0.0: write that, or a text"],
    ["1e400", "1e400 is larger than any number: write a text"],
    ["9007199254740993.0", "would become 9007199254740992: write the whole number 9007199254740993, which is exact"],
    ["9223372036854775808.0", "would become 9223372036854776000: write the whole number 9223372036854775808"],
    ["18446744073709551616.0", "would become 18446744073709552000.0: write that, or a text"],
    ["'é😀' == 'x' ? 1.5 : -1e-400", "1e-400 would become 0.0"],
    ["payload.list.map(x, x * 0.10000000000000000001)", "0.10000000000000000001 would become 0.1"],
    ["size({'a': [1e-400]})", "1e-400 would become 0.0"],
    ["has(payload[1e-400])", "1e-400 would become 0.0"],
    ["true || payload.list[1e-400] == 1e400", "1e400 is larger than any number"],
    [`0.${"1".repeat(70)}`, "1111… would become 0.1111111111111111"],
  ])("that would change are rejected when they are parsed: %s", (source, why) => {
    expect(faultOf(() => parseExpression(source))).toContain(why);
  });

  test("are rejected only with a representable number in their place", () => {
    for (const source of ["0.12345678901234568", "0.0", "18446744073709552000.0", "9223372036854775808"]) {
      expect(String(evaluate(source))).toBe(source.replace(/\.0$/, ""));
    }
  });
});

describe("text", () => {
  const payload = { s: "a😀b😀c", flag: "🇩🇪", half: "\ud83d", low: "\ude00", nul: "\u0000" };
  test.each<[string, unknown]>([
    ["size(payload.s)", 5],
    ["payload.s.size()", 5],
    ["size(payload.flag)", 2],
    ["payload.s.substring(0, size(payload.s))", "a😀b😀c"],
    ["payload.s.substring(1, 2)", "😀"],
    ["payload.s.substring(2)", "b😀c"],
    ["payload.s.substring(5)", ""],
    ["payload.s.indexOf('b')", 2],
    ["payload.s.indexOf('😀', 2)", 3],
    ["payload.s.indexOf('x')", -1],
    ["payload.s.lastIndexOf('😀')", 3],
    ["payload.s.lastIndexOf('😀', 2)", 1],
    ["payload.s.lastIndexOf('')", 5],
    ["payload.s.indexOf('', 5)", 5],
    ["payload.s.substring(payload.s.indexOf('b'), payload.s.lastIndexOf('c'))", "b😀"],
    ["payload.s.split('')", ["a", "😀", "b", "😀", "c"]],
    ["payload.s.split('😀')", ["a", "b", "c"]],
    ["payload.s.split('😀', 2)", ["a", "b😀c"]],
    ["payload.s.split('😀', 0)", []],
    ["'aaaa'.split('aa')", ["", "", ""]],
    ["''.split('')", []],
    ["''.split(',')", [""]],
    // Half of a character stands in none.
    ["payload.s.contains(payload.half)", false],
    ["payload.s.split(payload.low)", ["a😀b😀c"]],
    ["payload.s.indexOf(payload.low)", -1],
    ["'😀'.startsWith(payload.half)", false],
    ["'😀'.endsWith(payload.low)", false],
    ["'\uffff' < '😀'", true],
    ["'😀' < '😁'", true],
    ["'a' < 'ab' && 'ab' <= 'ab' && 'b' > 'ab'", true],
    ["'äÄİß'.lowerAscii() + 'äÄß'.upperAscii()", "äÄİßäÄß"],
    ["'Ab1'.lowerAscii() + 'Ab1'.upperAscii()", "ab1AB1"],
    ["' a '.trim()", "a"],
    [`'${"ab".repeat(20)}'.indexOf('${"ba".repeat(10)}')`, 1],
    [`'${"ab".repeat(20)}'.lastIndexOf('${"ba".repeat(10)}')`, 19],
    [`'${"ab".repeat(20)}'.split('${"ba".repeat(10)}')`, ["a", `${"ba".repeat(9)}b`]],
    [`'x${"aaab".repeat(9)}'.contains('${"aaab".repeat(8)}aaac')`, false],
  ])("is measured and cut in code points: %s", (source, value) => {
    expect(evaluate(source, { payload })).toEqual(value);
  });

  test.each([
    "payload.s.substring(6)",
    "payload.s.substring(-1)",
    "payload.s.substring(2, 1)",
    "payload.s.indexOf('a', 6)",
    "payload.s.substring(1.5)",
  ])("has no index outside: %s", (source) => {
    expect(faultOf(() => evaluate(source, { payload }))).toMatch(/positions are 0 to 5|before its start|whole number/);
  });

  test("that is searched is searched in linear time", () => {
    const fill = "a".repeat(50_000);
    const payload = {
      hay: `${fill}\`b${fill}`,
      needle: `${"a".repeat(20_000)}\`b${"a".repeat(19_998)}`,
      none: `${"a".repeat(20_000)}b\``,
    };
    const before = process.cpuUsage();
    expect(evaluate("payload.hay.indexOf(payload.needle)", { payload })).toBe(30_000);
    expect(evaluate("payload.hay.lastIndexOf(payload.needle)", { payload })).toBe(30_000);
    expect(evaluate("payload.hay.contains(payload.none)", { payload })).toBe(false);
    expect(evaluate("size(payload.hay.split(payload.needle))", { payload })).toBe(2);
    const { user } = process.cpuUsage(before);
    expect(user).toBeLessThan(1_000_000);
  });
});

describe("a map built by an expression", () => {
  test.each<[string, string]>([
    ["{'__proto__': 1}", '{"__proto__":1}'],
    ["{'__proto__': {'polluted': true}}", '{"__proto__":{"polluted":true}}'],
    ["{'constructor': 1, 'prototype': 2, 'toString': 3}", '{"constructor":1,"prototype":2,"toString":3}'],
    ["{payload.key: 1}", '{"__proto__":1}'],
    ["[{'__proto__': 1}].map(x, x)[0]", '{"__proto__":1}'],
    ["payload.own", '{"__proto__":7,"constructor":8}'],
  ])("has the keys that are written, as its own: %s", (source, json) => {
    const payload = JSON.parse('{"key": "__proto__", "own": {"__proto__": 7, "constructor": 8}}');
    const value = evaluate(source, { payload }) as object;
    expect(JSON.stringify(value)).toBe(json);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test("is read only by its own keys", () => {
    const payload = JSON.parse('{"own": {"__proto__": 7, "constructor": 8}, "none": {}}');
    for (const [source, value] of [
      ["payload.own['__proto__']", 7],
      ["payload.own.constructor", 8],
      ["'__proto__' in payload.own", true],
      ["'__proto__' in payload.none", false],
      ["'toString' in payload.none", false],
      ["has(payload.none.constructor)", false],
      ["has(payload.own.constructor)", true],
      ["has(payload.none.toString)", false],
      ["has(payload.own['__proto__'])", true],
      ["{'__proto__': 1} == {}", false],
      ["{'__proto__': 1} == {'__proto__': 1}", true],
      ["{} == {'toString': 1}", false],
      ["size({'__proto__': 1})", 1],
      ["payload.own.map(key, key)", ["__proto__", "constructor"]],
    ] as const) {
      expect([source, evaluate(source, { payload })]).toEqual([source, value as never]);
    }
  });
});

test("a deciding operand decides, even if the other side fails", () => {
  for (const [source, value] of [
    ["payload.nope || true", true],
    ["true || payload.nope", true],
    ["payload.nope && false", false],
    ["false && payload.nope", false],
    ["[0, 1].exists(x, 1 / x == 1)", true],
    ["[0, 1].all(x, 1 / x == 5)", false],
    ["[1, 2, 3].exists_one(x, x > 2)", true],
    ["[1, 2, 3].exists_one(x, x > 1)", false],
    ["[1, 2, 3].map(x, x > 1, x * 2)", [4, 6]],
    ["[].all(x, x.y)", true],
  ] as const) {
    expect([source, evaluate(source)]).toEqual([source, value as never]);
  }
  expect(faultOf(() => evaluate("payload.nope || false"))).toContain("payload.nope is missing");
  expect(faultOf(() => evaluate("payload.nope && true"))).toContain("payload.nope is missing");
});

describe("url_encode", () => {
  test.each<[string, string]>([
    ["'a b&c=d/e?f#g'", "a%20b%26c%3Dd%2Fe%3Ff%23g"],
    ["'ä😀'", "%C3%A4%F0%9F%98%80"],
    ['"!\'()*"', "%21%27%28%29%2A"],
    ["'aZ09-._~'", "aZ09-._~"],
    ["'...'", "..."],
    ["'../..'", "..%2F.."],
    ["7", "7"],
    ["true", "true"],
    ["''", ""],
  ])("makes one part of a URL of a value: %s", (source, value) => {
    expect(evaluate(`url_encode(${source})`)).toBe(value);
  });
  test.each(["'.'", "'..'", "payload.half", "payload.list", "null"])("rejects what cannot be one: %s", (source) => {
    const payload = { half: "\ud83d", list: [1] };
    expect(faultOf(() => evaluate(`url_encode(${source})`, { payload }))).toContain("url_encode()");
  });
});

describe("a template", () => {
  test.each<[string, unknown]>([
    ["plain", "plain"],
    ["{{ payload.n }}", 3],
    ["{{payload.people[0]}}", { name: "Ann", admin: true }],
    ["{{ payload.none }}", null],
    ["n={{ payload.n }}!", "n=3!"],
    ["{{ payload.text }}{{ payload.n }}", "hi3"],
    [" {{ payload.n }}", " 3"],
    ["{{ payload.people[1] }}.", '{"name":"Bob","admin":false}.'],
    ["{{ {'a': {'b': 1}} }}", { a: { b: 1 } }],
    ["{{ '}}' + \"{{\" }}", "}}{{"],
    ["{{ 'it\\'s }}' }}", "it's }}"],
    ["{ {payload.n} }", "{ {payload.n} }"],
    ["}} {{ '{{' }}", "}} {{"],
    ["", ""],
  ])("%s", (text, value) => {
    expect(render(text, values)).toEqual(value);
  });

  test("is searched for in every text of a value, not in its keys", () => {
    const value = {
      "{{ key }}": [{ id: "{{ steps.fetch.output.body.id }}" }, 1, null],
      __proto__x: "a{{ payload.n }}",
    };
    expect(render(value, values)).toEqual({ "{{ key }}": [{ id: 7 }, 1, null], __proto__x: "a3" });
  });

  test("keeps a key named __proto__ a key", () => {
    const rendered = render(JSON.parse('{"__proto__": "{{ payload.n }}"}'), values) as object;
    expect(Object.getPrototypeOf(rendered)).toBe(Object.prototype);
    expect(JSON.stringify(rendered)).toBe('{"__proto__":3}');
  });

  test("that cannot be rendered says where", () => {
    const broken = () => render({ a: { "b/c": ["ok", "{{ payload.nope }}"] } }, values);
    expect(broken).toThrow(RenderError);
    try {
      broken();
    } catch (error) {
      expect(error).toMatchObject({
        pointer: "/a/b~1c/1",
        message: expect.stringContaining("payload.nope is missing"),
      });
    }
  });

  test("of a thousand expressions has one budget, metered while it is rendered", () => {
    const payload = { large: "x".repeat(300_000), list: Array.from({ length: 49_000 }, (_, i) => i) };
    const many = (text: string) => Array.from({ length: 1_000 }, () => text);
    for (const value of [
      many("{{ payload.large }}").join(""),
      many("{{ payload.large }}"),
      { a: many("{{ payload.large }} "), b: many("x{{ payload.list }}") },
      many("{{ size(payload.list.filter(x, x > 3)) }}"),
      many("{{ payload.large == payload.large + 'x' }}"),
    ]) {
      const before = process.memoryUsage().rss;
      const error = errorOf(() => render(value, { payload }));
      expect(error).toBeInstanceOf(RenderError);
      expect((error as RenderError).cause).toBeInstanceOf(CostError);
      expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
    }
  });

  test("returns at most a million characters of JSON", () => {
    const half = "x".repeat(MAX_RENDERED_LENGTH / 2 - 2);
    const twice = { a: "{{ payload }}", b: "{{ payload }}" };
    expect(render(twice, { payload: half })).toEqual({ a: half, b: half });
    expect(faultOf(() => render(twice, { payload: `${half}x` }))).toContain("more than 1000000 characters of JSON");
  });

  test("without an end is rejected", () => {
    expect(faultOf(() => render("a {{ payload.n", values))).toContain("}} is missing");
    expect(faultOf(() => render("{{ 'a }}", values))).toContain("}} is missing");
  });

  test("shows its expressions before they are parsed", () => {
    const found = [...expressionsIn({ a: "{{ payload.n }} {{ steps.x.output }}", b: ["{{ 1 + }}"], c: "{{" })];
    expect(found).toMatchObject([
      { pointer: "/a", source: "payload.n" },
      { pointer: "/a", source: "steps.x.output" },
      { pointer: "/b/0", source: "1 +" },
      { pointer: "/c", message: expect.stringContaining("}} is missing") },
    ]);
  });
});

test("a whole expression may be given with its braces or without", () => {
  expect(parseSingleExpression("{{ payload.n == 3 }}").evaluate(values)).toBe(true);
  expect(parseSingleExpression("payload.n == 3").evaluate(values)).toBe(true);
  expect(faultOf(() => parseSingleExpression("is {{ payload.n }}"))).toContain("Only a single expression");
});

function errorOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

function valueOrNothing(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    if (error instanceof ExpressionError) return undefined;
    throw error;
  }
}
