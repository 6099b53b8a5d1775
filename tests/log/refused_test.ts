/** What the log can never store is distinguished from an outage, and costs nobody else anything. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { connect } from "../../src/db/mod.ts";
import {
  type Append,
  AppendRefusedError,
  type EventLog,
  isTransient,
  LogUnavailableError,
  openLog,
  type WrittenBatch,
} from "../../src/log/mod.ts";
import { appendOf, meta } from "../support/events.ts";
import { type TestDatabase, testDatabase } from "../support/postgres.ts";

let database: TestDatabase;
let log: EventLog;
let batches: WrittenBatch[] = [];
beforeAll(async () => {
  database = await testDatabase();
  log = openLog({ url: database.url, on_batch: (batch) => batches.push(batch) });
});
beforeEach(() => {
  batches = [];
});
afterAll(async () => {
  await log.close();
  await database.drop();
});

const newStream = () => `test-${Bun.randomUUIDv7()}`;
const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
const ofText = (data_json: string): Append => ({
  ...appendOf(newStream(), 0),
  events: [{ type: "test.happened", data_json }],
});
const ofValue = (data: unknown): Append => ({
  ...appendOf(newStream(), 0),
  events: [{ type: "test.happened", data }],
});
const objects = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
const cycle: { self?: unknown } = {};
cycle.self = cycle;

/** Each would be refused by Postgres, or by JSON. */
const UNFIT: readonly [string, () => Append, RegExp][] = [
  ["25,000 nested arrays", () => ofText(nested(25_000)), /deeper than 200 levels/],
  ["25,000 nested objects", () => ofText(objects(25_000)), /deeper than 200 levels/],
  ["25,000 nested arrays as a value", () => ofValue(JSON.parse(nested(25_000))), /deeper than 200|written as JSON/],
  [
    "201 levels, after strings that are full of brackets",
    () => ofText(`{"${"[{".repeat(300)}\\"":${nested(200)}}`),
    /deeper/,
  ],
  ["a raw NUL", () => ofText('"\0"'), /not valid JSON/],
  ["a raw control character", () => ofText('"\u0001"'), /not valid JSON/],
  ["the separator of columns", () => ofText('"\u001e"'), /not valid JSON/],
  [
    "the separator, with a value beside it",
    () => ({ ...ofText(""), events: [{ type: "test.x", data_json: '"\u001e"', data: "" }] }),
    /not valid JSON/,
  ],
  ["no JSON", () => ofText('{"secret-4711"'), /not valid JSON/],
  ["an empty text", () => ofText(""), /not valid JSON/],
  ["a number with a leading zero", () => ofText("01"), /not valid JSON/],
  ["NaN", () => ofText("NaN"), /not valid JSON/],
  ["a byte order mark", () => ofText("\ufeff1"), /not valid JSON/],
  ["a cycle", () => ofValue(cycle), /written as JSON/],
  [
    "a value that throws when it is written",
    () =>
      ofValue({
        toJSON: () => {
          throw new Error("secret-4711");
        },
      }),
    /written as JSON/,
  ],
  ["a function", () => ofValue(() => 1), /no JSON value/],
  ["no meta", () => ({ ...ofValue(1), meta: undefined as never }), /names no actor/],
  [
    "an actor's name without end",
    () => ({ ...ofValue(1), meta: { ...meta, actor: "x".repeat(301) } }),
    /names no actor/,
  ],
  [
    "meta that nests",
    () => ({ ...ofValue(1), meta: { ...meta, request_id: JSON.parse(nested(300)) } }),
    /the meta nests/,
  ],
  [
    "meta that is too long with all its events",
    () => ({ ...appendOf(newStream(), 0, 20), meta: { ...meta, request_id: "x".repeat(800_000) } }),
    /at most 16000000/,
  ],
  ["a version beyond the last", () => appendOf(newStream(), 2 ** 31 - 1), /a stream ends at 2147483647/],
  ["a category that no index can hold", () => appendOf(`${"x".repeat(3_000)}-1`, 0), /a stream id is/],
  [
    "a type without end",
    () => ({ ...ofValue(1), events: [{ type: `test.${"x".repeat(1_000_000)}`, data: 1 }] }),
    /is no type/,
  ],
];

