import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { connect, headers } from "nats";
import { jetStreamBus, type Lead } from "../../src/bus/jetstream.ts";
import { type Bus, follow, type News } from "../../src/bus/mod.ts";
import { STREAM } from "../../src/bus/stream.ts";
import { type EventLog, openLog } from "../../src/log/mod.ts";
import { appendOf, meta, readAll } from "../support/events.ts";
import { type NatsServer, natsAvailable, startNats } from "../support/nats.ts";
import { testDatabase } from "../support/postgres.ts";
import { startProxy } from "../support/proxy.ts";
import { openStore, type Store } from "../support/store.ts";
import { type Adapter, conformance } from "./conformance.ts";
import { fill, followTo, lastSequence, readStream, until, withJetStream } from "./support.ts";

const always: Lead = (work, signal) => work(signal);
const never: Lead = (_work, signal) =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));

/** The first process that opens its bus relays, the others only listen. */
function adapter(): Adapter {
  let server: NatsServer;
  let lead = always;
  return {
    kind: "jetstream",
    start: async () => {
      server = await startNats();
    },
    stop: () => server.stop(),
    reset: async () => {
      lead = always;
      await withJetStream(server.url, (jsm) => jsm.streams.delete(STREAM).catch(() => {}));
    },
    open: (log) => {
      const bus = jetStreamBus({ log, nats_url: server.url, lead });
      lead = never;
      return bus;
    },
  };
}

if (natsAvailable) conformance(adapter());

