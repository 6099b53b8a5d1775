import { describe, expect, test } from "bun:test";
import { decodeBody } from "../../connectors/http_body.ts";

function decoded(contentType: string | undefined, body: string | Uint8Array, truncated = false) {
  return decodeBody(typeof body === "string" ? Buffer.from(body) : body, { contentType, truncated });
}

const GRUEZI = Buffer.from('{"a":"grü😀"}');
const LATIN1 = Buffer.from('{"a":"grü"}', "latin1");
const UTF16 = Buffer.from('{"a":"grü"}', "utf16le");

describe("JSON", () => {
  test.each([
    "application/json",
    "text/json",
    "Application/Problem+JSON ; charset=utf-8",
    'application/json; charset="utf-8"',
    "application/json; charset=utf8",
    "application/json;charset=",
    'application/json; charset=""',
    "application/json; x=y; CHARSET=UTF-8; charset=latin1",
  ])("is parsed as such with the type %s", (type) => {
    expect(decoded(type, GRUEZI)).toEqual({ body: { a: "grü😀" }, body_encoding: "json" });
  });

  test.each([
    ["application/json; charset=iso-8859-1", LATIN1],
    ['application/json; charset="windows-1252"', LATIN1],
    ["application/json; charset=utf-16", UTF16],
    ["application/json; charset=utf-16le", UTF16],
  ])("is read in its own charset: %s", (type, bytes) => {
    expect(decoded(type, bytes)).toEqual({ body: { a: "grü" }, body_encoding: "json" });
  });

  test.each([
    ["nobody-knows", "which is unknown"],
    ["'utf-8'", "which is unknown"],
    ["utf-7", "which is unknown"],
    ["shift_jis", "which it is not in"],
  ])("is read as UTF-8 if the charset is %s, with a note", (charset, why) => {
    expect(decoded(`application/json; charset=${charset}`, GRUEZI)).toEqual({
      body: { a: "grü😀" },
      body_encoding: "json",
      notes: [
        {
          pointer: "/body",
          code: "decoded_as_utf_8",
          message: `The response has the charset ${JSON.stringify(charset)}, ${why}; it was read as UTF-8.`,
        },
      ],
    });
  });

  test("that is invalid, or nests too deeply, is text, with the reason", () => {
    const deep = "[".repeat(64) + "]".repeat(64);
    for (const [body, message] of [
      ["<oops>", 'The body is not valid JSON: expected a value at line 1, column 1, but there is "<".'],
      [" ", "The body is not valid JSON: expected a value at line 1, column 2, but the text ends."],
      [deep, "The body is nested 64 levels deep; at most 63 are accepted."],
    ] as const) {
      expect(decoded("text/json", body)).toEqual({
        body,
        body_encoding: "text",
        notes: [{ pointer: "/body", code: "json_kept_as_text", message }],
      });
    }
  });

  test.each(["application/json", "application/problem+json; charset=klingon", "text/plain", undefined])(
    "that is empty is an empty text without a note, whatever its type: %s",
    (contentType) => {
      for (const truncated of [false, true]) {
        expect(decodeBody(new Uint8Array(), { contentType, truncated })).toEqual({ body: "", body_encoding: "text" });
      }
    },
  );

  test("with a repeated key has its last value, with a note", () => {
    expect(decoded("application/json", '{"list":[{"a":1,"b":2,"a":3}]}')).toEqual({
      body: { list: [{ a: 3, b: 2 }] },
      body_encoding: "json",
      notes: [
        {
          pointer: "/body",
          code: "repeated_key",
          message: 'An object in the body repeats the key "a": its last value is returned.',
        },
      ],
    });
  });

  test("with very many numbers that cannot be represented has few notes", () => {
    const { body, notes } = decoded("application/json", `[${"1e400,".repeat(29)}1]`);
    expect(body).toEqual([...Array(29).fill("1e400"), 1]);
    expect(notes).toHaveLength(21);
    expect(notes?.[19]?.pointer).toBe("/body/19");
    expect(notes?.[20]).toMatchObject({ pointer: "/body", message: "So are 9 other numbers." });
  });

  test("with too many large integers is kept as text, each as it was written, with the reason", () => {
    const list = (length: number) => `[${Array(length).fill("1e18").join()}]`;
    expect(decoded("application/json", list(10_240)).body_encoding).toBe("json");
    const message =
      "The body has more than 10240 integers beyond 2^53 - 1 and numbers that cannot be kept unchanged; more are taken as strings alone.";
    expect(decoded("application/json", list(10_241))).toEqual({
      body: list(10_241),
      body_encoding: "text",
      notes: [{ pointer: "/body", code: "json_kept_as_text", message }],
    });
  });

  test("with too many keys that are array indices is kept as text, with the reason", () => {
    const { body, body_encoding, notes } = decoded("application/json", `[${Array(1_002).fill('{"999":0}').join()}]`);
    expect([typeof body, body_encoding]).toEqual(["string", "text"]);
    expect(notes).toMatchObject([{ code: "json_kept_as_text", message: expect.stringContaining("whole numbers") }]);
  });

  test("that was cut is text", () => {
    expect(decoded("application/json", '{"a":', true)).toEqual({ body: '{"a":', body_encoding: "text" });
  });
});

test("a byte order mark is not part of the body, be it JSON or text", () => {
  const marked = (text: string) => Buffer.from(`\ufeff${text}`);
  expect(decoded("application/json", marked('{"a":1}'))).toEqual({ body: { a: 1 }, body_encoding: "json" });
  expect(decoded("text/csv", marked("a;b\ufeff"))).toEqual({ body: "a;b\ufeff", body_encoding: "text" });
});

test.each([undefined, "", "nonsense", "text/plain", "application/json, text/html"])(
  "the type %j is not JSON",
  (type) => {
    expect(decoded(type, '{"a":1}')).toEqual({ body: '{"a":1}', body_encoding: "text" });
  },
);

test.each([
  [undefined, Uint8Array.of(0xff, 0xfe, 0x41)],
  ["text/plain", Uint8Array.of(0x41, 0, 0x42)],
  ["application/json; charset=nobody-knows", LATIN1],
  ["application/json; charset=utf-8", LATIN1],
])("a body that no charset can decode is base64: %j", (type, bytes) => {
  expect(decoded(type, bytes)).toEqual({ body: Buffer.from(bytes).toString("base64"), body_encoding: "base64" });
});
