import { describe, expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import { JobListQuery } from "../../../src/features/jobs/schemas.ts";
import { KeyCreateRequest } from "../../../src/features/keys/schemas.ts";
import { Problem } from "../../../src/http/problem.ts";
import { problems } from "../../../src/http/problems.ts";
import { invalid, queryReader, validator } from "../../../src/http/request/validation.ts";
import { IntakeRequest } from "../../../src/http/schema.ts";

const check = validator(IntakeRequest);
const readQuery = queryReader(JobListQuery);

test("every invalid value is pointed to, and none is quoted", () => {
  const body = {
    workflow: "",
    payload: ["secret"],
    callback_url: "ftp://secret",
    priority: "secret",
    "a/b~c": "secret",
  };
  const { detail, options } = refusal(() => check(body));
  expect(options.errors).toEqual([
    { pointer: "/a~1b~0c", message: "is not supported here" },
    { pointer: "/workflow", message: "must have at least 1 character" },
    { pointer: "/payload", message: "must be an object" },
    { pointer: "/callback_url", message: "must be a URL that starts with http:// or https://" },
    { pointer: "/priority", message: "must be one of low, normal, high" },
  ]);
  expect(JSON.stringify([detail, options.errors])).not.toContain("secret");
});

test("a missing value is reported once", () => {
  expect(refusal(() => check({ workflow: "http" })).options.errors).toEqual([
    { pointer: "/payload", message: "is missing" },
  ]);
});

describe("an e-mail address", () => {
  const check = validator(Type.Object({ email: Type.String({ format: "email" }) }));

  test.each([
    "a@b.co",
    "ada.lovelace+jobs@mail.example.com",
    "o'neil@xn--bcher-kva.example",
    `a@${"x".repeat(63)}.org`,
  ])("may be %s", (email) => expect(check({ email })).toEqual({ email }));

  test.each([
    ["no @", "ada"],
    ["no local part", "@example.com"],
    ["no domain", "ada@"],
    ["a host alone", "ada@localhost"],
    ["two @", "ada@b@example.com"],
    ["a name", "Ada <ada@example.com>"],
    ["two addresses", "ada@example.com,eve@example.com"],
    ["a space", "ada @example.com"],
    ["a line break", "ada@example.com\n"],
    ["a header", "ada@example.com\r\nBcc: eve@example.com"],
    ["two dots", "ada..l@example.com"],
    ["a dot first", ".ada@example.com"],
    ["a label too long", `a@${"x".repeat(64)}.org`],
    ["other scripts", "ada@bücher.example"],
    ["a quoted local part", '"ada l"@example.com'],
  ])("has not %s", (_, email) => {
    expect(refusal(() => check({ email })).options.errors).toEqual([
      { pointer: "/email", message: "must be an e-mail address such as ada@example.com, without a name" },
    ]);
  });
});

test("at most 20 errors are reported", () => {
  const body = {
    ...Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`key${i}`, 0])),
    workflow: "a",
    payload: {},
  };
  expect(refusal(() => check(body)).options.errors).toHaveLength(20);
});

test("pointers and quotations are cut, so that no response grows with what it rejects", () => {
  const long = (i: number) => [`${"😀".repeat(10_000)}${i}`, 0];
  const body = { ...Object.fromEntries(Array.from({ length: 40 }, (_, i) => long(i))), workflow: "a", payload: {} };
  const { detail, options } = refusal(() => check(body));
  const pointer = `/${"😀".repeat(199)}…`;
  expect(options.errors).toEqual(Array(20).fill({ pointer, message: "is not supported here" }));
  expect(detail).toBe(`${pointer} is not supported here (and 19 more).`);
  const far = new Problem(problems.conflict, `a${"😀".repeat(3_000)}`, {
    errors: [{ pointer: "", message: "b".repeat(3_000) }],
  });
  expect(far.detail).toBe(`a${"😀".repeat(999)}…`);
  expect(far.message).toBe(far.detail);
  expect(far.options.errors).toEqual([{ pointer: "", message: `${"b".repeat(1_000)}…` }]);
});

test("a callback URL is http or https, without credentials and white space", () => {
  const withCallback = (callback_url: string) => () => check({ workflow: "a", payload: {}, callback_url });
  for (const url of [
    "http://example.com",
    "HTTPS://EXAMPLE.com:8443/a?b#c",
    "http://127.0.0.1:1/",
    "https://例え.jp/",
  ]) {
    expect(withCallback(url)).not.toThrow();
  }
  for (const url of [
    "",
    "example.com",
    "//example.com",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "http://",
    "http://user@example.com",
    "http://:pass@example.com",
    " http://example.com",
    "http://exa\nmple.com",
    `http://example.com/${"a".repeat(1024)}`,
  ]) {
    expect(withCallback(url)).toThrow(Problem);
  }
});

