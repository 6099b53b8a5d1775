import { describe, expect, test } from "bun:test";
import { FormatRegistry, Type } from "@sinclair/typebox";
import { ValueErrorType } from "@sinclair/typebox/errors";
import Ajv from "ajv";
import fc from "fast-check";
import { type Check, compileCheck, firstCharacters } from "../../src/json/mod.ts";

const EMOJI = "😀";

FormatRegistry.Set("shout", (value) => value === value.toUpperCase());

function faults(check: Check<ReturnType<typeof Type.Object>>, value: unknown) {
  return [...check.errors(value)].map(({ path, message }) => `${path} ${message}`);
}

describe("the lengths of a schema", () => {
  const schema = Type.Object({
    name: Type.String({ minLength: 2, maxLength: 3 }),
    list: Type.Optional(Type.Array(Type.Union([Type.Null(), Type.String({ maxLength: 2 })]))),
    map: Type.Optional(Type.Record(Type.String(), Type.String({ maxLength: 1, format: "shout" }))),
    shaped: Type.Optional(Type.String({ maxLength: 4, pattern: "^a" })),
  });
  const check = compileCheck(schema);

  test.each([
    [{ name: EMOJI.repeat(3) }, []],
    [{ name: EMOJI.repeat(4) }, ["/name Expected string length less or equal to 3"]],
    [{ name: EMOJI }, ["/name Expected string length greater or equal to 2"]],
    [{ name: "\ud800\ud800\ud800" }, []],
    [{ name: "ab", list: [EMOJI.repeat(2), null] }, []],
    [{ name: "ab", list: [EMOJI.repeat(3)] }, ["/list/0 Expected union value"]],
    [{ name: "ab", map: { x: EMOJI } }, []],
    [{ name: "ab", map: { x: EMOJI + EMOJI } }, ["/map/x Expected string length less or equal to 1"]],
    [{ name: "ab", map: { x: "a" } }, ["/map/x Expected string to match 'shout' format"]],
    [{ name: "ab", shaped: `a${EMOJI.repeat(3)}` }, []],
    [{ name: "ab", shaped: EMOJI }, ["/shaped Expected string to match '^a'"]],
    [{ name: 7 }, ["/name Expected string"]],
  ])("count characters: %j", (value, expected) => {
    expect(check.is(value)).toBe(expected.length === 0);
    expect(faults(check as never, value)).toEqual(expected);
  });

  test("leave the schema as it is declared, and so do errors", () => {
    const [error] = check.errors({ name: "" });
    expect(error?.schema).toBe(schema.properties.name);
    expect(schema.properties.name).toMatchObject({ minLength: 2, maxLength: 3 });
  });

  test("count as JSON Schema's own validators do", () => {
    const ajv = new Ajv();
    const checks = [{ minLength: 3 }, { maxLength: 3 }, { minLength: 2, maxLength: 4 }, { maxLength: 0 }].map(
      (limits) => ({
        ours: compileCheck(Type.String(limits)),
        theirs: ajv.compile({ type: "string", ...limits }),
      }),
    );
    const unit = fc.constantFrom("a", EMOJI, "\ud800", "\udc00", "é", "e\u0301");
    fc.assert(
      fc.property(fc.constantFrom(...checks), fc.string({ unit, maxLength: 8 }), ({ ours, theirs }, value) => {
        expect(ours.is(value)).toBe(theirs(value));
      }),
      { numRuns: 500 },
    );
  });
});

test("a text is cut between characters", () => {
  expect(firstCharacters("a😀b", 2)).toBe("a😀");
  expect(firstCharacters("a😀b", 3)).toBe("a😀b");
  expect(firstCharacters("😀😀", 1)).toBe("😀");
  expect(firstCharacters("abc", 0)).toBe("");
});

test("a text that is too long is not matched against a pattern", () => {
  // Of a text like this one, the pattern's search would not end.
  const schema = Type.Object({ a: Type.String({ minLength: 1, maxLength: 3, pattern: "^(?:a+)+$" }) });
  const check = compileCheck(schema);
  const long = { a: `${"a".repeat(64)}!` };
  expect(check.is(long)).toBe(false);
  expect([...check.errors(long)].map(({ message }) => message)).toEqual(["Expected string length less or equal to 3"]);
  expect([...check.errors({ a: "ab!" })].map(({ type }) => type)).toEqual([ValueErrorType.StringPattern]);
  expect(check.is({ a: "aaa" })).toBe(true);
});
