import { describe, expect, test } from "bun:test";
import { Value } from "@sinclair/typebox/value";
import type { KnownEvent } from "../../../events/mod.ts";
import { MAX_STEPS, PipelineDefinition, type Step, Steps } from "../../../events/pipeline.ts";
import { type PipelineCommand, pipelineDecider, pipelineState } from "../../../src/domain/pipeline/pipeline.ts";
import { MAX_EXPRESSIONS, MAX_EXPRESSIONS_LENGTH, stepFaults } from "../../../src/domain/pipeline/pipeline_check.ts";
import { EVERYTHING } from "../../../src/domain/reach.ts";
import { history } from "../../spec.ts";
import { unlimited } from "../../support/reach.ts";

const connectors = new Set(["http"]);
const fetching: Step = { id: "fetch", uses: "http", with: { url: "https://example.com/{{ payload.id }}" } };
const definition = (...steps: Step[]): PipelineDefinition => ({ format: 1, steps });

describe("steps that can be run", () => {
  test("have no faults", () => {
    const steps: Steps = [
      fetching,
      { id: "nap", if: "{{ steps.fetch.output.status == 200 }}", sleep: { seconds: 60 } },
      { id: "later", sleep: { until: "{{ payload.send_at }}" } },
      {
        id: "ask",
        wait_for_approval: { message: "Send {{ size(steps.fetch.output.body) }}?", on_timeout: "continue" },
      },
      {
        id: "send",
        uses: "http",
        for_each: { items: "{{ steps.fetch.output.body }}", max_parallel: 4 },
        with: { url: "https://example.com/{{ item.id }}?n={{ index }}" },
        retry: { max_attempts: 3 },
        timeout_seconds: 10,
      },
    ];
    expect(Value.Check(Steps, steps)).toBe(true);
    expect(stepFaults(steps, connectors)).toEqual([]);
  });
});

test.each<[string, Step[], string, string]>([
  ["an id twice", [fetching, fetching], "/1/id", 'repeats the id "fetch"'],
  ["nothing to do", [{ id: "a" }], "/0", "none is given"],
  ["two things to do", [{ id: "a", uses: "http", sleep: { seconds: 1 } }], "/0", "uses and sleep are given"],
  [
    "an unknown connector",
    [{ id: "a", uses: "ftp" }],
    "/0/uses",
    '"ftp" is not a connector of this service; use one of http',
  ],
  ["a retry of a sleep", [{ id: "a", sleep: { seconds: 1 }, retry: {} }], "/0/retry", "needs uses"],
  ["a sleep without end", [{ id: "a", sleep: {} }], "/0/sleep", "exactly one of seconds and until"],
  ["a sleep until no time", [{ id: "a", sleep: { until: "banana" } }], "/0/sleep/until", "a time in RFC 3339"],
  [
    "a sleep until a day that does not exist",
    [{ id: "a", sleep: { until: "2026-02-30T00:00:00Z" } }],
    "/0/sleep/until",
    "does not exist",
  ],
  [
    "a sleep until some place's time",
    [{ id: "a", sleep: { until: "2026-02-03T00:00:00" } }],
    "/0/sleep/until",
    "offset",
  ],
  ["a sleep with two ends", [{ id: "a", sleep: { seconds: 1, until: "x" } }], "/0/sleep", "exactly one"],
  [
    "a step that is not there",
    [fetching, { id: "a", uses: "http", with: { a: [{ "b/c": "{{ steps.fetsh.output }}" }] } }],
    "/1/with/a/0/b~1c",
    'refers to the step "fetsh", which does not exist',
  ],
  [
    "a step that comes later",
    [{ ...fetching, id: "a", if: "steps.fetch.output" }, fetching],
    "/0/if",
    "which comes later",
  ],
  ["itself", [{ ...fetching, if: "{{ steps.fetch.status == 'x' }}" }], "/0/if", "which has not finished by then"],
  ["an item without for_each", [{ ...fetching, with: { a: "{{ item }}" } }], "/0/with/a", 'uses "item"'],
  [
    "an item in the items",
    [{ ...fetching, for_each: { items: "{{ [index] }}" } }],
    "/0/for_each/items",
    'uses "index"',
  ],
  ["an expression that cannot be read", [{ ...fetching, if: "1 +" }], "/0/if", "Cannot read the expression"],
  ["a text where an expression is due", [{ ...fetching, if: "is {{ true }}" }], "/0/if", "Only a single expression"],
  ["an expression without end", [{ ...fetching, with: { a: "{{ payload" } }], "/0/with/a", "}} is missing"],
  [
    "an unknown name",
    [{ id: "a", wait_for_approval: { message: "{{ user }}" } }],
    "/0/wait_for_approval/message",
    "user",
  ],
])("%s is a fault, with the place where it stands", (_, steps, pointer, message) => {
  const faults = stepFaults(steps, connectors);
  expect(faults.map((fault) => fault.pointer)).toContain(pointer);
  expect(faults.find((fault) => fault.pointer === pointer)?.message).toContain(message);
});

