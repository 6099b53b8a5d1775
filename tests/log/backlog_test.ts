import { describe, expect, test } from "bun:test";
import {
  Backlog,
  LIGHT_LENGTH,
  MAX_BATCH_EVENTS,
  MAX_CALLER_LENGTH,
  MAX_HEAVY_LENGTH,
  MAX_WAITING_LENGTH,
  type Pending,
} from "../../src/log/backlog.ts";

interface Item extends Pending {
  readonly name: string;
}

const LARGE = MAX_HEAVY_LENGTH + 1;

function item(name: string, { length = 1, caller = "a", stream_id = name, deadline = 1_000, count = 1 } = {}): Item {
  return { name, length, caller, deadline, count, parts: [{ append: { stream_id } }] };
}

function backlogOf(...items: Item[]): Backlog<Item> {
  const backlog = new Backlog<Item>();
  for (const one of items) expect(backlog.add(one)).toBe(true);
  return backlog;
}

const names = (items: readonly Item[]) => items.map(({ name }) => name);

/** All batches, one after the other at one moment, each of which takes no time. */
function batches(backlog: Backlog<Item>): string[][] {
  const all: string[][] = [];
  while (backlog.size > 0) all.push(names(backlog.takeBatch(0)));
  return all;
}

describe("light appends", () => {
  test("go first come, first served, one of a stream in a batch", () => {
    const again = item("2", { stream_id: "1" });
    expect(batches(backlogOf(item("1"), again, item("3"), item("4", { stream_id: "1" })))).toEqual([
      ["1", "3"],
      ["2"],
      ["4"],
    ]);
  });

  test("fill a batch up to its maximum number of events", () => {
    const [half, more] = [MAX_BATCH_EVENTS / 2, MAX_BATCH_EVENTS / 2 + 1];
    const items = [item("1", { count: half }), item("2", { count: half }), item("3", { count: half })];
    expect(batches(backlogOf(...items, item("4", { count: more })))).toEqual([["1", "2"], ["3"], ["4"]]);
  });

  test("do not wait for a heavy one that waits for its turn", () => {
    const heavy = ["1", "2", "3"].map((name) => item(name, { length: LARGE }));
    const backlog = backlogOf(...heavy, item("light", { length: LIGHT_LENGTH }));
    expect(names(backlog.takeBatch(0))).toEqual(["1", "light"]);
    expect(backlog.add(item("later"))).toBe(true);
    expect(names(backlog.takeBatch(0))).toEqual(["2", "later"]);
  });
});

describe("heavy appends", () => {
  test("take turns by caller", () => {
    const length = MAX_HEAVY_LENGTH;
    const a = ["a1", "a2", "a3"].map((name) => item(name, { length }));
    const backlog = backlogOf(...a, item("b1", { length, caller: "b" }), item("b2", { length, caller: "b" }));
    expect(batches(backlog)).toEqual([["a1"], ["b1"], ["a2"], ["b2"], ["a3"]]);
  });

  test("join a batch as long as they fit, those of different callers first", () => {
    const length = MAX_HEAVY_LENGTH / 2;
    const a = ["a1", "a2"].map((name) => item(name, { length }));
    const backlog = backlogOf(...a, item("b1", { length, caller: "b" }), item("c1", { length: LARGE, caller: "c" }));
    expect(batches(backlog)).toEqual([["a1", "b1"], ["c1"], ["a2"]]);
  });

  test("of one stream are in different batches, and light ones of it as well", () => {
    const length = LIGHT_LENGTH + 1;
    const of = (name: string, more: object) => item(name, { length, stream_id: "s", ...more });
    const backlog = backlogOf(of("1", {}), of("2", { caller: "b" }), of("light", { length: 1 }));
    expect(batches(backlog)).toEqual([["1"], ["2"], ["light"]]);
  });
});

describe("after a large append", () => {
  test("the next waits three times as long as the last took; small ones do not", () => {
    const large = [item("1", { length: LARGE }), item("2", { length: LARGE, caller: "b" })];
    const backlog = backlogOf(...large, item("heavy", { length: MAX_HEAVY_LENGTH, caller: "c" }));
    backlog.took(backlog.takeBatch(0), { from: 0, to: 100 });
    expect(names(backlog.takeBatch(100))).toEqual(["heavy"]);
    expect([backlog.restsFor(100), backlog.restsFor(399)]).toEqual([300, 1]);
    expect(names(backlog.takeBatch(399))).toEqual([]);
    expect(names(backlog.takeBatch(400))).toEqual(["2"]);
  });

  test("the wait is a second at most, however long the database was down", () => {
    const backlog = backlogOf(item("1", { length: LARGE }), item("2", { length: LARGE }));
    backlog.took(backlog.takeBatch(0), { from: 0, to: 10_000 });
    expect(backlog.restsFor(10_000)).toBe(1_000);
  });

  test("there is no wait if none was large", () => {
    const backlog = backlogOf(item("1", { length: MAX_HEAVY_LENGTH }), item("2", { length: LARGE }));
    backlog.took(backlog.takeBatch(0), { from: 0, to: 100 });
    expect(names(backlog.takeBatch(100))).toEqual(["2"]);
  });
});

describe("what may wait", () => {
  test("is limited per caller: that many characters of heavy appends, or one append", () => {
    const length = MAX_CALLER_LENGTH / 2;
    const backlog = backlogOf(item("1", { length }), item("2", { length }));
    expect(backlog.add(item("3", { length: LIGHT_LENGTH + 1 }))).toBe(false);
    expect(backlog.add(item("4", { length: MAX_CALLER_LENGTH + 1, caller: "b" }))).toBe(true);
    expect(backlog.add(item("5"))).toBe(true);
  });

  test("is limited in total: that many heavy ones, and as many light ones", () => {
    const backlog = new Backlog<Item>();
    const length = MAX_CALLER_LENGTH;
    for (let n = 0; n < MAX_WAITING_LENGTH / length; n++) {
      expect(backlog.add(item(`${n}`, { length, caller: `${n}` }))).toBe(true);
    }
    expect(backlog.add(item("heavy", { length: LIGHT_LENGTH + 1, caller: "other" }))).toBe(false);
    for (let n = 0; n < MAX_WAITING_LENGTH / LIGHT_LENGTH; n++) {
      expect(backlog.add(item(`light ${n}`, { length: LIGHT_LENGTH }))).toBe(true);
    }
    expect(backlog.add(item("light"))).toBe(false);
    // What was taken makes room.
    backlog.takeBatch(0);
    expect(backlog.add(item("light"))).toBe(true);
    expect(backlog.add(item("heavy", { length: LIGHT_LENGTH + 1, caller: "other" }))).toBe(true);
  });

  test("waits until its deadline, and makes room then", () => {
    const length = MAX_CALLER_LENGTH;
    const backlog = backlogOf(item("light", { deadline: 1 }), item("heavy", { length, deadline: 1 }), item("later"));
    expect(names(backlog.expired(0))).toEqual([]);
    expect(names(backlog.expired(1))).toEqual(["light", "heavy"]);
    expect(backlog.size).toBe(1);
    expect(backlog.add(item("next", { length }))).toBe(true);
  });
});
