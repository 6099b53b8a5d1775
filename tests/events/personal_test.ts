import { describe, expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { personal, personalPointers } from "../../events/personal.ts";

const Name = Type.String({ minLength: 1, maxLength: 64 });

describe("the personal parts of a schema", () => {
  test("are listed as JSON pointers", () => {
    const schema = Type.Object({
      email: personal(Name),
      plan: Name,
      address: Type.Object({ city: Name, street: personal(Name) }),
      "a/b~c": personal(Name),
    });
    expect(personalPointers(schema)).toEqual(["/email", "/address/street", "/a~1b~0c"]);
  });

  test("are found in arrays, records, alternatives and what may be absent", () => {
    const schema = Type.Object({
      members: Type.Array(Type.Object({ name: personal(Name), role: Name })),
      notes: Type.Record(Type.String(), personal(Name)),
      phone: Type.Optional(personal(Name)),
      contact: Type.Union([Type.Null(), Type.Object({ email: personal(Name) })]),
    });
    expect(personalPointers(schema)).toEqual(["/members/*/name", "/notes/*", "/phone", "/contact/email"]);
  });

  test("are named once, as a whole", () => {
    const person = personal(Type.Object({ email: personal(Name) }));
    expect(personalPointers(Type.Object({ person }))).toEqual(["/person"]);
    expect(personalPointers(Type.Union([person, personal(Type.Null())]))).toEqual([""]);
    expect(personalPointers(Name)).toEqual([]);
  });
});

test("a mark changes neither what matches nor the schema that was marked", () => {
  const marked = Type.Object({ email: Type.Optional(personal(Name)) });
  expect(Value.Check(marked, {})).toBe(true);
  expect(Value.Check(marked, { email: "a" })).toBe(true);
  expect(Value.Check(marked, { email: "" })).toBe(false);
  expect(personalPointers(Type.Object({ name: Name }))).toEqual([]);
});
