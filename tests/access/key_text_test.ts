import { expect, test } from "bun:test";
import { crc32 } from "node:zlib";
import { environmentOf, newKey } from "../../src/access/key_text.ts";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

test("a key shows where it is accepted, and is never repeated", () => {
  for (const environment of ["live", "test"] as const) {
    const { text, prefix } = newKey(environment);
    expect(text).toMatch(new RegExp(`^lvq_${environment}_[0-9A-Za-z]{38}$`));
    expect(text).toStartWith(prefix);
    expect(prefix).toHaveLength("lvq_live_".length + 4);
    expect(environmentOf(text)).toBe(environment);
  }
  expect(new Set(Array.from({ length: 1_000 }, () => newKey("live").text)).size).toBe(1_000);
});

test("its last six characters are the CRC-32 of the others in base 62", () => {
  for (let i = 0; i < 1_000; i++) {
    const { text } = newKey("live");
    const value = [...text.slice(-6)].reduce((sum, digit) => sum * 62 + ALPHABET.indexOf(digit), 0);
    expect(value).toBe(crc32(text.slice(0, -6)));
  }
});

test("every digit is about as frequent as the others", () => {
  const seen = new Map<string, number>();
  for (let i = 0; i < 5_000; i++) {
    for (const digit of newKey("live").text.slice(9, -6)) seen.set(digit, (seen.get(digit) ?? 0) + 1);
  }
  expect(seen.size).toBe(62);
  // 160,000 of 62: 2,581 each, with a deviation of 51. A remainder of 256 would give eight of them 2,500 and 3,125.
  for (const count of seen.values()) expect(Math.abs(count - 2_581)).toBeLessThan(6 * 51);
});

test("a wrong character is detected, wherever it is", () => {
  const { text } = newKey("test");
  for (let at = 0; at < text.length; at++) {
    const other = text[at] === "x" ? "y" : "x";
    expect(environmentOf(text.slice(0, at) + other + text.slice(at + 1))).toBeUndefined();
  }
  for (const wrong of ["", "lvq_live_", text.slice(0, -1), `${text}0`, ` ${text}`, `${text}\n`, text.toUpperCase()]) {
    expect(environmentOf(wrong)).toBeUndefined();
  }
});
