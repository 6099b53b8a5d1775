/** Every read model can store whatever the schemas of events permit: nothing that can be recorded poisons one. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { FormatRegistry, Kind, type TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { catalogue, type EventType, type NewEvent } from "../../events/mod.ts";
import { projections } from "../../projections/mod.ts";
import { inProcessBus } from "../../src/bus/mod.ts";
import { connect, type Sql } from "../../src/db/mod.ts";
import { eventFault } from "../../src/log/event_check.ts";
import { type EventLog, openLog } from "../../src/log/mod.ts";
import { startProjector, verify } from "../../src/projector/mod.ts";
import { recordingLogger } from "../projector/support.ts";
import { type TestDatabase, testDatabase } from "../support/postgres.ts";

let database: TestDatabase;
let sql: Sql;
let log: EventLog;
beforeAll(async () => {
  database = await testDatabase();
  sql = connect(database.url);
  log = openLog({ url: database.url });
});
afterAll(async () => {
  await log.close();
  await sql.end({ timeout: 1 });
  await database.drop();
});

/** By format or pattern: the first is a plain one. */
const TEXTS: Readonly<Record<string, readonly string[]>> = {
  "utc-time": [
    "2026-01-15T09:30:00Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    "2024-02-29T00:00:00.000001Z",
    "2026-01-15T09:30:00.120000Z",
  ],
  "callers-time": [
    "2026-01-15T09:30:00Z",
    "1970-01-01t00:00:00z",
    "9999-12-31T23:59:59.999Z",
    "2026-01-15T09:30:00.123456789Z",
    "1970-01-01T23:59:00+23:59",
    "9999-12-31T00:00:00-23:59",
  ],
  "^[0-9a-f]{64}$": ["0".repeat(64), "f".repeat(64)],
};
const UUIDS = [
  "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
  "00000000-0000-0000-0000-000000000000",
  "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
];

/** Values of a schema: a plain one first, then its extremes, one part at a time. */
function valuesOf(schema: TSchema): unknown[] {
  const { minimum, exclusiveMinimum, maximum, minItems = 0, maxItems = 3 } = schema;
  switch (schema[Kind]) {
    case "String":
      return textsOf(schema);
    case "Integer":
      return [minimum ?? 1, maximum ?? Number.MAX_SAFE_INTEGER, minimum ?? Number.MIN_SAFE_INTEGER];
    case "Number":
      return [
        minimum ?? exclusiveMinimum + 1,
        maximum ?? Number.MAX_VALUE,
        minimum ?? Number.MIN_VALUE,
        0.1 + 0.2 + (minimum ?? 1),
      ];
    case "Boolean":
      return [true, false];
    case "Null":
      return [null];
    case "Literal":
      return [schema.const];
    case "Union":
      return schema.anyOf.flatMap(valuesOf);
    case "Unknown":
      return [
        1,
        null,
        2n ** 64n - 1n,
        "\0\ud800",
        JSON.parse("[".repeat(150) + "]".repeat(150)),
        { ["__proto__"]: 1 },
        "x".repeat(100_000),
      ];
    case "Array": {
      const items = valuesOf(schema.items);
      const filled = (length: number, value: unknown) => Array.from({ length }, () => value);
      return [
        filled(Math.max(1, minItems), items[0]),
        filled(minItems, items[0]),
        filled(maxItems, items[0]),
        ...items.map((item) => filled(Math.max(1, minItems), item)),
      ];
    }
    case "Record": {
      const [inner] = Object.values(schema.patternProperties) as [TSchema];
      return [
        {},
        ...valuesOf(inner).map((value) => ({ key: value })),
        { "": valuesOf(inner)[0], "\0": valuesOf(inner)[0] },
      ];
    }
    case "Unsafe":
    case "Object":
      return objectsOf(schema);
    default:
      throw new Error(`Cannot make values of a ${schema[Kind]}`);
  }
}

function objectsOf(schema: TSchema): unknown[] {
  const parts = Object.entries((schema.properties ?? {}) as Record<string, TSchema>).map(
    ([name, part]) => [name, valuesOf(part)] as const,
  );
  const required = new Set<string>(schema.required ?? []);
  const plain = Object.fromEntries(
    parts.filter(([name]) => required.has(name)).map(([name, [value]]) => [name, value]),
  );
  const full = Object.fromEntries(parts.map(([name, [value]]) => [name, value]));
  // All at once, each at one of its extremes: what is worked out of two of them must fit, too.
  const mixed = Array.from({ length: 12 }, (_, i) =>
    Object.fromEntries(parts.map(([name, values], part) => [name, values[(i * (part + 1)) % values.length]])),
  );
  return [
    plain,
    full,
    ...mixed,
    ...parts.flatMap(([name, values]) => values.map((value) => ({ ...plain, [name]: value }))),
  ];
}

