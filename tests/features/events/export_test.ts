import { expect, test } from "bun:test";
import type { StoredEvent } from "../../../events/envelope.ts";
import { eventFiles, FIRST_PART, nextPart } from "../../../src/features/events/export.ts";

/** The cell of an event's actor in CSV. */
function cell(actor: string): string {
  const meta_json = JSON.stringify({ actor, correlation_id: "c" });
  const event = { position: 1, stream_id: "job-1", version: 1, type: "job.submitted", schema_version: 1 };
  const written = eventFiles.csv.write([{ ...event, data_json: "{}", meta_json, recorded_at: "t" } as StoredEvent]);
  return written.slice("1,job-1@1,job-1,1,job.submitted,1,t,".length, written.indexOf(",,,c,,{}"));
}

test.each([
  ["=1+1", "'=1+1"],
  [";=1+1", ";'=1+1"],
  ["a\t@SUM(A1)", "a\t'@SUM(A1)"],
  ["a; +1;-2", "a; '+1;'-2"],
  ['a;"=1+1"', '"a;""\'=1+1"""'],
  ["a;＝1", "a;'＝1"],
  ["a=1;b-2 @ c", "a=1;b-2 @ c"],
])("in CSV no part of %j is a formula, whatever separates cells", (text, written) => {
  expect(cell(text)).toBe(written);
});

test("a text of a million characters is written in linear time", () => {
  // In quadratic time it would take hours.
  for (const text of ["; ".repeat(500_000), `;${" ".repeat(1_000_000)}`]) expect(cell(text)).toBe(text);
});

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
