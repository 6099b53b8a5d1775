import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { ErrorReported, ReportedError } from "../../../events/error.ts";
import { decode } from "../../../events/mod.ts";
import { type CollectorOptions, ErrorCollector, startCollecting } from "../../../src/features/errors/collector.ts";
import { type EventLog, openLog } from "../../../src/log/mod.ts";
import { type TestDatabase, testDatabase } from "../../support/postgres.ts";

const MINUTE = 60_000;
const error: ReportedError = { source: "web", type: "TypeError", message: "x", frames: [] };
const idOf = (n: number) => n.toString(16).padStart(32, "0");

let database: TestDatabase;
let log: EventLog;
/** The collectors' clock: the system's, moved by the tests. */
let ahead = 0;
const now = () => Date.now() + ahead;
beforeEach(async () => {
  database = await testDatabase();
  log = openLog({ url: database.url });
  ahead = 0;
});
afterEach(async () => {
  await log.close();
  await database.drop();
});

const collector = (options: Partial<CollectorOptions> = {}) => new ErrorCollector({ log, now, ...options });
const report = (to: ErrorCollector, n = 1, by?: string) => to.report(idOf(n), { newest: error, cause: {}, by });
/** How many reports the events of a group stand for. */
const recorded = async (n = 1) =>
  (await log.readStream(`error-${idOf(n)}`)).map((event) => (decode(event).data as ErrorReported).reports);

describe("a group", () => {
  test("is recorded at once, and what follows within a minute is counted", async () => {
    const one = collector();
    expect(await report(one)).toEqual({ status: "recorded", position: 1 });
    for (let i = 0; i < 20; i++) expect(await report(one)).toEqual({ status: "counted" });
    expect(await recorded()).toEqual([1]);
    ahead = MINUTE - 5_000;
    await one.sweep();
    expect(await recorded()).toEqual([1]);
    ahead = MINUTE + 1_000;
    await one.sweep();
    expect(await recorded()).toEqual([1, 20]);
  });

  test("is recorded by the report that comes after that time, with those before", async () => {
    const one = collector();
    await report(one);
    await report(one);
    ahead = MINUTE + 1_000;
    expect(await report(one)).toMatchObject({ status: "recorded" });
    expect(await recorded()).toEqual([1, 2]);
  });

  test("that is reported by many at once is recorded once, and loses none", async () => {
    const one = collector();
    const all = await Promise.all(Array.from({ length: 50 }, () => report(one)));
    expect(all.filter((each) => each?.status === "recorded")).toHaveLength(1);
    await one.sweep({ at_once: true });
    expect((await recorded()).reduce((sum, reports) => sum + reports, 0)).toBe(50);
  });

  test("that another process has just recorded is counted here", async () => {
    await report(collector());
    const other = collector();
    expect(await report(other)).toEqual({ status: "counted" });
    ahead = MINUTE + 1_000;
    await other.sweep();
    expect(await recorded()).toEqual([1, 1]);
  });

  test("that another process resolved is open again within a minute, however noisy it was", async () => {
    const one = collector();
    // By the log's clock all of it is now: the next event is due in four minutes.
    for (ahead of [0, 61_000, 122_000]) expect(await report(one)).toMatchObject({ status: "recorded" });
    await collector().resolve(idOf(1), { actor: "key:operator" });
    expect(await report(one)).toEqual({ status: "counted" });
    ahead = 181_000;
    await one.sweep();
    expect(await recorded()).toEqual([1, 1, 1, undefined as never]);
    ahead = 183_000;
    await one.sweep();
    expect(await recorded()).toEqual([1, 1, 1, undefined as never, 1]);
  });

  test("is recorded with all its reports when the process stops", async () => {
    const running = startCollecting({ log, logger: { warn: () => {} } });
    await report(running.collector);
    await report(running.collector);
    await report(running.collector);
    await running.stop();
    expect(await recorded()).toEqual([1, 2]);
  });
});

