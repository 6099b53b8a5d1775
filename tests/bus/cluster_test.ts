// Slow: three NATS nodes have to elect leaders, lose them, and elect others.
/** The bus on a cluster of three NATS nodes: copies of the stream, and what is reported when its nodes fail. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { StreamInfo } from "nats";
import { jetStreamBus } from "../../src/bus/jetstream.ts";
import type { Bus } from "../../src/bus/mod.ts";
import { STREAM } from "../../src/bus/stream.ts";
import { type EventLog, openLog } from "../../src/log/mod.ts";
import { type NatsCluster, type NatsServer, natsAvailable, startNatsCluster } from "../support/nats.ts";
import { type TestDatabase, testDatabase } from "../support/postgres.ts";
import { fill, readStream, until, withJetStream } from "./support.ts";

setDefaultTimeout(90_000);

describe.skipIf(!natsAvailable)("on a cluster", () => {
  let cluster: NatsCluster;
  let database: TestDatabase;
  let log: EventLog;
  let open: Bus[] = [];

  beforeAll(async () => {
    cluster = await startNatsCluster();
  });
  afterAll(() => cluster[Symbol.asyncDispose]());
  beforeEach(async () => {
    database = await testDatabase();
    log = openLog({ url: database.url });
  });
  afterEach(async () => {
    await Promise.all(open.map((bus) => bus.close()));
    open = [];
    await log.close();
    await database.drop();
    await withJetStream(urls(), (jsm) => jsm.streams.delete(STREAM).catch(() => {}));
  });

  const urls = (nodes: readonly NatsServer[] = cluster.nodes) => nodes.map(({ url }) => url).join(",");
  const openBus = (options: { nodes?: readonly NatsServer[]; replicas?: number; warnings?: string[] } = {}) => {
    const { nodes, replicas, warnings = [] } = options;
    const logger = { info() {}, warn: (details: object) => void warnings.push(JSON.stringify(details)) };
    const bus = jetStreamBus({ log, nats_url: urls(nodes), replicas, lead: (work, signal) => work(signal), logger });
    open.push(bus);
    return bus;
  };
  /** A stream that is being copied may not respond for a moment. */
  const info = async () => {
    let found: StreamInfo | undefined;
    await until("the stream to answer", async () => {
      found = await withJetStream(urls(), (jsm) => jsm.streams.info(STREAM)).catch(() => undefined);
      return found !== undefined;
    });
    return found as StreamInfo;
  };

  test("the stream is created with the requested number of copies, and survives the loss of its leading node", async () => {
    await fill(log, 5, 5);
    const bus = openBus({ replicas: 3 });
    await until("5 events", () => bus.health().position === 5);
    const { config, cluster: state } = await info();
    expect(config.num_replicas).toBe(3);
    // A node that was down would not know the id of the previous message.
    for (const { headers } of await readStream(cluster.nodes[0]?.url ?? "")) {
      expect(Object.keys(headers)).not.toContain("Nats-Expected-Last-Msg-Id");
    }
    const leader = nodeNamed(state?.leader);
    await leader.kill();
    await fill(log, 5);
    await until("all 10 events on the two that are left", () => bus.health().connected && bus.health().position === 10);
    await leader.restart();
  });

  test("an existing stream gets its copies, and keeps what it has without the setting", async () => {
    await fill(log, 1);
    const first = openBus();
    await until("one event", () => first.health().position === 1);
    expect((await info()).config.num_replicas).toBe(1);
    await first.close();
    const second = openBus({ replicas: 3 });
    await until("three copies", async () => (await info()).config.num_replicas === 3);
    await until("connection", () => second.health().connected);
    await second.close();
    const third = openBus();
    await fill(log, 1);
    await until("two events", () => third.health().position === 2);
    expect((await info()).config.num_replicas).toBe(3);
  });

  test("more copies than nodes cause a warning, and the stream continues with those that it has", async () => {
    await fill(log, 1);
    const first = openBus();
    await until("one event", () => first.health().position === 1);
    await first.close();
    const warnings: string[] = [];
    const bus = openBus({ replicas: 5, warnings });
    await fill(log, 1);
    await until("two events", () => bus.health().position === 2);
    expect(warnings.find((text) => text.includes('"replicas":5'))).toBeString();
    expect((await info()).config.num_replicas).toBe(1);
  });

  test("health reports that the only copy is down although the connection lives, and that it is back", async () => {
    await fill(log, 5);
    const first = openBus();
    await until("5 events", () => first.health().position === 5);
    await first.close();
    const holder = nodeNamed((await info()).cluster?.leader);
    const warnings: string[] = [];
    const bus = openBus({ nodes: cluster.nodes.filter((node) => node !== holder), warnings });
    await until("connection", () => bus.health().connected);
    await holder.kill();
    await until("health to say so", () => !bus.health().connected);
    expect(warnings.some((text) => text.includes("reason"))).toBe(true);
    let last = 0;
    bus.listen((news) => {
      last = news.last;
    });
    await fill(log, 5);
    await until("news all the same", () => last === 10);
    await holder.restart();
    await until("all events in the stream", () => bus.health().connected && bus.health().position === 10);
  });

  function nodeNamed(name: string | undefined): NatsServer {
    const found = cluster.nodes.find((node) => node.name === name);
    if (!found) throw new Error(`No node has the name ${name}`);
    return found;
  }
});
