import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { connect as connectNats, type NatsConnection, RetentionPolicy } from "nats";
import { eventId, type StoredEvent } from "../../events/envelope.ts";
import { jetStreamBus } from "../../src/bus/jetstream.ts";
import { type Bus, follow, inProcessBus, type News, openBus } from "../../src/bus/mod.ts";
import { relay } from "../../src/bus/relay.ts";
import { openStream, STREAM } from "../../src/bus/stream.ts";
import { connect } from "../../src/db/mod.ts";
import { type EventLog, openLog } from "../../src/log/mod.ts";
import { appendOf, meta, readAll } from "../support/events.ts";
import { type NatsServer, natsAvailable, startNats } from "../support/nats.ts";
import { testDatabase } from "../support/postgres.ts";
import { openStore, type Store } from "../support/store.ts";
import { fill, fillFromMany, followTo, lastSequence, readStream, until, withJetStream } from "./support.ts";

setDefaultTimeout(90_000);

describe.skipIf(!natsAvailable)("the relay", () => {
  let server: NatsServer;
  let store: Store;
  let log: EventLog;
  /** What to end after a test, last first. */
  let opened: Array<() => unknown> = [];

  beforeAll(async () => {
    server = await startNats();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    store = await openStore();
    log = store.log;
  });
  afterEach(async () => {
    for (const close of opened.reverse()) await close();
    opened = [];
    await store.close();
    await withJetStream(server.url, (jsm) => jsm.streams.delete(STREAM).catch(() => {}));
  });

  /** Relays over a separate connection until the test ends or the returned function is called. */
  async function startRelay(theLog = log) {
    const nats: NatsConnection = await connectNats({ servers: server.url });
    const stop = new AbortController();
    const warnings: string[] = [];
    const running = relay({
      nats,
      log: theLog,
      bus: inProcessBus({ log: theLog, poll_ms: 20 }),
      log_id: await firstId(theLog),
      signal: stop.signal,
      logger: { info() {}, warn: (details) => void warnings.push(JSON.stringify(details)) },
    });
    const end = async () => {
      stop.abort();
      await running;
      await nats.close();
    };
    opened.push(end);
    return { end, warnings };
  }

  /** A process's bus, which relays whenever it is connected. */
  function startBus(): Bus {
    const bus = jetStreamBus({ log, nats_url: server.url, lead: (work, signal) => work(signal) });
    opened.push(() => bus.close());
    return bus;
  }

  /** Waits for the end of the log, and compares the stream with the log, message by message. */
  async function expectStreamToBeTheLog() {
    const all = await readAll(log);
    await until(`${all.length} messages`, async () => (await lastSequence(server.url)) >= all.length);
    const messages = await readStream(server.url);
    expect(messages.map(({ sequence }) => sequence)).toEqual(all.map(({ position }) => position));
    expect(messages.map(({ headers }) => headers["Nats-Msg-Id"])).toEqual(all.map(eventId));
    expect(messages.map(({ body }) => body)).toEqual(all.map(({ data_json }) => data_json));
  }

  test("writes each event as it is documented", async () => {
    await log.append({
      stream_id: "test-0198.x",
      expected_version: 0,
      events: [{ type: "test.has_happened", data_json: '{ "text": "ü 🟢" }' }],
      meta,
    });
    await startRelay();
    await until("one message", async () => (await lastSequence(server.url)) === 1);
    const [event] = await log.readRange(0, 1);
    expect(await readStream(server.url)).toEqual([
      {
        sequence: 1,
        subject: "levqor.event.test.has_happened.0198_x",
        headers: {
          "Nats-Msg-Id": "test-0198.x@1",
          "Nats-Expected-Last-Sequence": "0",
          "Levqor-Position": "1",
          "Levqor-Version": "1",
          "Levqor-Type": "test.has_happened",
          "Levqor-Schema-Version": "1",
          "Levqor-Recorded-At": event?.recorded_at ?? "",
          "Levqor-Meta": JSON.stringify(meta),
        },
        body: '{ "text": "ü 🟢" }',
      },
    ]);
  });

  test("keeps the order of the log under load, with many messages in flight", async () => {
    await fill(log, 4_000, 1_000);
    await startRelay();
    await fillFromMany(log, 50, 40);
    await expectStreamToBeTheLog();
  });

  test("resumes after a restart where the stream ends", async () => {
    await fill(log, 20);
    const { end } = await startRelay();
    await until("20 messages", async () => (await lastSequence(server.url)) === 20);
    await end();
    await fill(log, 20);
    await startRelay();
    await expectStreamToBeTheLog();
  });

  test("neither repeats nor skips an event when nats-server is killed again and again under load", async () => {
    const bus = startBus();
    const stop = new AbortController();
    opened.push(() => stop.abort());
    const seen: StoredEvent[] = [];
    const following = (async () => {
      for await (const events of follow({ log, bus, after: 0, signal: stop.signal })) seen.push(...events);
    })();
    let writing = true;
    const writers = Array.from({ length: 10 }, async () => {
      while (writing) await fill(log, 10);
    });
    for (let round = 0; round < 3; round++) {
      const before = bus.health().position;
      await until("the relay to run", () => bus.health().position > before + 100);
      await server.kill();
      await Bun.sleep(50);
      await server.restart();
    }
    writing = false;
    await Promise.all(writers);
    const head = await log.head();
    await until(
      "the relay and the follower to have caught up",
      () => bus.health().position === head && seen.length >= head,
    );
    await expectStreamToBeTheLog();
    expect(seen).toEqual(await readAll(log));
    stop.abort();
    await following;
  });

  test("refills a wiped stream from the log's first event", async () => {
    await fill(log, 30);
    await startRelay();
    await until("30 messages", async () => (await lastSequence(server.url)) === 30);
    await withJetStream(server.url, (jsm) => jsm.streams.delete(STREAM));
    await fill(log, 5);
    await expectStreamToBeTheLog();
  });

  test("resumes after a purge, without what was purged", async () => {
    await fill(log, 10);
    await startRelay();
    await until("10 messages", async () => (await lastSequence(server.url)) === 10);
    await withJetStream(server.url, (jsm) => jsm.streams.purge(STREAM));
    const { end } = await startRelay();
    await fill(log, 5);
    await until("15 messages", async () => (await lastSequence(server.url)) === 15);
    await end();
    expect((await readStream(server.url)).map(({ headers }) => headers["Levqor-Position"])).toEqual([
      "11",
      "12",
      "13",
      "14",
      "15",
    ]);
  });

  test("may run twice at once: the stream accepts each event once and in order", async () => {
    const otherLog = openLog({ url: store.url() });
    opened.push(() => otherLog.close());
    await fill(log, 500, 100);
    await Promise.all([startRelay(), startRelay(otherLog)]);
    await Promise.all([fillFromMany(log, 10, 50), fillFromMany(otherLog, 10, 50)]);
    await expectStreamToBeTheLog();
  });

  test("is passed on by the lease: one process relays, and another when that one ends", async () => {
    const start = async (holder: string) => {
      const sql = connect(store.url(), { max: 2 });
      const infos: string[] = [];
      const logger = { info: (_details: object, message: string) => void infos.push(message), warn() {} };
      const bus = await openBus({ log, sql, holder, nats_url: server.url, logger });
      opened.push(
        () => sql.end(),
        () => bus.close(),
      );
      return { bus, relays: () => infos.some((message) => message.startsWith("The relay")) };
    };
    const first = await start("first");
    const second = await start("second");
    await fill(log, 10);
    await until("one to relay", () => first.relays() || second.relays());
    await until("10 messages", async () => (await lastSequence(server.url)) === 10);
    expect([first.relays(), second.relays()].sort()).toEqual([false, true]);
    await (first.relays() ? first : second).bus.close();
    await fill(log, 10);
    await expectStreamToBeTheLog();
    expect([first.relays(), second.relays()]).toEqual([true, true]);
  });

  test("is not stopped by an event larger than a message may be: it publishes a placeholder", async () => {
    const big = JSON.stringify({ result: "x".repeat(1_200_000) });
    await log.append({
      stream_id: "test-big",
      expected_version: 0,
      events: [
        { type: "test.happened", data: 1 },
        { type: "test.happened", data_json: big },
        { type: "test.happened", data: 3 },
      ],
      meta,
    });
    const nearLimit = JSON.stringify("x".repeat(1_048_576 - 450));
    await log.append({ ...appendOf("test-near", 0), events: [{ type: "test.happened", data_json: nearLimit }] });
    await startRelay();
    await until("four messages", async () => (await lastSequence(server.url)) === 4);
    const messages = await readStream(server.url);
    expect(messages.map(({ body }) => body)).toEqual(["1", "", "3", nearLimit]);
    expect(messages.map(({ headers }) => headers["Levqor-Data"])).toEqual([undefined, "omitted", undefined, undefined]);
    expect(messages[1]?.headers).toMatchObject({ "Nats-Msg-Id": "test-big@2", "Levqor-Position": "2" });
  });

  test("delivers an oversize event to followers in other processes nevertheless", async () => {
    const relaying = startBus();
    const farLog = openLog({ url: store.url() });
    const farBus = jetStreamBus({
      log: farLog,
      nats_url: server.url,
      lead: (_work, signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve())),
    });
    opened.push(
      () => farLog.close(),
      () => farBus.close(),
    );
    await fill(log, 1);
    await until("both to be connected", () => relaying.health().connected && farBus.health().connected);
    const heard: News[] = [];
    farBus.listen((news) => heard.push(news));
    const stop = new AbortController();
    const following = followTo(follow({ log: farLog, bus: farBus, after: 0, signal: stop.signal }), 4);
    const datas = [1, "x".repeat(1_200_000), 3];
    await log.append({
      stream_id: "test-big",
      expected_version: 0,
      events: datas.map((data) => ({ type: "test.happened", data })),
      meta,
    });
    expect((await following).slice(1).map(({ data_json }) => JSON.parse(data_json))).toEqual(datas);
    await until("news of position 4", () => heard.some(({ last }) => last === 4));
  });

  test("continues after messages that are not its own, while it runs and at startup, even deleted ones", async () => {
    await fill(log, 3);
    const { end } = await startRelay();
    await until("3 messages", async () => (await lastSequence(server.url)) === 3);
    await publishForeign(server.url, 1);
    await fill(log, 2);
    await until("6 messages", async () => (await lastSequence(server.url)) === 6);
    await end();
    await publishForeign(server.url, 2);
    await withJetStream(server.url, (jsm) => jsm.streams.deleteMessage(STREAM, 8));
    await fill(log, 1);
    await startRelay();
    await until("9 messages", async () => (await lastSequence(server.url)) === 9);
    expect(await positionsIn(server.url)).toEqual(["1", "2", "3", undefined, "4", "5", undefined, "6"]);
  });

  test("skips none of many events in flight when a foreign message comes before them", async () => {
    await fill(log, 3);
    await startRelay();
    await until("3 messages", async () => (await lastSequence(server.url)) === 3);
    await publishForeign(server.url, 1);
    await fill(log, 5, 5);
    await until("9 messages", async () => (await lastSequence(server.url)) === 9);
    expect(await positionsIn(server.url)).toEqual(["1", "2", "3", undefined, "4", "5", "6", "7", "8"]);
    const [, second] = (await readStream(server.url)).slice(4);
    expect(second?.headers["Nats-Expected-Last-Msg-Id"]).toEndWith("@1");
  });

  test("skips no event if the stream has messages, but none of its own", async () => {
    await fill(log, 3);
    const log_id = await firstId(log);
    await withJetStream(server.url, (jsm) => openStream(jsm, { log_id }));
    await publishForeign(server.url, 2);
    const { end } = await startRelay();
    await until("5 messages", async () => (await lastSequence(server.url)) === 5);
    await end();
    expect(await positionsIn(server.url)).toEqual([undefined, undefined, "1", "2", "3"]);
  });

  test("skips no event if a foreign message came after a purge", async () => {
    await fill(log, 3);
    const { end } = await startRelay();
    await until("3 messages", async () => (await lastSequence(server.url)) === 3);
    await end();
    await withJetStream(server.url, (jsm) => jsm.streams.purge(STREAM));
    await publishForeign(server.url, 1);
    await fill(log, 2);
    await startRelay();
    await until("6 messages", async () => (await lastSequence(server.url)) === 6);
    expect(await positionsIn(server.url)).toEqual([undefined, "4", "5"]);
  });

  test("is not stopped by an event above the stream's max_msg_size, set before or while it runs", async () => {
    const datas = ["x".repeat(3_000), "y", "z".repeat(3_000)];
    await log.append({
      stream_id: "test-sizes",
      expected_version: 0,
      events: datas.map((data) => ({ type: "test.happened", data })),
      meta,
    });
    await startRelay();
    await until("3 messages", async () => (await lastSequence(server.url)) === 3);
    await withJetStream(server.url, (jsm) => jsm.streams.update(STREAM, { max_msg_size: 2_048 }));
    await log.append({
      stream_id: "test-sizes",
      expected_version: 3,
      events: datas.map((data) => ({ type: "test.happened", data })),
      meta,
    });
    await until("6 messages", async () => (await lastSequence(server.url)) === 6);
    const messages = await readStream(server.url);
    expect(messages.map(({ headers }) => headers["Levqor-Data"])).toEqual([
      undefined,
      undefined,
      undefined,
      "omitted",
      undefined,
      "omitted",
    ]);
    expect(messages.map(({ body }) => body.length)).toEqual([3_002, 3, 3_002, 0, 3, 0]);
  });

  test("rejects a max_msg_size too small for the headers, and reports it", async () => {
    await fill(log, 1);
    const { end } = await startRelay();
    await until("one message", async () => (await lastSequence(server.url)) === 1);
    await end();
    await withJetStream(server.url, (jsm) => jsm.streams.update(STREAM, { max_msg_size: 1_023 }));
    const { warnings } = await startRelay();
    await until("a warning", () => warnings.length > 0);
    expect(warnings[0]).toContain("its max_msg_size is 1023, must be at least 1024 or unlimited (-1)");
    await withJetStream(server.url, (jsm) => jsm.streams.update(STREAM, { max_msg_size: 1_024 }));
    await fill(log, 1);
    await expectStreamToBeTheLog();
  });

  test("is not stalled by repeated acknowledgements", async () => {
    const echo = await connectNats({ servers: server.url });
    opened.push(() => echo.close());
    const seen = new Set<string>();
    echo.subscribe("_INBOX.>", {
      callback: (_error, { subject, data }) => {
        // What this one sends comes back to it.
        if (!/\.\d+$/.test(subject) || seen.has(subject)) return;
        seen.add(subject);
        echo.publish(subject, data);
      },
    });
    await echo.flush();
    await fill(log, 4_000, 1_000);
    const { warnings } = await startRelay();
    await fillFromMany(log, 20, 50);
    await expectStreamToBeTheLog();
    expect(seen.size).toBeGreaterThan(10);
    expect(warnings).toEqual([]);
  });

  test("rejects a stream that is ahead of the log, as after a restored backup, and says what to do", async () => {
    await log.append(appendOf("test-same", 0, 5));
    const { end } = await startRelay();
    await until("5 messages", async () => (await lastSequence(server.url)) === 5);
    await end();

    const restored = await testDatabase();
    const restoredLog = openLog({ url: restored.url });
    opened.push(async () => {
      await restoredLog.close();
      await restored.drop();
    });
    await restoredLog.append(appendOf("test-same", 0, 2));
    const { warnings } = await startRelay(restoredLog);
    await until("a warning", () => warnings.length > 0);
    expect(warnings[0]).toContain(
      "its last event is test-same@5 at position 5, the log has nothing there. Was the database restored from a backup? Delete the stream",
    );
    await restoredLog.append(appendOf("test-diverged", 0, 20));
    await until("a warning of the difference", () => warnings.some((text) => text.includes("test-diverged@3 there")));
    expect(await lastSequence(server.url)).toBe(5);
  });

  test("rejects a stream that does not keep its messages, and says which setting is wrong", async () => {
    await fill(log, 1);
    await withJetStream(server.url, (jsm) =>
      jsm.streams.add({ name: STREAM, subjects: ["levqor.event.>"], retention: RetentionPolicy.Workqueue }),
    );
    const { warnings } = await startRelay();
    await until("a warning", () => warnings.length > 0);
    expect(warnings[0]).toContain('its retention is \\"workqueue\\", must be \\"limits\\"');
  });

  test("keeps an operator's settings: age, copies, storage", async () => {
    await fill(log, 1);
    const { end } = await startRelay();
    await until("one message", async () => (await lastSequence(server.url)) === 1);
    await end();
    const max_age = 3_600_000_000_000;
    await withJetStream(server.url, (jsm) => jsm.streams.update(STREAM, { max_age }));
    await fill(log, 1);
    await startRelay();
    await expectStreamToBeTheLog();
    const { config } = await withJetStream(server.url, (jsm) => jsm.streams.info(STREAM));
    expect(config).toMatchObject({ max_age, storage: "file" });
  });
});

/** Puts messages into the stream that no relay wrote. */
async function publishForeign(url: string, count: number): Promise<void> {
  const nats = await connectNats({ servers: url });
  for (let i = 0; i < count; i++) await nats.jetstream().publish("levqor.event.test.happened.foreign", "{}");
  await nats.close();
}

/** What the stream's messages say of their positions. */
async function positionsIn(url: string): Promise<Array<string | undefined>> {
  return (await readStream(url)).map(({ headers }) => headers["Levqor-Position"]);
}

async function firstId(log: EventLog): Promise<string | undefined> {
  const [first] = await log.readRange(0, 1);
  return first && eventId(first as StoredEvent);
}
