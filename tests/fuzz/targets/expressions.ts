/** Expressions and texts that contain them: any text, over any values, within any budget. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { type Expression, parseExpression } from "../../../src/domain/pipeline/expression.ts";
import {
  CostError,
  ExpressionError,
  MAX_RENDER_COST,
  MAX_RENDERED_LENGTH,
  Meter,
} from "../../../src/domain/pipeline/expression_cost.ts";
import { stepFaults } from "../../../src/domain/pipeline/pipeline_check.ts";
import { sizeOf } from "../../../src/domain/pipeline/size.ts";
import { compileTemplate, expressionsIn, render } from "../../../src/domain/pipeline/template.ts";
import { faultOfValue, parseJson } from "../../../src/json/mod.ts";
import type { FuzzTarget } from "../target.ts";

/** Of processor time, in ms: what one evaluation may take is a fraction of it. */
const SLOW_MS = 1_000;

const key = fc.constantFrom("a", "b", "list", "text", "__proto__", "constructor", "toString", "length", "😀");
const text = fc.oneof(
  fc.string({ unit: fc.constantFrom("a", "b", "😀", "\ud83d", "\ude00", "é", ",", "\u0000"), maxLength: 8 }),
  fc.constantFrom("__proto__", "..", "7615917337495251231", "1e400", "a".repeat(2_000), "ab".repeat(40)),
);
const large = fc.oneof(
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
);
const number = fc.oneof(fc.integer({ min: -3, max: 9 }), fc.double({ noNaN: true, noDefaultInfinity: true }), large);
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 3 },
    text,
    number,
    fc.constantFrom(null, true, false),
    fc.array(tie("json"), { maxLength: 6 }),
    fc.array(fc.tuple(key, tie("json")), { maxLength: 5 }).map((entries) => Object.fromEntries(entries)),
  ),
}));
/** Some of them so large that an operation on each of their elements costs too much. */
const payload = fc.record({
  a: json,
  b: json,
  list: fc.oneof(
    fc.array(json),
    fc.nat(5_000).map((length) => Array.from({ length }, (_, i) => i)),
  ),
  text: fc.oneof(
    text,
    fc.nat(20_000).map((length) => "a😀".repeat(length)),
  ),
});

