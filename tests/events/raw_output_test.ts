import { expect, test } from "bun:test";
import fc from "fast-check";
import { decode, type StoredEvent } from "../../events/mod.ts";
import { decodeJson, decodeKept, JsonText } from "../../src/json/mod.ts";

function stored(type: string, data: object): StoredEvent {
  return {
    position: 1,
    stream_id: "job-1",
    version: 1,
    type,
    schema_version: 1,
    data_json: JSON.stringify(data),
    meta_json: "{}",
    recorded_at: "2026-01-01T00:00:00.000000Z",
  };
}

/** What could be taken for the event around it. */
const sly = fc.constantFrom(
  '"output":[1],"output_length":3}',
  ',"output_length":9}',
  '{"attempt":1,"result":{}}',
  '\\"output":',
);
const value = fc.oneof(
  fc.jsonValue(),
  fc.record({ output: fc.jsonValue(), output_length: fc.nat(), attempt: fc.nat(), result: sly, nested: sly }),
  fc.array(fc.tuple(sly, fc.jsonValue())),
);
const padding = "p".repeat(500);

test("the output in a large event of a step or a job is read as text, and is the same", () => {
  fc.assert(
    fc.property(value, fc.boolean(), (one, first) => {
      const output = first ? [one, padding] : { padding, one };
      // Of a for_each it is what its items' outputs take, without the list around them.
      const output_length = JSON.stringify(output).length - 2;
      for (const [type, data] of [
        ["job.step_succeeded", { attempt: 1, step: "output", item: 3, step_attempt: 2, output, output_length }],
        ["job.step_succeeded", { attempt: 1, step: "a", step_attempt: 1, output, output_length }],
        ["job.step_reused", { step: "a", status: "succeeded", output, output_length }],
        ["job.succeeded", { attempt: 0, result: output }],
      ] as const) {
        const { data: read } = decode(stored(type, data)) as unknown as { data: Record<string, unknown> };
        const key = type === "job.succeeded" ? "result" : "output";
        expect(read[key]).toBeInstanceOf(JsonText);
        expect({ ...read, [key]: decodeKept(read[key]) }).toEqual(decodeJson(JSON.stringify(data)));
        expect(Object.keys(read)).toEqual(Object.keys(data));
      }
    }),
  );
});

test("other such events are decoded like all others", () => {
  const padded = { x: padding };
  for (const [type, data] of [
    // As no version of the service has written them.
    ["job.step_succeeded", { output_length: 511, output: padded }],
    ["job.step_succeeded", { output: padded, output_length: 4 }],
    ["job.step_succeeded", { attempt: 1, step: "a", more: { step_attempt: 1, output: padded }, output_length: 4 }],
    ["job.step_reused", { status: "succeeded", step: "a", output: padded, output_length: 4 }],
    ["job.step_reused", { step: "a", status: "succeeded", output: padding, output_length: 502 }],
    ["job.succeeded", { result: padded, attempt: 1 }],
    ["job.succeeded", { attempt: 1, result: padding }],
    ["job.failed", { attempt: 1, error: { code: "c", message: padding } }],
  ] as const) {
    expect((decode(stored(type, data)) as unknown as { data: unknown }).data).toEqual(data);
  }
});
