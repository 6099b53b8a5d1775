import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { StoredEvent } from "../../events/envelope.ts";
import { follow, inProcessBus, type News } from "../../src/bus/mod.ts";
import { type EventLog, openLog } from "../../src/log/mod.ts";
import type { Commit } from "../../src/log/types.ts";
import { readAll } from "../support/events.ts";
import { type TestDatabase, testDatabase } from "../support/postgres.ts";
import { startProxy } from "../support/proxy.ts";
import { fill, followTo } from "./support.ts";

const EVENTS = 250;

let database: TestDatabase;
let log: EventLog;
let all: StoredEvent[];
beforeAll(async () => {
  database = await testDatabase();
  log = openLog({ url: database.url });
  await fill(log, EVENTS, 50);
  all = await readAll(log);
});
afterAll(async () => {
  await log.close();
  await database.drop();
});

type ReadableLog = Pick<EventLog, "head" | "readRange">;

/** A bus over a log with manual notifications of commits, which counts how often it is read. */
function byHand(source: ReadableLog = log) {
  const listeners = new Set<(commit: Commit) => void>();
  const stop = new AbortController();
  let reads = 0;
  const counted = {
    head: () => source.head(),
    readRange: (...range: Parameters<EventLog["readRange"]>) => {
      reads++;
      return source.readRange(...range);
    },
    onCommit(listener: (commit: Commit) => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const bus = inProcessBus({ log: counted, poll_ms: 1_000_000 });
  return {
    bus,
    log: counted,
    tell: (news: News) => bus.tail.hear(news),
    listeners,
    stop,
    signal: stop.signal,
    reads: () => reads,
  };
}

/** The same log as long as it had no event after a position, and what lets it grow to another. */
function upTo(position: number) {
  let end = position;
  return {
    log: {
      head: async () => end,
      readRange: async (after, limit, options?) =>
        after >= end ? [] : await log.readRange(after, Math.min(limit, end - after), options),
    } satisfies ReadableLog,
    grow(to: number) {
      end = to;
    },
  };
}

/** The events of the positions from `first` to `last`. */
const slice = (first: number, last: number) => all.slice(first - 1, last);

describe("follow", () => {
  test("returns at most the requested number of characters at once, except for one event, from the log and from news", async () => {
    const short = upTo(100);
    const { stop, signal, bus, tell, reads, log: counted } = byHand(short.log);
    const max_length = 2 * (all[0] as StoredEvent).data_json.length + 1;
    const lengthOf = (events: readonly StoredEvent[]) => events.reduce((sum, event) => sum + event.data_json.length, 0);
    const seen: StoredEvent[] = [];
    const heard = slice(101, EVENTS);
    let told = false;
    for await (const events of follow({ log: counted, bus, after: 0, signal, batch: 50, max_length })) {
      expect(events.length === 1 || lengthOf(events) <= max_length).toBe(true);
      seen.push(...events);
      if (!told) {
        short.grow(EVENTS);
        tell({ last: EVENTS, events: heard });
      }
      told = true;
      if (seen.length === EVENTS) stop.abort();
    }
    expect(seen).toEqual(all);
    expect(reads()).toBeLessThanOrEqual(100);

    for (const read of [
      (max_length: number) => log.readRange(0, 50, { max_length }),
      (max_length: number) => log.readStream((all[0] as StoredEvent).stream_id, { limit: 50, max_length }),
    ]) {
      const events = await read(1_000_000);
      expect(await read(0)).toEqual(events.slice(0, 1));
      expect(await read(lengthOf(events.slice(0, 3)))).toEqual(events.slice(0, 3));
      expect(await read(lengthOf(events.slice(0, 3)) - 1)).toEqual(events.slice(0, 2));
    }
  });

  test("starts with what is in the log, in arrays of at most `batch`", async () => {
    const { stop, signal, bus } = byHand();
    const sizes: number[] = [];
    const seen: StoredEvent[] = [];
    for await (const events of follow({ log, bus, after: 20, signal, batch: 100 })) {
      sizes.push(events.length);
      seen.push(...events);
      if (seen.length === 230) stop.abort();
    }
    expect(seen).toEqual(slice(21, 250));
    expect(sizes).toEqual([100, 100, 30]);
  });

  test("returns the array of news that continues from its position, as it is, without reading the log", async () => {
    const { bus, log, tell, signal, reads } = byHand(upTo(200).log);
    const source = follow({ log, bus, after: 190, signal });
    expect((await source.next()).value).toEqual(slice(191, 200));
    const before = reads();
    const events = slice(201, 210);
    const next = source.next();
    tell({ last: 210, events });
    expect((await next).value).toBe(events);
    expect(reads()).toBe(before);
  });

  test("joins small arrays, splits long ones, and skips what it has seen", async () => {
    const { bus, log, tell, signal, reads } = byHand(upTo(10).log);
    const source = follow({ log, bus, after: 0, signal, batch: 20 });
    expect((await source.next()).value).toEqual(slice(1, 10));
    const before = reads();
    tell({ last: 9, events: slice(8, 9) });
    for (let position = 11; position <= 15; position++) tell({ last: position, events: slice(position, position) });
    tell({ last: 17, events: slice(14, 17) });
    tell({ last: 70, events: slice(18, 70) });
    const seen = await followTo(source, 70);
    expect(seen).toEqual(slice(11, 70));
    expect(reads()).toBe(before);
  });

  test("reads the log for what news leaves out, then continues with news", async () => {
    const short = upTo(10);
    const { bus, log, tell, signal } = byHand(short.log);
    const limits: number[] = [];
    short.log.readRange = ((read) => (after, limit, options) => {
      limits.push(limit);
      return read(after, limit, options);
    })(short.log.readRange);
    const source = follow({ log, bus, after: 0, signal, batch: 1000 });
    expect((await source.next()).value).toEqual(slice(1, 10));
    short.grow(101);
    tell({ last: 100, events: slice(51, 100) });
    tell({ last: 101, events: slice(101, 101) });
    expect(await followTo(source, 101)).toEqual(slice(11, 101));
    expect(limits.at(-1)).toBe(40);
  });

  test("reads the log if news has no events", async () => {
    const short = upTo(10);
    const { bus, log, tell, signal } = byHand(short.log);
    const source = follow({ log, bus, after: 0, signal });
    expect((await source.next()).value).toEqual(slice(1, 10));
    const next = source.next();
    short.grow(250);
    tell({ last: 250 });
    const { value } = await next;
    expect([...(value ?? []), ...(await followTo(source, 250))]).toEqual(slice(11, 250));
  });

  test("keeps a bounded part of the news it has not reached, by count and by size, and reads the log for the rest", async () => {
    for (const [count, text] of [
      [60_000, ""],
      [300, "x".repeat(100_000)],
    ] as const) {
      const event = { ...(all[0] as StoredEvent), data_json: JSON.stringify(text) };
      const at = (position: number) => ({ ...event, position });
      let told = 0;
      // A log of so many events.
      const { bus, log, tell, signal } = byHand({
        head: async () => told,
        readRange: async (after, limit) => {
          const length = Math.min(limit, told - after);
          return Array.from({ length }, (_, index) => at(after + 1 + index));
        },
      });
      const read: number[] = [];
      const own = {
        readRange: (...range: Parameters<EventLog["readRange"]>) => {
          read.push(range[0]);
          return log.readRange(...range);
        },
      };
      const source = follow({ log: own, bus, after: 0, signal, batch: 1000 });
      const first = source.next();
      for (told = 1; told <= count; told++) {
        tell({ last: told, events: [at(told)] });
        if (told === 1) await first;
      }
      told = count;
      const seen = await followTo(source, count);
      expect(seen.map(({ position }) => position)).toEqual(Array.from({ length: count - 1 }, (_, index) => index + 2));
      // The newest are kept, to the bound: up to there it read the log.
      const oldest = count === 60_000 ? 20_000 : 220;
      const last = read.at(-1) ?? 0;
      expect(last).toBeLessThan(oldest + 1);
      expect(last + 1_000).toBeGreaterThan(oldest - 1);
      expect(read[0]).toBe(1);
    }
  });

  test("neither hangs nor spins on news of events that do not exist", async () => {
    const { bus, log, tell, signal, stop, reads } = byHand();
    const source = follow({ log, bus, after: 240, signal });
    expect((await source.next()).value).toEqual(slice(241, 250));
    const next = source.next();
    tell({ last: 9_999 });
    tell({ last: 10_000, events: [{ ...(all[0] as StoredEvent), position: 10_000 }] });
    await Bun.sleep(100);
    expect(reads()).toBeLessThan(5);
    stop.abort();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  test("throws if the log has a gap", async () => {
    const message = "Cannot follow the log from position 0: the next 5 events have positions 1 to 6";
    let head = 6;
    const { bus, log, signal, tell } = byHand({
      head: async () => head,
      readRange: async (after: number) => (after < 5 ? [...slice(1, 3), ...slice(5, 6)] : []),
    });
    const behind = follow({ log, bus, after: 0, signal });
    await expect(behind.next()).rejects.toThrow(message);

    head = 0;
    const followers = [0, 0].map((after) => follow({ log, bus, after, signal }));
    const nexts = followers.map((follower) => follower.next());
    tell({ last: 6 });
    const outcomes = await Promise.allSettled(nexts);
    expect(outcomes.map((outcome) => outcome.status === "rejected" && outcome.reason.message)).toEqual([
      message,
      message,
    ]);
  });

  test("does nothing before it is pulled, and stops listening once it has ended", async () => {
    const { bus, log, listeners, reads, signal } = byHand();
    const source = follow({ log, bus, after: 0, signal });
    await Bun.sleep(10);
    expect([listeners.size, reads()]).toEqual([0, 0]);
    await source.next();
    expect(listeners.size).toBe(1);
    await source.return();
    expect(listeners.size).toBe(0);
  });

  test("ends when the signal fires: while it waits, and while the database does not respond", async () => {
    const waiting = byHand();
    const atTheEnd = follow({ log, bus: waiting.bus, after: EVENTS, signal: waiting.signal });
    const hanging = byHand({ head: () => log.head(), readRange: () => new Promise<StoredEvent[]>(() => {}) });
    const inTheMiddle = follow({ log: hanging.log, bus: hanging.bus, after: 0, signal: hanging.signal });
    const nexts = Promise.all([atTheEnd.next(), inTheMiddle.next()]);
    await Bun.sleep(50);
    waiting.stop.abort();
    hanging.stop.abort();
    expect(await nexts).toEqual([
      { done: true, value: undefined },
      { done: true, value: undefined },
    ]);
    expect(waiting.listeners.size + hanging.listeners.size).toBe(0);
  });

  test("resumes after the database was down", async () => {
    const proxy = await startProxy(database.url);
    const farLog = openLog({ url: proxy.url });
    const bus = inProcessBus({ log: farLog, poll_ms: 20 });
    const faults: unknown[] = [];
    const stop = new AbortController();
    await farLog.head();
    proxy.onRequest = () => "cut_before";
    const source = follow({ log: farLog, bus, after: 0, signal: stop.signal, on_fault: (fault) => faults.push(fault) });
    const seen = followTo(source, EVENTS);
    while (faults.length === 0) await Bun.sleep(5);
    await Bun.sleep(100);
    proxy.onRequest = () => "pass";
    expect(await seen).toEqual(all);
    await bus.close();
    await farLog.close();
    await proxy.close();
  });
});
