import { describe, expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import { personal, Sealed } from "../../events/personal.ts";
import { checkOfEvent, eventFault } from "../../src/log/event_check.ts";

const faultOf = checkOfEvent(
  Type.Object({
    workflow: Type.String({ minLength: 1 }),
    email: Type.Optional(personal(Type.String({ minLength: 3, maxLength: 10 }))),
    payload: Type.Optional(personal(Type.Unknown())),
    notes: Type.Optional(Type.Record(Type.String(), personal(Type.Unknown()))),
  }),
);

describe("the check of an event's data", () => {
  test("accepts personal parts as they are, and sealed", () => {
    expect(faultOf({ workflow: "a", email: "a@b", payload: { any: [1, null] } })).toBeUndefined();
    const sealed = new Sealed("text");
    expect(faultOf({ workflow: "a", email: sealed, payload: sealed, notes: { a: sealed } })).toBeUndefined();
  });

  test("refuses a plain value in the place of a personal part that looks sealed", () => {
    const imitation = { $sealed: "text" };
    const reason = "it looks like a sealed value and is not one";
    expect(faultOf({ workflow: "a", payload: imitation })).toBe(`/payload: ${reason}`);
    expect(faultOf({ workflow: "a", notes: { secret: imitation } })).toBe(`/notes/*: ${reason}`);
    // Nobody would open these.
    expect(faultOf({ workflow: "a", payload: { nested: imitation } })).toBeUndefined();
    expect(faultOf({ workflow: "a", payload: { ...imitation, more: 1 } })).toBeUndefined();
  });

  test("says what is wrong with a personal part as its schema does", () => {
    expect(faultOf({ workflow: "a", email: "a" })).toBe("/email: Expected string length greater or equal to 3");
    expect(faultOf({ workflow: "a", email: "a".repeat(11) })).toBe(
      "/email: Expected string length less or equal to 10",
    );
    expect(faultOf({ workflow: "a", email: { $sealed: "text" } })).toBe("/email: Expected string");
    expect(faultOf({ workflow: new Sealed("text") })).toBe("/workflow: Expected string");
    expect(faultOf({})).toBe("/workflow: Expected required property");
  });

  test("knows the catalogue, and nothing of other types", () => {
    const reply_token = { hash: "0".repeat(64), salt: "0".repeat(64) };
    const opened = { email: new Sealed("text"), message: new Sealed("text"), reply_token };
    expect(eventFault("support.opened", opened)).toBeUndefined();
    expect(eventFault("support.opened", { ...opened, reply_token: new Sealed("text") })).toStartWith(
      "/reply_token/hash: ",
    );
    expect(eventFault("support.unknown", 1)).toBeUndefined();
  });
});