test("the limits apply exactly", () => {
  const steps = (count: number) => Array.from({ length: count }, (_, i): Step => ({ ...fetching, id: `s${i}` }));
  expect(Value.Check(Steps, steps(MAX_STEPS))).toBe(true);
  expect(Value.Check(Steps, steps(MAX_STEPS + 1))).toBe(false);
  expect(Value.Check(Steps, [])).toBe(false);
  const many = (count: number) => [{ ...fetching, with: { a: Array.from({ length: count }, () => "{{ 1 }}") } }];
  expect(stepFaults(many(1_000), connectors)).toEqual([]);
  expect(stepFaults(many(1_001), connectors)[0]?.message).toContain("contain more than 1000 expressions");
  // One expression is at most 1,000 characters long.
  const long = (length: number) => [
    { ...fetching, with: { a: Array.from({ length: 30 }, () => `{{ "${"x".repeat(length / 30 - 2)}" }}`) } },
  ];
  expect(stepFaults(long(MAX_EXPRESSIONS_LENGTH), connectors)).toEqual([]);
  expect(stepFaults(long(MAX_EXPRESSIONS_LENGTH + 30), connectors)).toHaveLength(1);
  for (const [id, fits] of [
    ["a", true],
    [`a${"b".repeat(63)}`, true],
    [`a${"b".repeat(64)}`, false],
    ["A", false],
    ["a-b", false],
    ["1a", false],
  ] as const) {
    expect([id, Value.Check(PipelineDefinition, definition({ ...fetching, id }))]).toEqual([id, fits]);
  }
});

test("expressions are counted before any is parsed", () => {
  const unreadable = `{{ ${"(".repeat(10)} }}`;
  const before = process.cpuUsage();
  for (const text of [unreadable.repeat(34_000), "{{ payload.a }}".repeat(34_000), "{{".repeat(200_000)]) {
    const faults = stepFaults([{ ...fetching, with: { text } }], connectors);
    expect(faults).toHaveLength(1);
    expect(JSON.stringify(faults).length).toBeLessThan(500);
  }
  const apart = Array.from({ length: 34_000 }, () => "{{ ( }}");
  expect(stepFaults([{ ...fetching, with: { apart } }], connectors)).toEqual([
    { pointer: "", message: `contain more than ${MAX_EXPRESSIONS} expressions` },
  ]);
  const { user } = process.cpuUsage(before);
  expect(user).toBeLessThan(2_000_000);
});

