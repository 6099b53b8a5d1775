import { describe, expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import {
  acceptingSealed,
  type PersonalPlace,
  personal,
  personalPointers,
  replaceParts,
  Sealed,
  sealedText,
} from "../../events/personal.ts";
import { compileCheck, decodeJson, JsonText } from "../../src/json/mod.ts";

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

  test("have a class, by which they can be selected", () => {
    const schema = Type.Object({
      email: personal(Name),
      ip: personal(Name, "trace"),
      notice: Type.Optional(personal(Name, "evidence")),
      vat_id: personal(Name, "fiscal"),
    });
    expect(personalPointers(schema)).toEqual(["/email", "/ip", "/notice", "/vat_id"]);
    expect(personalPointers(schema, { kept_as: "profile" })).toEqual(["/email"]);
    expect(personalPointers(schema, { kept_as: "trace" })).toEqual(["/ip"]);
    expect(personalPointers(schema, { kept_as: "evidence" })).toEqual(["/notice"]);
    expect(personalPointers(schema, { kept_as: "fiscal" })).toEqual(["/vat_id"]);
  });
});

describe("replacing parts of data", () => {
  const upper = (value: unknown) => String(value).toUpperCase();

  test("finds each place of a pointer, and says where it is", () => {
    const data = {
      members: [{ name: "ada", role: "owner" }, { role: "none" }, { name: "bo" }],
      notes: { "a/b~": "n" },
    };
    const places: PersonalPlace[] = [];
    const replaced = replaceParts(data, ["/members/*/name", "/notes/*", "/missing/deep"], (value, place) => {
      places.push(place);
      return upper(value);
    });
    expect(replaced).toEqual({
      members: [{ name: "ADA", role: "owner" }, { role: "none" }, { name: "BO" }],
      notes: { "a/b~": "N" },
    });
    expect(places).toEqual([
      { pointer: "/members/0/name", pattern: "/members/*/name" },
      { pointer: "/members/2/name", pattern: "/members/*/name" },
      { pointer: "/notes/a~1b~0", pattern: "/notes/*" },
    ]);
    expect(data.members[0]?.name).toBe("ada");
  });

  test("returns the same data if nothing is replaced", () => {
    const data = { members: [{ name: "ada" }], text: new JsonText('{"name":"ada"}') };
    expect(replaceParts(data, ["/members/*/name", "/text/name", "/other"], (value) => value)).toBe(data);
    expect(replaceParts(null, ["/a"], upper)).toBeNull();
    expect(replaceParts("text", ["/length"], upper)).toBe("text");
  });

  test("replaces the whole data, and looks into what is kept as text", () => {
    expect(replaceParts("ada", [""], upper)).toBe("ADA");
    const kept = { list: new JsonText('[{"name":"ada"}]') };
    expect(replaceParts(kept, ["/list/*/name"], upper)).toEqual({ list: [{ name: "ADA" }] });
  });

  test("treats every key as one, and an absent part as absent", () => {
    const data = decodeJson<object>('{"__proto__":"ada","constructor":"bo"}');
    expect(JSON.stringify(replaceParts(data, ["/*"], upper))).toBe('{"__proto__":"ADA","constructor":"BO"}');
    expect(replaceParts({ name: undefined }, ["/name", "/toString"], upper)).toEqual({ name: undefined });
  });

  test("takes the outermost of nested pointers", () => {
    const places: string[] = [];
    const note = (value: unknown, { pattern }: PersonalPlace) => places.push(pattern) && value;
    replaceParts({ a: { b: "x" } }, ["/a/b", "/a"], note);
    expect(places).toEqual(["/a"]);
  });
});

describe("a sealed value", () => {
  test("is an object with one member, also after it was written and read", () => {
    const json = JSON.stringify(new Sealed("text"));
    expect(json).toBe('{"$sealed":"text"}');
    expect(sealedText(new Sealed("text"))).toBe("text");
    expect(sealedText(JSON.parse(json))).toBe("text");
  });

  test("is no other value", () => {
    const others = [
      null,
      "text",
      1,
      [],
      {},
      { $sealed: 1 },
      { $sealed: "text", more: 1 },
      Object.create(new Sealed("a")),
    ];
    expect(others.map(sealedText)).toEqual(others.map(() => undefined));
  });

  test("fits in place of any personal part, and of no other", () => {
    const schema = Type.Object({
      plan: Name,
      email: personal(Name),
      phone: Type.Optional(personal(Name)),
      members: Type.Array(Type.Object({ name: personal(Name) }, { additionalProperties: false })),
      contact: Type.Union([Type.Null(), Type.Object({ email: personal(Name) })]),
    });
    const { is } = compileCheck(acceptingSealed(schema));
    const sealed = new Sealed("text");
    const all = { plan: "a", email: sealed, phone: sealed, members: [{ name: sealed }], contact: { email: sealed } };
    expect(is(all)).toBe(true);
    expect(is({ plan: "a", email: "a", members: [], contact: null })).toBe(true);
    expect(is({ ...all, plan: sealed })).toBe(false);
    expect(is({ ...all, contact: sealed })).toBe(false);
    expect(is({ ...all, email: { $sealed: "text" } })).toBe(false);
    expect(is({ ...all, email: "" })).toBe(false);
    expect(is({ ...all, email: undefined })).toBe(false);
  });

  test("changes no schema without personal parts", () => {
    const schema = Type.Object({ name: Name, list: Type.Array(Type.Union([Name, Type.Null()])) });
    expect(acceptingSealed(schema)).toBe(schema);
  });
});

test("a mark changes neither what matches nor the schema that was marked", () => {
  const marked = Type.Object({ email: Type.Optional(personal(Name)) });
  expect(Value.Check(marked, {})).toBe(true);
  expect(Value.Check(marked, { email: "a" })).toBe(true);
  expect(Value.Check(marked, { email: "" })).toBe(false);
  expect(personalPointers(Type.Object({ name: Name }))).toEqual([]);
});
