/** What every bus guarantees. Each adapter's test file runs it. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { type Bus, follow, type News } from "../../src/bus/mod.ts";
import { type EventLog, openLog } from "../../src/log/mod.ts";
import { appendOf, readAll } from "../support/events.ts";
import { type TestDatabase, testDatabase } from "../support/postgres.ts";
import { fill, fillFromMany, followTo, until } from "./support.ts";

export interface Adapter {
  readonly kind: ReturnType<Bus["health"]>["kind"];
  /** Opens a process's bus over its log. */
  open(log: EventLog): Bus;
  /** Once before all tests, and once after. */
  start?(): Promise<void>;
  stop?(): Promise<void>;
  /** Before each test, which has an empty log. */
  reset?(): Promise<void>;
}

/** One process, as far as the bus is concerned: its own connections, its own commits. */
interface Process {
  readonly log: EventLog;
  readonly bus: Bus;
}

export function conformance(adapter: Adapter): void {
  describe(`a bus, ${adapter.kind}`, () => {
    let database: TestDatabase;
    let here: Process;
    let there: Process;
    let logWithoutBus: EventLog;

    const open = (): Process => {
      const log = openLog({ url: database.url });
      return { log, bus: adapter.open(log) };
    };

    beforeAll(() => adapter.start?.());
    afterAll(() => adapter.stop?.());
    beforeEach(async () => {
      database = await testDatabase();
      await adapter.reset?.();
      here = open();
      there = open();
      logWithoutBus = openLog({ url: database.url });
      await fill(here.log, 1);
      await until("both to be connected", () => here.bus.health().connected && there.bus.health().connected);
    });
    afterEach(async () => {
      await Promise.all([here.bus.close(), there.bus.close()]);
      await Promise.all([here.log.close(), there.log.close(), logWithoutBus.close()]);
      await database.drop();
    });

    test("tells of this process's commits, with their events", async () => {
      const heard: News[] = [];
      here.bus.listen((news) => heard.push(news));
      await until("the bus to have come to the log's end", () => here.bus.tail.end === 1);
      await fill(here.log, 3, 3);
      await until("news of position 4", () => heard.some((news) => news.last === 4));
      const news = heard.find(({ last }) => last === 4);
      expect(news?.events).toEqual(await here.log.readRange(1, 10));
    });

    test("tells of another process's commits", async () => {
      let last = 0;
      here.bus.listen((news) => {
        last = news.last;
      });
      await fill(there.log, 3);
      await until("news of position 4", () => last === 4);
    });

    test("tells of the commits of a process that has no bus", async () => {
      let last = 0;
      here.bus.listen((news) => {
        last = news.last;
      });
      await fill(logWithoutBus, 3);
      await until("news of position 4", () => last === 4);
    });

    test("tells everyone who listens, and nobody who has stopped", async () => {
      const heard = { staying: 0, leaving: 0 };
      here.bus.listen((news) => {
        heard.staying = news.last;
      });
      const leave = here.bus.listen((news) => {
        heard.leaving = news.last;
      });
      await fill(here.log, 1);
      await until("both to hear of position 2", () => heard.staying === 2 && heard.leaving === 2);
      leave();
      await fill(here.log, 1);
      await until("the one that stayed to hear of position 3", () => heard.staying === 3);
      expect(heard.leaving).toBe(2);
    });

    test("tells nothing false while processes write at once: events are the log's, in order, without a gap, to `last`", async () => {
      const heard: News[] = [];
      for (const { bus } of [here, there]) bus.listen((news) => heard.push(news));
      await Promise.all([here, there].map(({ log }) => fillFromMany(log, 10, 20)));
      await until("both to hear of the end", () => heard.filter(({ last }) => last === 401).length >= 2);
      const all = await readAll(here.log);
      expect(all).toHaveLength(401);
      for (const { last, events } of heard) {
        expect(last).toBeLessThanOrEqual(401);
        if (events) expect(events).toEqual(all.slice(last - events.length, last));
      }
    });

    test("lets followers see each event once and in order while several processes write", async () => {
      const end = 1 + 3 * 10 * 30;
      const stop = new AbortController();
      const followers = [here, there].flatMap(({ log, bus }) => [
        followTo(follow({ log, bus, after: 0, signal: stop.signal }), end),
        followTo(follow({ log, bus, after: 0, signal: stop.signal, batch: 7 }), end),
        followTo(slowly(follow({ log, bus, after: 1, signal: stop.signal })), end),
      ]);
      await Promise.all([here.log, there.log, logWithoutBus].map((log) => fillFromMany(log, 10, 30)));
      const all = await readAll(here.log);
      expect(all).toHaveLength(end);
      for (const [index, seen] of (await Promise.all(followers)).entries()) {
        expect(seen).toEqual(index % 3 === 2 ? all.slice(1) : all);
      }
      stop.abort();
    });

    test("says how it is: its kind, and the last position on it", async () => {
      here.bus.listen(() => {});
      await here.log.append(appendOf("test-health", 0, 5));
      await until("position 6", () => here.bus.health().position === 6);
      expect(here.bus.health()).toEqual({ kind: adapter.kind, connected: true, position: 6 });
    });

    test("tells nothing once it is closed", async () => {
      let heard = 0;
      here.bus.listen(() => heard++);
      await here.bus.close();
      await fill(here.log, 1);
      await fill(there.log, 1);
      await Bun.sleep(300);
      expect(heard).toBe(0);
    });
  });
}

async function* slowly<T>(source: AsyncGenerator<T, void, void>): AsyncGenerator<T, void, void> {
  for await (const item of source) {
    yield item;
    await Bun.sleep(10);
  }
}