test("expressions of a pipeline have up to 30,000 characters together, whatever their size", () => {
  const text = `{{ '${"😀".repeat(998)}' }}`;
  const full = Array.from({ length: MAX_EXPRESSIONS_LENGTH / 1_000 }, () => text);
  expect(stepFaults([{ ...fetching, with: { full } }], connectors)).toEqual([]);
  expect(stepFaults([{ ...fetching, with: { full: [...full, "{{1}}"] } }], connectors)).toEqual([
    { pointer: "", message: "contain expressions of more than 30000 characters together" },
  ]);
});

test("faults are reported up to a number, in texts of bounded length", () => {
  const broken = Array.from({ length: 30 }, () => `{{ ${"'x' + ".repeat(165)} }}`);
  const faults = stepFaults(
    [{ ...fetching, with: { broken, open: Array.from({ length: 900 }, () => "{{ 1 +") } }],
    connectors,
  );
  expect(faults.length).toBeLessThanOrEqual(30);
  for (const { message } of faults) expect(message.length).toBeLessThan(600);
});

describe("a stored pipeline", () => {
  const first = definition(fetching);
  const second = definition({ ...fetching, id: "other" });
  const given = (...events: { type: string; data: unknown }[]) => {
    const state = pipelineState(history("pipeline-a", events) as KnownEvent[]);
    return (command: PipelineCommand) => pipelineDecider.decide(command, state);
  };
  const named = (what: PipelineDefinition) => unlimited({ workflow: "a", ...what });
  const created = { type: "pipeline.created", data: { definition: first } };
  const updated = { type: "pipeline.updated", data: { definition: second } };

  const anybody = { reach: EVERYTHING, may_publish: true };

  test("is created once", () => {
    expect(given()({ type: "create", pipeline: named(first) })).toEqual([created] as never);
    expect(given(created)({ type: "create", pipeline: named(first) })).toMatchObject({ code: "pipeline_exists" });
  });
  test("is updated from the expected version, or from any", () => {
    for (const expected_version of [1, "any"] as const) {
      expect(given(created)({ type: "update", pipeline: named(second), expected_version, ...anybody })).toEqual([
        updated,
      ] as never);
    }
    const late = given(created, updated)({ type: "update", pipeline: named(first), expected_version: 1, ...anybody });
    expect(late).toMatchObject({ code: "version_mismatch", message: "Expected version 1, found 2." });
    expect(given()({ type: "update", pipeline: named(first), expected_version: "any", ...anybody })).toMatchObject({
      code: "pipeline_not_found",
    });
  });
  test("is not replaced by a caller who may not use its steps", () => {
    const reach = { workflows: new Set(["a"]), account: "operator", system: false };
    const waiting = named(definition({ id: "nap", sleep: { seconds: 1 } }));
    const replace = { type: "update", pipeline: waiting, expected_version: "any", reach, may_publish: true } as const;
    expect(given(created)(replace)).toMatchObject({ code: "beyond_reach", message: expect.stringContaining('"http"') });
    expect(given(created)({ ...replace, reach: { ...reach, workflows: new Set(["a", "http"]) } })).toHaveLength(1);
  });
  test("that is published is not changed by a caller who may not publish", () => {
    const published = { type: "pipeline.created", data: { definition: { ...first, published: true } } };
    const replace = { type: "update", pipeline: named(second), expected_version: "any", reach: EVERYTHING } as const;
    expect(given(published)({ ...replace, may_publish: false })).toMatchObject({ code: "published" });
    expect(given(published)({ ...replace, may_publish: true })).toHaveLength(1);
    expect(given(created)({ ...replace, may_publish: false })).toHaveLength(1);
  });
  test("gets no new version equal to its current one", () => {
    expect(given(created)({ type: "update", pipeline: named(first), expected_version: 1, ...anybody })).toEqual([]);
  });
  test("says when it was created and when it changed", () => {
    expect(pipelineState(history("pipeline-a", [created, updated]))).toEqual({
      version: 2,
      definition: second,
      created_at: "2026-01-02T03:00:01Z",
      updated_at: "2026-01-02T03:00:02Z",
    });
  });
});
