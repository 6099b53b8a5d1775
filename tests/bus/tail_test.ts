/** How followers share one tail. How each of them follows is in `follow_test.ts`. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { StoredEvent } from "../../events/envelope.ts";
import { follow } from "../../src/bus/mod.ts";
import { Tail } from "../../src/bus/tail.ts";
import type { Commit, EventLog } from "../../src/log/types.ts";
import { followTo, until } from "./support.ts";

/** A log in memory whose reads a test can count, delay and make fail. */
class Log {
  readonly events: StoredEvent[] = [];
  /** The range of positions that each read asked for. */
  readonly reads: { readonly after: number; readonly to: number }[] = [];
  heads = 0;
  /** Called before each read is answered. */
  before: () => Promise<void> = async () => {};
  readonly #listeners = new Set<(commit: Commit) => void>();

  get listeners(): number {
    return this.#listeners.size;
  }

  /** Records events as another process would: nothing is announced. */
  record(count: number, text = ""): readonly StoredEvent[] {
    const first = this.events.length + 1;
    const events = Array.from({ length: count }, (_, i) => event(first + i, text));
    this.events.push(...events);
    return events;
  }

  /** Commits events in this process. */
  commit(count: number, text = ""): void {
    const events = this.record(count, text);
    const { length: last } = this.events;
    for (const listener of this.#listeners) listener({ last, events });
  }

  async head(): Promise<number> {
    this.heads++;
    await this.before();
    return this.events.length;
  }

  readRange: EventLog["readRange"] = async (after, limit) => {
    this.reads.push({ after, to: after + limit });
    await this.before();
    return this.events.slice(after, after + limit);
  };

  onCommit(listener: (commit: Commit) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

function event(position: number, text: string): StoredEvent {
  return {
    position,
    stream_id: `test-${position}`,
    version: 1,
    type: "test.happened",
    schema_version: 1,
    data_json: JSON.stringify(text),
    meta_json: "{}",
    recorded_at: "2026-11-30T00:00:00.000Z",
  };
}

/** Longer than any test. */
const NEVER_MS = 1_000_000;

interface Follower {
  readonly seen: number[];
  readonly faults: unknown[];
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

/** Follows until it is stopped, and waits for `pace` after each array. */
function start(log: Log, tail: Tail, { after = 0, batch = 1_000, pace = async () => {} } = {}): Follower {
  const [seen, faults]: [number[], unknown[]] = [[], []];
  const stop = new AbortController();
  const on_fault = (fault: unknown) => faults.push(fault);
  const done = (async () => {
    for await (const events of follow({ log, bus: { tail }, after, batch, signal: stop.signal, on_fault })) {
      expect(events.length).toBeWithin(1, batch + 1);
      seen.push(...events.map(({ position }) => position));
      await pace();
    }
  })();
  return { seen, faults, stop, done };
}

/** The positions from `first` to `last`. */
function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

async function stopAll(followers: readonly Follower[]): Promise<void> {
  for (const { stop } of followers) stop.abort();
  await Promise.all(followers.map(({ done }) => done));
}

describe("fifty followers", () => {
  const fifty = (log: Log, tail: Tail) =>
    Array.from({ length: 50 }, () => start(log, tail, { after: log.events.length }));

  test("at rest read the log no more often than one does", async () => {
    const asked = async (count: number) => {
      const log = new Log();
      log.record(10);
      const tail = new Tail({ log, poll_ms: 5 });
      const followers = Array.from({ length: count }, () => start(log, tail, { after: 10 }));
      await until("twenty polls", () => log.reads.length >= 20);
      await stopAll(followers);
      return { heads: log.heads, started: log.reads.length };
    };
    const [one, many] = [await asked(1), await asked(50)];
    expect(many.heads).toBe(1);
    expect(many).toEqual(one);
  });

  test("get the events of another process from one read", async () => {
    const log = new Log();
    const tail = new Tail({ log, poll_ms: NEVER_MS });
    const followers = fifty(log, tail);
    await until("all to have joined", () => log.reads.length > 0);
    const before = log.reads.length;
    log.record(30);
    tail.hear({ last: 30 });
    await until("all to have them", () => followers.every(({ seen }) => seen.length === 30));
    expect(log.reads.length - before).toBe(1);
    await stopAll(followers);
  });

  test("each learn of a fault of the log, and all continue after it", async () => {
    const log = new Log();
    const tail = new Tail({ log, poll_ms: NEVER_MS });
    const followers = fifty(log, tail);
    log.commit(1);
    await until("all to be at the end", () => followers.every(({ seen }) => seen.length === 1));
    log.before = () => Promise.reject(new Error("The database is away"));
    log.record(10);
    tail.hear({ last: 11 });
    await until("all to be told", () => followers.every(({ faults }) => faults.length > 0));
    // Events that this process commits meanwhile are kept.
    log.commit(5);
    log.before = async () => {};
    await until("all to be at the end", () => followers.every(({ seen }) => seen.length === 16));
    for (const { seen } of followers) expect(seen).toEqual(range(1, 16));
    await stopAll(followers);
  });
});

test("a slow follower delays nobody, and continues where it was", async () => {
  const log = new Log();
  const tail = new Tail({ log, poll_ms: NEVER_MS });
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const slow = start(log, tail, { pace: () => gate });
  const quick = start(log, tail);
  log.commit(1);
  await until("both to have the first", () => slow.seen.length === 1 && quick.seen.length === 1);
  // More than fits into the window.
  for (let i = 0; i < 60; i++) {
    log.commit(1_000);
    await until("the quick one to have it", () => quick.seen.length === log.events.length);
  }
  expect(slow.seen).toEqual([1]);
  const before = log.reads.length;
  release();
  await until("the slow one to have all", () => slow.seen.length === 60_001);
  expect(slow.seen).toEqual(range(1, 60_001));
  expect(quick.seen).toEqual(range(1, 60_001));
  // It read by itself exactly what was no longer in the window.
  expect(Math.max(...log.reads.slice(before).map(({ to }) => to))).toBe(20_001);
  await stopAll([slow, quick]);
});

test("nothing is kept while all are at the end of the log, and a bounded amount while one is not", async () => {
  const log = new Log();
  const tail = new Tail({ log, poll_ms: NEVER_MS });
  const kept = (follower: AsyncGenerator<readonly StoredEvent[]>) => follower.next();
  const stop = new AbortController();
  const own: number[] = [];
  const readRange: EventLog["readRange"] = (after, limit) => {
    own.push(after);
    return log.readRange(after, limit);
  };
  const quick = start(log, tail);
  log.commit(100);
  await until("the quick one to be at the end", () => quick.seen.length === 100);
  // A follower that joins now finds nothing in memory.
  const late = follow({ log: { readRange }, bus: { tail }, after: 0, signal: stop.signal });
  expect((await kept(late)).value).toHaveLength(100);
  expect(own).toEqual([0]);
  // While it stays there, the newest events are kept: 80 of 100,000 characters.
  for (let i = 0; i < 300; i++) log.commit(1, "x".repeat(100_000 - 2));
  await until("the quick one to be at the end", () => quick.seen.length === 400);
  const rest = await followTo(late, 400);
  expect(rest.map(({ position }) => position)).toEqual(range(101, 400));
  const byItself = own.slice(1);
  expect(Math.min(...byItself)).toBe(100);
  expect(Math.max(...byItself)).toBeLessThan(320);

  // When one that stayed behind leaves, what was kept for it is dropped.
  const leaving = follow({ log, bus: { tail }, after: 400, signal: stop.signal });
  const next = leaving.next();
  log.commit(1);
  await next;
  log.commit(1);
  await until("the quick one to be at the end", () => quick.seen.length === 402);
  await Promise.all([leaving.return(), late.return()]);
  own.length = 0;
  const latest = follow({ log: { readRange }, bus: { tail }, after: 400, signal: stop.signal });
  expect(await followTo(latest, 402)).toHaveLength(2);
  expect(own).toEqual([400]);
  stop.abort();
  await stopAll([quick]);
});

test("a follower that stops affects no other; the tail stops with the last one, and starts again with the next", async () => {
  const log = new Log();
  const tail = new Tail({ log, poll_ms: 5 });
  const [first, second] = [start(log, tail), start(log, tail)];
  log.commit(1);
  await until("both to have it", () => first.seen.length + second.seen.length === 2);
  first.stop.abort();
  await first.done;
  log.commit(1);
  await until("the other to have the next", () => second.seen.length === 2);
  expect([first.seen, log.listeners]).toEqual([[1], 1]);
  await stopAll([second]);
  expect(log.listeners).toBe(0);
  const { length } = log.reads;
  // Several poll intervals.
  await Bun.sleep(50);
  expect(log.reads).toHaveLength(length);

  log.record(3);
  const third = start(log, tail, { after: 1 });
  await until("the next to have all", () => third.seen.length === 4);
  expect(third.seen).toEqual(range(2, 5));
  await stopAll([third]);
});

test("a listener gets each event once, in order", async () => {
  const log = new Log();
  log.record(5);
  const tail = new Tail({ log, poll_ms: NEVER_MS });
  const heard: number[] = [];
  const stop = tail.listen(({ events = [] }) => heard.push(...events.map(({ position }) => position)));
  // Committed before it is known where the log ends.
  log.commit(1);
  await until("the end to be known", () => tail.end === 6);
  log.record(2);
  log.commit(2);
  await until("all to be told", () => heard.length === 5);
  tail.hear({ last: 10, events: log.events.slice(6, 10) });
  log.record(1);
  tail.hear({ last: 11, events: log.events.slice(6, 11) });
  expect(heard).toEqual([6, 7, 8, 9, 10, 11]);
  stop();
  expect(log.listeners).toBe(0);
});

test("false news is dropped, and later events are still kept ahead of a gap", async () => {
  const log = new Log();
  const tail = new Tail({ log, poll_ms: NEVER_MS });
  const follower = start(log, tail);
  log.commit(1);
  tail.hear({ last: 50, events: [event(50, "")] });
  await until("that to be known", () => log.reads.at(-1)?.after === 1);
  await Bun.sleep(0);
  const { length } = log.reads;
  log.record(3);
  log.commit(2);
  await until("it to be at the end", () => follower.seen.length === 6);
  // Only the gap was read.
  expect(log.reads.slice(length)).toEqual([{ after: 1, to: 4 }]);
  await stopAll([follower]);
});

/** One thing that may happen; `turns`: how many microtasks run after it. */
const step = fc.record({
  turns: fc.nat(3),
  what: fc.oneof(
    fc.record({ kind: fc.constant("commit" as const), count: fc.integer({ min: 1, max: 5 }) }),
    // By another process: its news arrives with the events, without them, or not at all.
    fc.record({
      kind: fc.constant("record" as const),
      count: fc.integer({ min: 1, max: 5 }),
      news: fc.constantFrom("events" as const, "position" as const, "none" as const),
    }),
    // News that was told before, or is false.
    fc.record({ kind: fc.constant("repeat" as const), from: fc.nat(1_000), count: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ kind: fc.constant("false news" as const), beyond: fc.constantFrom(1, 5, 10_000) }),
    fc.record({ kind: fc.constant("fault" as const) }),
    fc.record({ kind: fc.constant("join" as const), after: fc.nat(1_000), batch: fc.integer({ min: 1, max: 7 }) }),
    fc.record({ kind: fc.constant("stop" as const), which: fc.nat(1_000) }),
    fc.record({ kind: fc.constant("let one go on" as const), which: fc.nat(1_000) }),
  ),
});

test("in any interleaving, each follower gets every event after its position once, in order", async () => {
  const met = { window: 0, log: 0, stopped: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 80 }), fc.scheduler(), async (steps, scheduler) => {
      const log = new Log();
      let faults = 0;
      log.before = async () => {
        await scheduler.schedule(Promise.resolve(), "a read");
        if (faults > 0) {
          faults--;
          throw new Error("The database is away");
        }
      };
      // A window so small that followers fall behind it.
      const tail = new Tail({ log, poll_ms: NEVER_MS, bounds: { events: 8, length: 1_000 } });
      const followers: (Follower & { readonly after: number; readonly own: () => number })[] = [];
      const join = (after: number, batch: number) => {
        let own = 0;
        const gated = Object.assign(Object.create(null), {
          readRange: (...range: Parameters<EventLog["readRange"]>) => {
            own++;
            return log.readRange(...range);
          },
        }) as Log;
        const pace = () => scheduler.schedule(Promise.resolve(), "a follower");
        followers.push({ ...start(gated, tail, { after, batch, pace }), after, own: () => own });
      };
      join(0, 3);
      const act = async ({ what }: (typeof steps)[number]) => {
        const { length } = log.events;
        switch (what.kind) {
          case "commit":
            return log.commit(what.count);
          case "record": {
            const events = log.record(what.count);
            const { length: last } = log.events;
            const told = { events: { last, events }, position: { last }, none: undefined }[what.news];
            return told && tail.hear(told);
          }
          case "repeat": {
            const events = log.events.slice(what.from % (length + 1)).slice(0, what.count);
            const last = events.at(-1)?.position;
            return last && tail.hear({ last, events });
          }
          case "false news": {
            const last = length + what.beyond;
            return tail.hear(what.beyond < 1_000 ? { last } : { last, events: [event(last, "")] });
          }
          case "fault":
            faults++;
            return;
          case "join":
            return join(what.after % (length + 1), what.batch);
          case "stop":
            return followers[what.which % followers.length]?.stop.abort();
          case "let one go on":
            if (scheduler.count() > 0) await scheduler.waitOne();
        }
      };
      for (const step of steps) {
        await act(step);
        for (let turn = 0; turn < step.turns; turn++) await Promise.resolve();
      }
      // From now on nothing fails, and everybody continues.
      faults = 0;
      const { length: end } = log.events;
      tail.hear({ last: end });
      const wants = ({ after, seen, stop }: (typeof followers)[number]) =>
        !stop.signal.aborted && seen.length < end - after;
      while (followers.some(wants)) {
        if (scheduler.count() > 0) await scheduler.waitOne();
        else await Bun.sleep(1);
      }
      for (const { after, seen, stop, own } of followers) {
        expect(seen).toEqual(range(after + 1, after + seen.length));
        if (stop.signal.aborted) met.stopped++;
        else expect(seen).toHaveLength(end - after);
        met.log += own();
        met.window += own() === 0 && seen.length > 0 ? 1 : 0;
      }
      for (const { stop } of followers) stop.abort();
      while (scheduler.count() > 0) await scheduler.waitOne();
      await Promise.all(followers.map(({ done }) => done));
      expect(log.listeners).toBe(0);
    }),
    { numRuns: 300 },
  );
  // The runs were varied: some followers had all from the window, some read the log, some were stopped.
  expect(Math.min(met.window, met.log, met.stopped)).toBeGreaterThan(10);
});
