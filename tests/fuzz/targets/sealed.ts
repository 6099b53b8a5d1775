/** Sealed values: any value in any place, and any text that was changed. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { replaceParts } from "../../../events/personal.ts";
import { writeJson } from "../../../src/json/mod.ts";
import { openText, parseSealedText, sealText } from "../../../src/vault/sealed_text.ts";
import type { FuzzTarget } from "../target.ts";

const key_id = randomBytes(16).toString("base64url");
const key = { key_id, subject: "user:1", class: "profile", bytes: randomBytes(32) } as const;

const large = fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n });
const member = fc.oneof(fc.constantFrom("a", "b", "*", "~", "/", "__proto__", "$sealed", ""), fc.string());
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    fc.string({ unit: "binary" }),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
    large,
    fc.constantFrom(null, true, false),
    fc.array(tie("json"), { maxLength: 4 }),
    fc.array(fc.tuple(member, tie("json")), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
  ),
}));
const context = fc.string();
const pointers = fc.array(fc.constantFrom("", "/a", "/a/b", "/*", "/*/a", "/a/*", "/~0", "/~1/*", "/$sealed"));

/** A text that is nearly a sealed one. */
const nearly = fc
  .tuple(
    fc.constantFrom("1.", "2.", "", "1", "01."),
    fc.oneof(fc.constantFrom(key_id, `${key_id}A`, key_id.slice(1)), fc.string()),
    fc.constantFrom(".", "", ".."),
    fc.oneof(fc.base64String(), fc.string({ unit: "binary" }), fc.constantFrom("AA", "AB", "A", "A=", "+/", "-_")),
  )
  .map((parts) => parts.join(""));

export const sealed: FuzzTarget = {
  name: "sealed",
  properties: {
    "any value opens in its place as it was, and in no other": fc.property(
      json,
      context,
      context,
      (value, at, other) => {
        const text = parseSealedText(sealText(value, { sealing: key, context: at }));
        if (!text) throw new Error("It has no form.");
        strictEqual(text.key_id, key_id);
        strictEqual(writeJson(openText(text, { key, context: at })), writeJson(value));
        if (at !== other) strictEqual(openText(text, { key, context: other }), undefined);
      },
    ),
    "any text is a sealed one in its one spelling, or none": fc.property(nearly, (text) => {
      const parts = parseSealedText(text);
      if (parts) strictEqual(`1.${parts.key_id}.${parts.ciphertext.toString("base64url")}`, text);
    }),
    "whatever else stands for a ciphertext does not open": fc.property(fc.uint8Array(), (bytes) => {
      strictEqual(openText({ key_id, ciphertext: Buffer.from(bytes) }, { key, context: "" }), undefined);
    }),
    "parts that are replaced and put back leave the data as it was": fc.property(json, pointers, (data, some) => {
      const before = writeJson(data);
      const places = new Map<string, unknown>();
      const marked = replaceParts(data, some, (value, { pointer }) => {
        places.set(pointer, value);
        return { marked: pointer };
      });
      const back = replaceParts(marked, some, (_, { pointer }) => places.get(pointer));
      strictEqual(writeJson(back), before);
      strictEqual(writeJson(data), before);
      deepStrictEqual(replaceParts(data, some, (value) => value) === data, true);
    }),
  },
};
