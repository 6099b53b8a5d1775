import { expect, test } from "bun:test";
import { normalisedEmail } from "../../src/domain/email_address.ts";

test("all spellings of an address are one", () => {
  for (const spelling of ["ada@example.com", "  Ada@Example.COM\n", "ADA@EXAMPLE.com"]) {
    expect(normalisedEmail(spelling)).toBe("ada@example.com");
  }
  const accented = "ren\u00e9@example.com";
  for (const spelling of [accented, "rene\u0301@example.com", "REN\u00c9@example.com", "RENE\u0301@example.com"]) {
    expect(normalisedEmail(spelling)).toBe(accented);
  }
  const encoded = "ada@xn--bcher-kva.example";
  for (const domain of ["bücher.example", "BÜCHER.example", "bu\u0308cher。example", "xn--bcher-kva.EXAMPLE"]) {
    expect(normalisedEmail(`ada@${domain}`)).toBe(encoded);
  }
});

test("dots and what follows a plus are part of the address", () => {
  expect(normalisedEmail("a.da+news@example.com")).toBe("a.da+news@example.com");
});

test("what is no address is refused", () => {
  const wrong = [
    "",
    "@",
    "ada",
    "ada@",
    "@example.com",
    "ada@example",
    "ada@@example.com",
    "ada@b@example.com",
    ".ada@example.com",
    "a..da@example.com",
    "a da@example.com",
    "ada@exa mple.com",
    "ada@example..com",
    "ada@.example.com",
    "ada@example.com.",
    "ada@-a.example.com",
    "ada@a_b.example.com",
    "ada@127.0.0.1",
    "ada@0x7f.1",
    "ada@[127.0.0.1]",
    "ada@example.com:80",
    "ada@example.com/x",
    "ada@example.com#x",
    "ada@exa%6dple.com",
    "ada@exa\tmple.com",
    '"ada"@example.com',
    "Ada <ada@example.com>",
    "a\u0000da@example.com",
    "a\ud800da@example.com",
    "ada@xn--\u00f1.com",
  ];
  expect(wrong.filter((text) => normalisedEmail(text) !== undefined)).toEqual([]);
});

test("an address has at most 64 bytes before the @ and 254 in all, in its one spelling", () => {
  const label = "a".repeat(61);
  const domain = `${label}.${label}.${label}.com`;
  const longest = `${"b".repeat(254 - 1 - domain.length)}@${domain}`;
  expect(normalisedEmail(longest)).toHaveLength(254);
  expect(normalisedEmail(`b${longest}`)).toBeUndefined();
  expect(normalisedEmail(`${"é".repeat(32)}@example.com`)).toBeDefined();
  expect(normalisedEmail(`${"é".repeat(32)}a@example.com`)).toBeUndefined();
  expect(normalisedEmail(`${" ".repeat(2_000)}ada@example.com`)).toBeUndefined();
});
