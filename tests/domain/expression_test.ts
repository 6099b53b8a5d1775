import { describe, expect, test } from "bun:test";
import { ExpressionError, parseExpression } from "../../src/domain/expression.ts";
import { expressionsIn, RenderError, render, wholeExpression } from "../../src/domain/template.ts";

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
    ["payload.text + 1", "no such overload"],
    ["payload.n ? 1 : 2", "must be bool"],
    ["1 / 0", "division by zero"],
    ["1.0 / 0.0", "a number that JSON cannot hold"],
    ["9007199254740992 + 1", "an integer beyond 2^53"],
    ["b'bytes'", "no JSON value"],
  ])("without a value says why: %s", (source, why) => {
    const fault = faultOf(() => evaluate(source));
    expect(fault).toContain(why);
    expect(fault).toContain(JSON.stringify(source));
  });

  test.each([
    ["payload.", "Cannot read"],
    ["1 +", "Cannot read"],
    ["", "Cannot read"],
    ["nobody.x", '"nobody" is not known'],
    ["steps", '"steps" needs a step'],
    ["steps.fetch.ouput.body", 'A step has "output" and "status"; "ouput" is not known'],
    ["steps[payload.text].output", '"steps" needs a step that is named outright'],
    ["payload.text.matches('(a+)+$')", '"matches" cannot be called'],
    ["cel.bind(a, payload, a)", '"bind" cannot be called'],
    ["eval('1')", '"eval" cannot be called'],
    ["__tick(1)", '"__tick" cannot be called'],
    ["timestamp(0)", '"timestamp" cannot be called'],
    ["size(1, 2)", "no matching overload"],
    ["'a' + 1", "Cannot read"],
    ["payload.list.map(x, payload.list.map(y, x * y))", "cannot stand within another loop"],
    ["payload.list.filter(x, payload.list.exists(y, y == x))", "cannot stand within another loop"],
    ["payload.list.map(1, 2)", "iteration variable"],
    ["payload.list.map()", "takes the name of a variable"],
    ["'x'".padEnd(1_001), "1001 characters; 1000 are allowed"],
  ])("that may not be written says why: %s", (source, why) => {
    expect(faultOf(() => parseExpression(source))).toContain(why);
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

  test("says which variables and steps it names, those of its loops aside", () => {
    const { variables, steps } = parseExpression("payload.list.map(steps, steps.x + item).size() + steps.a.output");
    expect([...variables].sort()).toEqual(["item", "payload", "steps"]);
    expect([...steps]).toEqual(["a"]);
  });

  test("that takes long is stopped", () => {
    const list = Array.from({ length: 20_000 }, (_, i) => `${i}`);
    const began = performance.now();
    const fault = faultOf(() =>
      evaluate("payload.list.filter(x, x in payload.list && !(x in payload.list))", { payload: { list } }),
    );
    expect(fault).toContain("it takes longer than 1000 ms");
    expect(performance.now() - began).toBeLessThan(10_000);
  }, 30_000);

  test("that gives too much is refused before it is made", () => {
    const payload = { list: Array.from({ length: 5_000 }, () => 1), large: "x".repeat(400_000) };
    expect(faultOf(() => evaluate("payload.list.map(x, payload.large)", { payload }))).toContain("more than 1000000");
    expect(faultOf(() => evaluate("join(payload.list.map(x, payload.large), '')", { payload }))).toContain(
      "longer than",
    );
    expect(evaluate("payload.large + payload.large", { payload })).toHaveLength(800_000);
    expect(faultOf(() => evaluate("payload.large + payload.large + payload.large", { payload }))).toContain("1000000");
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

  test("is looked for in every text of a value, not in its keys", () => {
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

  test("that has no end is refused", () => {
    expect(faultOf(() => render("a {{ payload.n", values))).toContain("}} is missing");
    expect(faultOf(() => render("{{ 'a }}", values))).toContain("}} is missing");
  });

  test("shows its expressions before they are evaluated, and what is wrong with them", () => {
    const found = expressionsIn({ a: "{{ payload.n }} {{ steps.x.output }}", b: ["{{ 1 + }}"] });
    expect(found.map(({ pointer }) => pointer)).toEqual(["/a", "/a", "/b/0"]);
    expect(found[2]?.found).toBeInstanceOf(ExpressionError);
  });
});

test("a whole expression may stand with its braces or without", () => {
  expect(wholeExpression("{{ payload.n == 3 }}").evaluate(values)).toBe(true);
  expect(wholeExpression("payload.n == 3").evaluate(values)).toBe(true);
  expect(faultOf(() => wholeExpression("is {{ payload.n }}"))).toContain("One whole expression");
});

function valueOrNothing(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    if (error instanceof ExpressionError) return undefined;
    throw error;
  }
}
