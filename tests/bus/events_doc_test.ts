import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { connect, headers } from "nats";
import { catalogue } from "../../events/mod.ts";
import { EVENT_SCHEMAS_FILE, eventSchemas } from "../../scripts/event_schemas.ts";
import { jetStreamBus } from "../../src/bus/jetstream.ts";
import type { Bus } from "../../src/bus/mod.ts";
import { STREAM } from "../../src/bus/stream.ts";
import { type EventLog, openLog } from "../../src/log/mod.ts";
import { meta } from "../support/events.ts";
import { type NatsServer, natsAvailable, startNats } from "../support/nats.ts";
import { type TestDatabase, testDatabase } from "../support/postgres.ts";
import { until, withJetStream } from "./support.ts";

const ROOT = join(import.meta.dir, "../..");

let doc: string;
beforeAll(async () => {
  doc = await Bun.file(join(ROOT, "public/docs/events.md")).text();
});

describe("the guide for subscribers", () => {
  test("names every type of event", () => {
    const [, table = ""] = doc.split(/<!-- \/?events -->/);
    const named = [...table.matchAll(/^\| `([a-z_.]+)` \|/gm)].map(([, type]) => type);
    expect(named).toEqual(Object.keys(catalogue));
  });

  test("includes the current schemas; `bun run scripts/event_schemas.ts` writes them", async () => {
    expect(await Bun.file(EVENT_SCHEMAS_FILE).text()).toBe(eventSchemas());
  });
});

