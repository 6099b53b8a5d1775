import { expect, test } from "bun:test";
import { FIRST_PART, nextPart } from "../../../src/features/events/export.ts";

test("a part of an export asks for twice what the last one had: the database reads all that is asked for", () => {
  expect(nextPart(5)).toBe(10);
  expect(nextPart(120)).toBe(240);
});

test("at least 10 events and at most 500, which full parts reach in a few steps", () => {
  for (const none of [0, 1, 4]) expect(nextPart(none)).toBe(10);
  const sizes = [FIRST_PART];
  for (let i = 0; i < 5; i++) sizes.push(nextPart(sizes.at(-1) as number));
  expect(sizes).toEqual([50, 100, 200, 400, 500, 500]);
});