describe("what Postgres would refuse", () => {
  test.each(UNFIT)("%s is rejected for good", async (_, append, message) => {
    const [outcome] = await Promise.allSettled([log.append(append())]);
    const { reason } = outcome as PromiseRejectedResult;
    expect(reason).toBeInstanceOf(AppendRefusedError);
    expect(reason.message).toMatch(message);
    expect(isTransient(reason)).toBe(false);
    expect(reason.message).not.toContain("secret-4711");
    expect(batches).toEqual([]);
  });

  test("is rejected before it joins a batch: the rest of the batch is recorded as if it were not there", async () => {
    const innocent = Array.from({ length: 64 }, () => appendOf(newStream(), 0));
    const unfit = UNFIT.map(([, append]) => append());
    const mixed = innocent.flatMap((append, i) => [append, ...(unfit[i] ? [unfit[i]] : [])]);
    const outcomes = await Promise.allSettled(mixed.map((append) => log.append(append)));
    const recorded = outcomes.filter((outcome) => outcome.status === "fulfilled" && outcome.value.ok);
    expect(recorded).toHaveLength(64);
    expect(batches.map(({ failed, events }) => ({ failed, events }))).toEqual([{ failed: false, events: 64 }]);
  });

  test("together with others, none of which is recorded", async () => {
    const good = appendOf(newStream(), 0);
    expect(log.appendAll([good, ofText(nested(201))])).rejects.toBeInstanceOf(AppendRefusedError);
    expect(await log.readStream(good.stream_id)).toEqual([]);
  });
});

describe("the log stores", () => {
  test.each([
    ["200 levels", nested(200)],
    ["200 levels of objects", objects(200)],
    ["brackets in strings, however many", JSON.stringify({ text: '[{"\\'.repeat(5_000) })],
    ["arrays side by side, however many", JSON.stringify(Array.from({ length: 5_000 }, () => [{}]))],
    ["numbers of any size", "[1e400, 123456789012345678901234567890, -0]"],
    ["escapes", '"\\u0000\\ud800\\u2028"'],
    ["white space", ' {"a" :\n\t1 }\r'],
  ])("%s", async (_, data_json) => {
    const append = ofText(data_json);
    expect(await log.append(append)).toMatchObject({ ok: true });
    expect((await log.readStream(append.stream_id))[0]?.data_json).toBe(data_json);
  });
});

describe("what Postgres rejects unexpectedly", () => {
  const admin = () => connect(database.admin_url, { max: 1 });

  test("fails alone, for good, and costs its batch one halving", async () => {
    const sql = admin();
    await sql`alter table levqor_log.events add constraint unforeseen check (data::text <> '"bad"') not valid`;
    try {
      const appends = Array.from({ length: 64 }, (_, i) => ofValue(i === 40 ? "bad" : i));
      const outcomes = await Promise.allSettled(appends.map((append) => log.append(append)));
      expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(63);
      const { reason } = outcomes[40] as PromiseRejectedResult;
      expect(reason).toBeInstanceOf(AppendRefusedError);
      expect(reason.message).toEndWith("the database refused it");
      expect(String(reason.cause)).toContain("23514");
      // Of 64, the halves that hold it: 64, 32, 16, 8, 4, 2, 1.
      expect(batches.filter(({ failed }) => failed)).toHaveLength(7);
      expect(batches.filter(({ failed }) => !failed)).toHaveLength(6);
    } finally {
      await sql`alter table levqor_log.events drop constraint unforeseen`;
      await sql.end();
    }
  });

  test("if the append is not at fault, it may be retried", async () => {
    const sql = admin();
    await sql`revoke execute on function levqor_log.append from levqor`;
    const append = appendOf(newStream(), 0);
    try {
      const [outcome] = await Promise.allSettled([log.append(append)]);
      const { reason } = outcome as PromiseRejectedResult;
      expect(reason).toBeInstanceOf(LogUnavailableError);
      expect(isTransient(reason)).toBe(true);
    } finally {
      await sql`grant execute on function levqor_log.append to levqor`;
      await sql.end();
    }
    expect(await log.append(append)).toMatchObject({ ok: true });
  });
});