describe.skipIf(!natsAvailable)("subscribers", () => {
  let server: NatsServer;
  let database: TestDatabase;
  let log: EventLog;
  let bus: Bus;

  /** On a server with the accounts of `deploy/nats`. */
  beforeAll(async () => {
    server = await startNats({
      args: ["--config", join(ROOT, "deploy/nats/accounts.conf")],
      env: { NATS_PASSWORD: '"for-the-service"', NATS_SUBSCRIBER_PASSWORD: '"for-all-others"' },
    });
    database = await testDatabase();
    log = openLog({ url: database.url });
    bus = jetStreamBus({ log, nats_url: asService(), lead: (work, signal) => work(signal) });
    await log.append({
      stream_id: "service-1",
      expected_version: 0,
      events: [{ type: "service.heartbeat", data: {} }],
      meta,
    });
    const result = "x".repeat(1_100_000);
    await log.append({
      stream_id: "job-1",
      expected_version: 0,
      events: [
        { type: "job.submitted", data: { workflow: "http", payload: {} } },
        { type: "job.heartbeat", data: { attempt: 1, lease_seconds: 60 } },
        { type: "job.succeeded", data: { attempt: 1, result } },
      ],
      meta,
    });
    while (bus.health().position < 4) await Bun.sleep(5);
  });
  afterAll(async () => {
    await bus.close();
    await log.close();
    await database.drop();
    await server.stop();
  });

  /** Whether a durable consumer has nothing more to get or to acknowledge. */
  const isAcknowledged = (name: string) =>
    withJetStream(asService(), async (jsm) => {
      const { num_pending, num_ack_pending } = await jsm.consumers.info(STREAM, name);
      return num_pending === 0 && num_ack_pending === 0;
    });
  const asService = () => server.url.replace("//", "//levqor:for-the-service@");
  const asOperator = () => ({ NATS_URL: server.url, NATS_USER: "levqor", NATS_PASSWORD: "for-the-service" });
  const asSubscriber = () => ({
    NATS_URL: server.url,
    NATS_USER: "subscriber",
    NATS_PASSWORD: "for-all-others",
    NATS_API_PREFIX: "levqor.api",
  });
  /** Creates a consumer, as an operator does. */
  const create = async (name: string, more: Record<string, string> = {}) => {
    const env = { ...process.env, ...asOperator(), ...more };
    const child = Bun.spawn([process.execPath, "examples/nats_subscriber.ts", "--create", name], { cwd: ROOT, env });
    expect(await child.exited).toBe(0);
  };

  test("the one in the guide gets a job's events, and resumes where it was told to", async () => {
    const example = /```js\n(.*?)```/s.exec(doc)?.[1] ?? "";
    const submitted = '2 job.submitted job-1@1 {\n  workflow: "http",\n  payload: {},\n}\n';
    const heartbeat = "3 job.heartbeat job-1@2 {\n  attempt: 1,\n  lease_seconds: 60,\n}\n";
    const succeeded = "4 job.succeeded job-1@3 (large: ask the API)\n";
    const all = submitted + heartbeat + succeeded;
    expect(await run(["-"], { program: example, env: asOperator(), length: all.length })).toBe(all);
    const rest = heartbeat + succeeded;
    const env = { ...asOperator(), AFTER: "2" };
    expect(await run(["-"], { program: example, env, length: rest.length })).toBe(rest);
  });

  test("examples/nats_subscriber.ts shows positions, and resumes after its end with what it has not acknowledged", async () => {
    const example = (name: string, more: { env?: Record<string, string>; expected: string }) =>
      run(["examples/nats_subscriber.ts", name], {
        env: more.env ?? asSubscriber(),
        length: more.expected.length,
        // What is unacknowledged when it is killed would come again.
        settled: () => isAcknowledged(name),
      });
    const submitted = '2 job.submitted job-1@1 {"workflow":"http","payload":{}}\n';
    const heartbeat = '3 job.heartbeat job-1@2 {"attempt":1,"lease_seconds":60}\n';
    const succeeded = "4 job.succeeded job-1@3 (large: ask the API)\n";
    const first = submitted + heartbeat + succeeded;
    await create("subscriber");
    expect(await example("subscriber", { expected: first })).toBe(first);
    await log.append({
      stream_id: "job-2",
      expected_version: 0,
      events: [{ type: "job.submitted", data: { workflow: "http", payload: {} } }],
      meta,
    });
    const second = '5 job.submitted job-2@1 {"workflow":"http","payload":{}}\n';
    expect(await example("subscriber", { expected: second })).toBe(second);
    const later = heartbeat + succeeded + second;
    await create("other", { AFTER: "2" });
    expect(await example("other", { env: asOperator(), expected: later })).toBe(later);
  });

  test("the reader in deploy/nats sees, changes and reaches only its own consumer", async () => {
    await create("subscriber");
    await create("victim");
    const service = await connect({ servers: server.url, user: "levqor", pass: "for-the-service" });
    const jsm = await service.jetstreamManager();
    const before = await jsm.consumers.info(STREAM, "victim");
    const heard: string[] = [];
    for (const places of ["levqor.>", "$JS.API.STREAM.PURGE.>", "_INBOX.of.>"]) {
      service.subscribe(places, { callback: (_, { subject }) => void heard.push(subject) });
    }
    await service.flush();
    const reader = await connect({ servers: server.url, user: "subscriber", pass: "for-all-others" });
    const overheard: string[] = [];
    reader.subscribe(">", { callback: (_, { subject }) => void overheard.push(subject) });

    // Nothing that is published arrives, with forged headers or without.
    const forged = headers();
    forged.set("Nats-Msg-Id", "job-forged@1");
    forged.set("Levqor-Position", String(bus.health().position + 1));
    forged.set("Levqor-Meta", "{}");
    const named = (consumer: string) => ({ stream_name: STREAM, config: { durable_name: consumer, name: consumer } });
    const pushed = {
      stream_name: STREAM,
      config: { durable_name: "subscriber", name: "subscriber", deliver_subject: "levqor.head", ack_policy: "none" },
    };
    const tried: [subject: string, body: unknown][] = ["$JS.API.", "levqor.api."].flatMap((prefix) => [
      [`${prefix}STREAM.DELETE.${STREAM}`, ""],
      [`${prefix}STREAM.PURGE.${STREAM}`, ""],
      [`${prefix}STREAM.MSG.DELETE.${STREAM}`, { seq: 1 }],
      [`${prefix}STREAM.MSG.GET.${STREAM}`, { seq: 1 }],
      [`${prefix}STREAM.INFO.${STREAM}`, ""],
      [`${prefix}STREAM.CREATE.MINE`, { name: "MINE", subjects: ["levqor.head"] }],
      [`${prefix}CONSUMER.DELETE.${STREAM}.victim`, ""],
      [`${prefix}CONSUMER.DELETE.${STREAM}.subscriber`, ""],
      [`${prefix}CONSUMER.LIST.${STREAM}`, ""],
      [`${prefix}CONSUMER.INFO.${STREAM}.victim`, ""],
      [`${prefix}CONSUMER.MSG.NEXT.${STREAM}.victim`, { batch: 1, no_wait: true }],
      [`${prefix}CONSUMER.CREATE.${STREAM}`, pushed],
      [`${prefix}CONSUMER.CREATE.${STREAM}.subscriber`, pushed],
      [`${prefix}CONSUMER.CREATE.${STREAM}.subscriber.levqor.event.>`, pushed],
      [`${prefix}CONSUMER.DURABLE.CREATE.${STREAM}.subscriber`, pushed],
      [`${prefix}CONSUMER.DURABLE.CREATE.${STREAM}.victim`, named("victim")],
    ]);
    for (const [subject, body] of tried) {
      const answer = await reader.request(subject, body === "" ? "" : JSON.stringify(body), { timeout: 300 }).then(
        (message) => message.json<{ error?: { code: number } }>().error?.code,
        (error: { code: string }) => error.code,
      );
      // Nobody responds there, or JetStream responds that it is not enabled for this account.
      expect([subject, ["503", "TIMEOUT"].includes(String(answer))]).toEqual([subject, true]);
    }
    for (const subject of ["levqor.event.job.submitted.x", "levqor.head", `$JS.ACK.${STREAM}.victim.1.1.1.1.1`]) {
      reader.publish(subject, "{}", { headers: forged });
    }
    for (const job of ["job-a", "job-b", "job-c"]) {
      const submitted = { type: "job.submitted", data: { workflow: "noop", payload: {} } };
      await log.append({ stream_id: job, expected_version: 0, events: [submitted], meta });
    }
    await until("something to pull", async () => (await jsm.consumers.info(STREAM, "subscriber")).num_pending >= 3);
    await service.flush();
    heard.length = 0;
    // What is pulled goes to nobody else, whatever reply subject is given.
    const next = `levqor.api.CONSUMER.MSG.NEXT.${STREAM}.subscriber`;
    const pull = JSON.stringify({ batch: 1, no_wait: true });
    for (const reply of ["levqor.head", `$JS.API.STREAM.PURGE.${STREAM}`, "_INBOX.of.somebody"]) {
      reader.publish(next, pull, { reply });
    }
    await reader.flush();
    await jsm.consumers.info(STREAM, "victim");
    await until("an answer to itself", () => overheard.includes("levqor.head"));
    expect(heard).toEqual([]);
    const after = await jsm.consumers.info(STREAM, "victim");
    expect([after.created, after.config, after.delivered]).toEqual([before.created, before.config, before.delivered]);
    expect((await jsm.consumers.info(STREAM, "subscriber")).config.deliver_subject).toBeUndefined();
    expect((await jsm.streams.list().next()).map(({ config }) => config.name)).toEqual([STREAM]);
    // Nor does it hear the service's own: only what it sent itself, and the one event that it may have unacknowledged.
    const events = overheard.filter((subject) => subject.startsWith("levqor.event."));
    expect(events).toEqual(["levqor.event.job.submitted.x", "levqor.event.job.submitted.a"]);
    await reader.close();
    await service.close();
    await expect(connect({ servers: server.url, reconnect: false })).rejects.toThrow(/authorization.violation/i);
  });
});

interface Running {
  readonly program?: string;
  readonly env: Record<string, string>;
  /** In characters. */
  readonly length: number;
  /** What to wait for before it is killed. */
  readonly settled?: () => Promise<boolean>;
}

/** Runs a program until it has written this much, and returns that. */
async function run(
  args: string[],
  { program = "", env, length, settled = async () => true }: Running,
): Promise<string> {
  await using child = Bun.spawn([process.execPath, "run", ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env, NO_COLOR: "1" },
    stdin: new Blob([program]),
    stdout: "pipe",
    stderr: "inherit",
  });
  let text = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    if (text.length >= length) break;
  }
  await until("it to settle", settled);
  child.kill("SIGKILL");
  return text;
}