describe.skipIf(!natsAvailable)("a bus over JetStream", () => {
  let server: NatsServer;
  let store: Store;
  let log: EventLog;
  let open: Bus[] = [];

  const openBus = (lead: Lead, theLog = log) => {
    const bus = jetStreamBus({ log: theLog, nats_url: server.url, lead });
    open.push(bus);
    return bus;
  };

  beforeAll(async () => {
    server = await startNats();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    await server.restart();
    await withJetStream(server.url, (jsm) => jsm.streams.delete(STREAM).catch(() => {}));
    store = await openStore();
    log = store.log;
  });
  afterEach(async () => {
    await Promise.all(open.map((bus) => bus.close()));
    open = [];
    await store.close();
  });

  test("delivers another process's events as they are in the log, whatever characters they contain", async () => {
    openBus(always);
    const otherLog = openLog({ url: store.url() });
    const bus = openBus(never, otherLog);
    await fill(log, 1);
    await until("connection", () => bus.health().connected);
    const heard: News[] = [];
    bus.listen((news) => heard.push(news));
    // It starts where the log ends then; events before that are in no news.
    await until("the start", () => heard.some(({ last }) => last === 1));
    await log.append({
      stream_id: "test-a.b*c>",
      expected_version: 0,
      events: [
        { type: "test.happened", data_json: '{ "text":"\\u0000 \\ud800 ü 🟢 ,\\r\\n" ,\n "n": 1.50 }' },
        { type: "test.happened", data: null },
      ],
      meta: { ...meta, actor: "key:ü\r\n🟢: x" },
    });
    const events = () => heard.flatMap((news) => news.events ?? []).filter(({ position }) => position > 1);
    await until("the event at position 3", () => events().at(-1)?.position === 3);
    expect(events()).toEqual(await otherLog.readRange(1, 10));
    await bus.close();
    await otherLog.close();
  });

  test("is not misled for long by messages that no relay wrote", async () => {
    const otherLog = openLog({ url: store.url() });
    const bus = openBus(never, otherLog);
    openBus(always);
    await fill(log, 1);
    await until("connection", () => bus.health().connected);
    const nats = await connect({ servers: server.url });
    nats.publish("levqor.event.test.happened.x", "neither JSON nor headers");
    const forged = headers();
    forged.set("Nats-Msg-Id", "test-forged@1");
    forged.set("Levqor-Position", "1000000");
    nats.publish("levqor.event.test.happened.forged", "{}", { headers: forged });
    // The next position, and nested deeper than any reader's stack.
    const deep = headers();
    const head = { "Nats-Msg-Id": "test-deep@1", "Levqor-Position": "2", "Levqor-Version": "1" };
    for (const [name, value] of Object.entries({ ...head, "Levqor-Type": "test.happened", "Levqor-Meta": "{}" })) {
      deep.set(name, value);
    }
    nats.publish("levqor.event.test.happened.deep", `${"[".repeat(30_000)}${"]".repeat(30_000)}`, { headers: deep });
    await nats.flush();
    await nats.close();
    const stop = new AbortController();
    const following = followTo(follow({ log: otherLog, bus, after: 0, signal: stop.signal }), 5);
    for (let count = 0; count < 4; count++) await fill(log, 1);
    expect(await following).toEqual(await readAll(log));
    await bus.close();
    await otherLog.close();
  });

  test("starts without NATS, brings news over the log meanwhile, and connects when NATS is there", async () => {
    await server.kill();
    const bus = openBus(always);
    const otherLog = openLog({ url: store.url() });
    let last = 0;
    bus.listen((news) => {
      last = news.last;
    });
    await fill(log, 1);
    await until("news of this process", () => last === 1);
    await fill(otherLog, 1);
    await until("news of another process", () => last === 2);
    expect(bus.health()).toEqual({ kind: "jetstream", connected: false, position: 0 });
    await server.restart();
    await until("the stream to have caught up", async () => (await lastSequence(server.url)) === 2);
    await until("health to say so", () => bus.health().connected && bus.health().position === 2);
    await otherLog.close();
  });

  test("loses nothing and stops no append while NATS is down", async () => {
    const bus = openBus(always);
    await fill(log, 10);
    await until("position 10", () => bus.health().position === 10);
    await server.kill();
    await until("health to say so", () => !bus.health().connected);
    await fill(log, 50);
    expect(bus.health()).toEqual({ kind: "jetstream", connected: false, position: 10 });
    await server.restart();
    await until("position 60", () => bus.health().position === 60);
    expect((await readStream(server.url)).map(({ sequence }) => sequence)).toEqual(positions(60));
  });

  test("leaves another log's stream alone, and reports it", async () => {
    openBus(always);
    await fill(log, 3);
    await until("three events in the stream", async () => (await lastSequence(server.url)) === 3);

    const otherDatabase = await testDatabase();
    const otherLog = openLog({ url: otherDatabase.url });
    await otherLog.append(appendOf("test-other", 0, 20));
    const warnings: string[] = [];
    const logger = { info() {}, warn: (details: object) => void warnings.push(JSON.stringify(details)) };
    const bus = jetStreamBus({ log: otherLog, nats_url: server.url, lead: always, logger });
    await until("a warning", () => warnings.some((text) => text.includes("its description is")));
    expect(bus.health()).toEqual({ kind: "jetstream", connected: false, position: 0 });
    expect(await lastSequence(server.url)).toBe(3);

    await bus.close();
    await otherLog.close();
    await otherDatabase.drop();
  });

  test("never shows the URL's password", async () => {
    const said: string[] = [];
    const note = (details: object, message: string) => void said.push(JSON.stringify(details) + message);
    const nats_url = "nats://user:hunter2@127.0.0.1:1";
    const bus = jetStreamBus({ log, nats_url, lead: always, logger: { info: note, warn: note } });
    await until("something to be said", () => said.length > 1);
    await bus.close();
    expect(said.join()).not.toContain("hunter2");
  });

  test("closes at once: while NATS is down, while its host is silent, and while it relays", async () => {
    const relaying = openBus(always);
    await fill(log, 1);
    await until("connection", () => relaying.health().connected);
    const silent = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    const waiting = jetStreamBus({ log, nats_url: `nats://127.0.0.1:${silent.port}`, lead: always });
    const refused = jetStreamBus({ log, nats_url: "nats://127.0.0.1:1", lead: always });
    await Bun.sleep(50);
    for (const bus of [relaying, waiting, refused]) {
      const start = performance.now();
      await bus.close();
      expect(performance.now() - start).toBeLessThan(10_000);
    }
    silent.stop(true);
  });

  test("closes at once when nats-server stops responding", async () => {
    const proxy = await startProxy(server.url);
    const bus = jetStreamBus({ log, nats_url: proxy.url, lead: always });
    await fill(log, 1);
    await until("connection", () => bus.health().position === 1);
    proxy.onRequest = () => "freeze";
    await fill(log, 10);
    const start = performance.now();
    await bus.close();
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(bus.health()).toMatchObject({ connected: false, position: 1 });
    await proxy.close();
  });
});

function positions(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}