const literal = fc.oneof(
  fc.constantFrom(
    "true",
    "false",
    "null",
    "1",
    "0",
    "-1",
    "2.5",
    "1e21",
    "7615917337495251231",
    "18446744073709551615",
  ),
  text.filter((value) => value.length < 20).map((value) => JSON.stringify(value)),
);
const { source } = fc.letrec<{ source: string; path: string }>((tie) => {
  const one = tie("source");
  const path = tie("path");
  return {
    path: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom("payload.a", "payload.b", "payload.list", "payload.text", "item", "index", "x"),
      fc.tuple(path, key).map(([of, name]) => (/^\w+$/.test(name) ? `${of}.${name}` : `${of}["${name}"]`)),
      fc.tuple(path, one).map(([of, at]) => `${of}[${at}]`),
    ),
    source: fc.oneof(
      { maxDepth: 4 },
      literal,
      path,
      path,
      fc
        .tuple(one, fc.constantFrom("==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "in", "&&", "||"), one)
        .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
      fc.tuple(fc.constantFrom("!", "-"), one).map(([operator, operand]) => `${operator}${operand}`),
      fc.tuple(one, one, one).map(([test, yes, no]) => `(${test} ? ${yes} : ${no})`),
      fc.array(one, { maxLength: 3 }).map((elements) => `[${elements.join(", ")}]`),
      fc
        .array(
          fc.tuple(
            fc.oneof(
              key.map((name) => JSON.stringify(name)),
              one,
            ),
            one,
          ),
          { maxLength: 3 },
        )
        .map((entries) => `{${entries.map((entry) => entry.join(": ")).join(", ")}}`),
      fc
        .tuple(fc.constantFrom("size", "string", "int", "double", "bool", "url_encode", "has"), one)
        .map(([name, argument]) => `${name}(${argument})`),
      fc.tuple(one, one).map(([list, separator]) => `join(${list}, ${separator})`),
      fc
        .tuple(
          one,
          fc.constantFrom("contains", "startsWith", "endsWith", "indexOf", "lastIndexOf", "split", "substring", "trim"),
          fc.array(one, { maxLength: 2 }),
        )
        .map(([of, name, args]) => `${of}.${name}(${args.join(", ")})`),
      fc
        .tuple(path, fc.constantFrom("map", "filter", "all", "exists", "exists_one"), one)
        .map(([list, name, body]) => `${list}.${name}(x, ${body})`),
    ),
  };
});
/** Nearly an expression. */
const mutated = fc
  .tuple(
    source,
    fc.nat(),
    fc.nat(3),
    fc.string({ unit: fc.constantFrom(...`()[]{}.,:?!"'\\ 1eux+&|\ud83d`), maxLength: 3 }),
  )
  .map(([whole, at, cut, inserted]) => {
    const from = at % (whole.length + 1);
    return whole.slice(0, from) + inserted + whole.slice(from + cut);
  });
const any = fc.oneof(
  { weight: 3, arbitrary: source },
  { weight: 1, arbitrary: mutated },
  fc.string({ unit: "binary" }),
);

export const expressions: FuzzTarget = {
  name: "expressions",
  properties: {
    "it has a value that JSON holds, or an error that says why; the same each time, at the same cost": fc.property(
      any,
      payload,
      (given, values) => {
        const read = attempt(() => parseExpression(given));
        if (!read.ok) return;
        const began = process.cpuUsage();
        const first = evaluated(read.value, values);
        const { user } = process.cpuUsage(began);
        strictEqual(user < SLOW_MS * 1_000, true, `it took ${user / 1_000} ms`);
        strictEqual(first.spent <= MAX_RENDER_COST, true);
        deepStrictEqual(evaluated(read.value, values), first);
        if (!first.ok) return;
        strictEqual(faultOfValue(first.value), undefined);
        const written = JSON.stringify(first.value);
        deepStrictEqual(JSON.stringify(parseJson(written)), written);
        // Escapes are longer than what is counted.
        strictEqual(written.length <= 6 * MAX_RENDERED_LENGTH, true);
      },
    ),
    "arithmetic with an integer beyond 2^53 is exact, or an error": fc.property(
      large,
      fc.oneof(
        large,
        fc.integer(),
        fc.integer({ min: -9_999, max: 9_999 }).map((eighths) => eighths / 8),
      ),
      fc.constantFrom("+", "-", "*", "/", "%"),
      fc.boolean(),
      (one, other, operator, isTurned) => {
        const [a, b] = isTurned ? [other, one] : [one, other];
        const found = attempt(() => parseExpression(`payload.a ${operator} payload.b`).evaluate({ payload: { a, b } }));
        // In eighths, all of them are whole.
        const [left, right] = [eighthsOf(a), eighthsOf(b)];
        if (!found.ok) return strictEqual(/whole number|integer overflow|by zero/.test(found.error.message), true);
        const value = eighthsOf(found.value as number | bigint);
        if (operator === "+") strictEqual(value, left + right);
        else if (operator === "-") strictEqual(value, left - right);
        else if (operator === "*") strictEqual(value * 8n, left * right);
        else if (operator === "/") strictEqual(value * right, left * 8n);
        else strictEqual(value, left % right);
      },
    ),
    "a smaller budget changes nothing but that it may not suffice": fc.property(
      source,
      payload,
      fc.nat(2_000),
      (given, values, budget) => {
        const read = attempt(() => parseExpression(given));
        if (!read.ok) return;
        const whole = evaluated(read.value, values);
        const part = evaluated(read.value, values, budget);
        strictEqual(part.spent <= budget, true);
        if (whole.spent <= budget && !(whole.error instanceof CostError)) deepStrictEqual(part, whole);
        else strictEqual(part.error instanceof CostError, true);
      },
    ),
    "nothing is changed by it, and no prototype is reached": fc.property(any, payload, (given, values) => {
      const before = JSON.stringify(values);
      const read = attempt(() => parseExpression(given));
      const outcome = read.ok ? evaluated(read.value, values) : undefined;
      strictEqual(JSON.stringify(values), before);
      strictEqual(Object.keys(Object.prototype).length, 0);
      strictEqual(JSON.stringify(outcome?.value ?? null).includes("[native code]"), false);
    }),
    "texts with expressions are rendered, or say where not": fc.property(
      fc.array(
        fc.oneof(
          source.map((one) => `{{ ${one} }}`),
          fc.string({ unit: fc.constantFrom(..."{}\"'a😀 \\") }),
        ),
      ),
      payload,
      (parts, values) => {
        const given = { "a/b": [parts.join(""), ...parts] };
        const places = [...expressionsIn(given)];
        const read = attempt(() => compileTemplate(given));
        if (!read.ok) return;
        for (const place of places) strictEqual("source" in place, true);
        const meter = new Meter();
        const first = attempt(() => read.value.render({ payload: values, item: 1, index: 0 }, meter));
        const again = attempt(() => render(given, { payload: values, item: 1, index: 0 }));
        // Reading it costs, too.
        if (!first.ok) return;
        deepStrictEqual(first.value.size, sizeOf(first.value.value));
        if (again.ok) deepStrictEqual(again.value, first.value.value);
      },
    ),
    "steps are checked, whatever stands in them": fc.property(any, any, (one, other) => {
      const steps = [{ id: "a", uses: "http", if: one, with: { a: `{{ ${other} }}`, b: [one] } }];
      for (const { message } of stepFaults(steps, new Set(["http"]))) {
        strictEqual(message.length < 2_000, true, message);
        strictEqual(!(one + other).isWellFormed() || message.isWellFormed(), true, message);
      }
    }),
  },
};

function eighthsOf(value: number | bigint): bigint {
  return typeof value === "bigint" ? value * 8n : BigInt(value * 8);
}

type Attempt<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: ExpressionError };

function attempt<Value>(action: () => Value): Attempt<Value> {
  try {
    return { ok: true, value: action() };
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return { ok: false, error };
  }
}

function evaluated(expression: Expression, payload: unknown, budget?: number) {
  const meter = new Meter(budget);
  const outcome = attempt(() => expression.evaluate({ payload, item: [1], index: 0 }, meter));
  return { value: undefined, error: undefined, ...outcome, spent: meter.spent };
}