test("a workflow is 1 to 128 characters without control characters", () => {
  const named = (workflow: string) => () => check({ workflow, payload: {} });
  for (const name of ["a", "a".repeat(128), "größe: 3/4 😀", " "]) expect(named(name)).not.toThrow();
  for (const name of ["", "a".repeat(129), "a\u0000", "a\nb", "\u007f", "\ud800"]) expect(named(name)).toThrow(Problem);
});

test("a rejected callback URL gets the reason", () => {
  for (const [callback_url, message] of [
    ["http://a b", "must not contain white space or control characters; write a space as %20"],
    ["example.com", "must be a URL that starts with http:// or https://"],
    ["http://example.com:99999/a", "must have a port up to 65535"],
    ["http://[::1]:99999", "must have a port up to 65535"],
    ["http://", "must be an http or https URL with a valid host"],
    ["http://user:secret@example.com", "must not contain credentials (user:password@)"],
  ]) {
    const { options } = refusal(() => check({ workflow: "a", payload: {}, callback_url }));
    expect(options.errors).toEqual([{ pointer: "/callback_url", message: message as string }]);
  }
});

test("the error for a nullable value, or one of several types, says what is expected", () => {
  const checkKey = validator(KeyCreateRequest);
  for (const [given, pointer, message] of [
    [{ expires_at: "9999-12-31T23:59:59-14:00" }, "/expires_at", refusalOf("9999-12-31T23:59:59-14:00")],
    [{ expires_at: "10000-01-01T00:00:00Z" }, "/expires_at", refusalOf("10000-01-01T00:00:00Z")],
    [{ expires_at: 5 }, "/expires_at", "must be a string or null"],
    [{ workflows: 5 }, "/workflows", "must be an array or null"],
    [{ workflows: [] }, "/workflows", "must have at least 1 entry"],
    [{ workflows: ["a", 5] }, "/workflows/1", "must be a string"],
    [{ workflows: ["😀".repeat(129)] }, "/workflows/0", "must have at most 128 characters"],
  ] as const) {
    const { options } = refusal(() => checkKey({ name: "k", scopes: ["jobs:read"], ...given }));
    expect(options.errors).toEqual([{ pointer, message }]);
  }
});

/** What a job's `run_at` is refused with. */
function refusalOf(run_at: string): string {
  const { options } = refusal(() => check({ workflow: "a", payload: {}, run_at }));
  return options.errors?.[0]?.message ?? "nothing";
}

test("times are RFC 3339, and valid", () => {
  const at = (created_after: string) => () =>
    readQuery(new Request(`http://x/?created_after=${encodeURIComponent(created_after)}`));
  for (const time of ["2026-01-15T09:30:00Z", "2026-01-15t09:30:00.123456z", "2024-02-29T23:59:59+02:00"]) {
    expect(at(time)).not.toThrow();
  }
  for (const time of [
    "",
    "2026-01-15",
    "2026-01-15T09:30:00",
    "2026-02-29T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-01-15T25:00:00Z",
    "0000-01-01T00:00:00Z",
    "2026-01-15T09:30:00+24:00",
    "1768469400",
  ]) {
    expect(at(time)).toThrow(Problem);
  }
});

test("a query has only known parameters, once each", () => {
  const read = (query: string) => () => readQuery(new Request(`http://x/?${query}`));
  expect(read("limit=100&status=queued&workflow=a%20b")()).toEqual({ limit: 100, status: "queued", workflow: "a b" });
  for (const [query, pointer] of [
    ["limit=0", "?limit"],
    ["limit=101", "?limit"],
    ["limit=1.5", "?limit"],
    ["limit=", "?limit"],
    ["limit=1e1", "?limit"],
    ["limit=9007199254740993", "?limit"],
    [`limit=1${"0".repeat(400)}`, "?limit"],
    ["limit=5&limit=6", "?limit"],
    ["status=done", "?status"],
    ["colour=red", "?colour"],
    ["toString=1", "?toString"],
    ["__proto__=1", "?__proto__"],
    ["workflow=%00", "?workflow"],
  ] as const) {
    expect(refusal(read(query)).options.errors?.map((error) => error.pointer)).toEqual([pointer]);
  }
});

function refusal(action: () => unknown): Problem {
  try {
    action();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error("It was taken");
}

test("a detail ends in one full stop, whether or not the message is a sentence", () => {
  for (const message of ["is no step", "An expression begins with payload."]) {
    expect(invalid([{ pointer: "/if", message }]).message).toEndWith(
      message.endsWith(".") ? "payload." : "is no step.",
    );
  }
  expect(invalid([{ pointer: "/if", message: "It is wrong." }]).message).not.toContain("..");
});