describe("a flood", () => {
  test("starts a limited number of groups, then a limited number an hour; known ones are still counted", async () => {
    const one = collector({ new_groups: { at_once: 3, an_hour: 6 } });
    for (const n of [1, 2, 3]) expect(await report(one, n)).toMatchObject({ status: "recorded" });
    for (const n of [4, 5]) expect(await report(one, n)).toBeUndefined();
    expect(await report(one, 1)).toEqual({ status: "counted" });
    ahead = 9 * MINUTE;
    expect(await report(one, 4)).toBeUndefined();
    ahead = 10 * MINUTE;
    expect(await report(one, 4)).toMatchObject({ status: "recorded" });
    expect(await report(one, 5)).toBeUndefined();
    expect(await log.head()).toBe(4);
  });

  test("that arrives all at once starts no more groups, and records no more events", async () => {
    const one = collector({ new_groups: { at_once: 3, an_hour: 0 } });
    const all = await Promise.all(Array.from({ length: 20 }, (_, n) => report(one, n)));
    expect(all.filter((each) => each?.status === "recorded")).toHaveLength(3);
    expect(all.filter((each) => each === undefined)).toHaveLength(17);
    expect(await log.head()).toBe(3);
    const other = collector({ events: { at_once: 2, an_hour: 0 } });
    await Promise.all(Array.from({ length: 20 }, (_, n) => report(other, 100 + n)));
    expect(await log.head()).toBe(5);
  });

  test("of groups that other processes started does not use up this one's", async () => {
    for (const n of [1, 2, 3]) await report(collector(), n);
    const one = collector({ new_groups: { at_once: 1, an_hour: 0 } });
    for (const n of [1, 2, 3]) expect(await report(one, n)).toEqual({ status: "counted" });
    expect(await report(one, 4)).toMatchObject({ status: "recorded" });
  });

  test("that is refused leaves nothing behind, and many at once are told the same", async () => {
    const one = collector({ new_groups: { at_once: 0, an_hour: 0 } });
    const all = await Promise.all(Array.from({ length: 20 }, () => report(one)));
    expect(all).toEqual(Array(20).fill(undefined));
    await one.sweep({ at_once: true });
    expect(await log.head()).toBe(0);
  });

  test("of known groups is counted while no more may be recorded, and recorded later", async () => {
    const one = collector({ events: { at_once: 1, an_hour: 1 } });
    await report(one, 1);
    expect(await report(one, 2)).toEqual({ status: "counted" });
    expect(await log.head()).toBe(1);
    ahead = 61 * MINUTE;
    await one.sweep();
    expect(await recorded(2)).toEqual([1]);
  });

  test("of more groups than are counted is refused, unless one without reports can give up its place", async () => {
    const one = collector({ counted_max: 2 });
    for (const n of [1, 2, 2]) await report(one, n);
    expect(await report(one, 3)).toMatchObject({ status: "recorded" });
    await report(one, 3);
    expect(await report(one, 4)).toBeUndefined();
    expect(await log.head()).toBe(3);
  });
});

describe("a flood of anonymous callers", () => {
  test("does not use up what callers with a key may start, who are limited each on their own", async () => {
    const one = collector({ new_groups: { at_once: 2, an_hour: 6 } });
    for (const n of [1, 2]) expect(await report(one, n)).toMatchObject({ status: "recorded" });
    expect(await report(one, 3)).toBeUndefined();
    for (const n of [3, 4]) expect(await report(one, n, "a")).toMatchObject({ status: "recorded" });
    expect(await report(one, 5, "a")).toBeUndefined();
    expect(await report(one, 5, "b")).toMatchObject({ status: "recorded" });
    ahead = 11 * MINUTE;
    expect(await report(one, 6)).toMatchObject({ status: "recorded" });
    expect(await report(one, 7, "a")).toMatchObject({ status: "recorded" });
  });

  test("is refused alone, even if a caller with a key reports the same error at the same moment", async () => {
    const one = collector({ new_groups: { at_once: 1, an_hour: 0 } });
    await report(one, 1);
    await report(one, 2, "a");
    const by = [undefined, "a", "b", undefined, "b", "a"];
    const all = await Promise.all(by.map((caller) => report(one, 3, caller)));
    expect([all[2]?.status, all[4]?.status].toSorted()).toEqual(["counted", "recorded"]);
    expect(await report(one, 4, "b")).toBeUndefined();
    await one.sweep({ at_once: true });
    const accepted = all.filter((each) => each !== undefined).length;
    expect((await recorded(3)).reduce((sum, reports) => sum + reports, 0)).toBe(accepted);
  });

  test("leaves room to count what callers with a key report", async () => {
    const one = collector({ counted_max: 2 });
    for (const n of [1, 1, 2, 2]) await report(one, n);
    expect(await report(one, 3)).toBeUndefined();
    expect(await report(one, 3, "a")).toMatchObject({ status: "recorded" });
  });
});

test("a report that cannot be recorded is not counted either: its caller may retry", async () => {
  const one = collector();
  await report(one);
  ahead = MINUTE + 1_000;
  await log.close();
  expect(report(one)).rejects.toThrow();
  log = openLog({ url: database.url });
  const other = collector();
  expect(await report(other)).toMatchObject({ status: "recorded" });
  expect(await recorded()).toEqual([1, 1]);
});