function textsOf(schema: TSchema): string[] {
  const { format, pattern, minLength = 0, maxLength = 5_000 } = schema;
  const known = TEXTS[format ?? pattern];
  if (known) return [...known];
  if (pattern?.startsWith("^[0-9a-fA-F]{8}-")) return UUIDS;
  if (pattern !== undefined || format !== undefined) {
    const example = schema.examples?.[0];
    if (typeof example === "string") return [example];
    throw new Error(`Cannot make texts of the pattern ${pattern ?? format}`);
  }
  const odd = ["\0", "\ud800", "🟢", "é", "\u001e", "'\"\\"].map((char) => char.padStart(minLength, char));
  return ["plain", "x".repeat(minLength), random(maxLength), "🟢".repeat(maxLength), ...odd];
}

/** What no compression makes fit into an index. */
function random(length: number): string {
  const bytes = crypto.getRandomValues(new Uint16Array(length));
  return Array.from(bytes, (code) => String.fromCharCode(0x4e00 + (code % 20_000))).join("");
}

const TYPES = Object.keys(catalogue) as EventType[];
const categoryOf = (type: EventType) => type.slice(0, type.indexOf("."));
/** What every stream of a category begins with: the first of its types. */
const FIRST = new Map(TYPES.toReversed().map((type) => [categoryOf(type), type]));

test("every format in the schemas of events is checked", () => {
  for (const name of ["utc-time", "callers-time"]) expect(FormatRegistry.Has(name)).toBe(true);
});

test.each([
  [
    "utc-time",
    [
      "2026-02-30T00:00:00Z",
      "2026-02-29T00:00:00Z",
      "0000-01-01T00:00:00Z",
      "10000-01-01T00:00:00Z",
      "+010000-01-01T00:00:00Z",
      "2026-01-01T24:00:00Z",
      "2026-01-01T00:00:60Z",
      "2026-01-01T00:00:00.1234567Z",
      "2026-01-01T00:00:00+01:00",
      "2026-01-01",
      "2026-13-01T00:00:00Z",
      "",
    ],
  ],
  ["callers-time", ["9999-12-31T23:59:59-14:00", "1969-12-31T23:59:59Z", "2026-02-30T00:00:00Z", "banana", ""]],
])("%s has no time that a read model cannot store", (format, times) => {
  for (const time of times) expect([time, FormatRegistry.Get(format)?.(time)]).toEqual([time, false]);
});

test("each read model accepts whatever is recorded, and a rebuild is identical", async () => {
  const meta = { actor: `user:${random(250)}`, correlation_id: "test" };
  const appends = TYPES.flatMap((type) => {
    const category = categoryOf(type);
    const first = FIRST.get(category);
    const before: NewEvent[] = first && first !== type ? [{ type: first, data: valuesOf(catalogue[first])[0] }] : [];
    return valuesOf(catalogue[type]).map((data) => ({ type, category, events: [...before, { type, data }] }));
  });
  const late = { workflow: "w", payload: {}, run_at: "9999-12-31T23:59:59.999Z", timeout_seconds: 2_592_000 };
  appends.push({ type: "job.submitted", category: "job", events: [{ type: "job.submitted", data: late }] });
  for (const { type, events } of appends)
    expect([type, eventFault(type, events.at(-1)?.data)]).toEqual([type, undefined]);
  for (let start = 0; start < appends.length; start += 200) {
    await Promise.all(
      appends.slice(start, start + 200).map(async ({ category, events }) => {
        const stream_id = streamOf(category);
        expect(await log.append({ stream_id, expected_version: 0, events, meta })).toMatchObject({ ok: true });
      }),
    );
  }
  const bus = inProcessBus({ log, poll_ms: 20 });
  const projector = startProjector({ sql, log, bus, logger: recordingLogger(), projections });
  try {
    const head = await log.head();
    expect(head).toBeGreaterThan(500);
    for (const { name } of projections) {
      await projector.waitFor(name, head, 20_000);
      const status = (await projector.status()).find((one) => one.name === name);
      expect([name, status?.poison?.message, status?.fault]).toEqual([name, undefined, undefined]);
      expect([name, status?.position]).toEqual([name, head]);
    }
    for (const projection of projections) {
      expect(await verify({ sql, log, projection })).toMatchObject({ name: projection.name, different: 0 });
    }
  } finally {
    await projector.stop();
    await bus.close();
  }
}, 120_000);

test("data that does not match its schema is rejected, with the place and without the value", async () => {
  for (const type of TYPES) {
    const [append] = await Promise.allSettled([
      log.append({
        stream_id: streamOf(categoryOf(type)),
        expected_version: 0,
        events: [{ type, data: "secret-4711" }],
        meta: { actor: "test", correlation_id: "test" },
      }),
    ]);
    expect([type, append.status]).toEqual([type, "rejected"]);
    expect(String((append as PromiseRejectedResult).reason)).toMatch(
      /AppendRefusedError: .* does not fit its schema at \//,
    );
    expect(String((append as PromiseRejectedResult).reason)).not.toContain("secret");
  }
  expect(Value.Check(catalogue["key.rotated"], {})).toBe(false);
});

/** A new stream: a pipeline's is named after its account, too. */
function streamOf(category: string): string {
  return `${category}-${category === "pipeline" ? "user:1/" : ""}${Bun.randomUUIDv7()}`;
}
