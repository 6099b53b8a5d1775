import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, headers } from "nats";
import { catalogue } from "../../events/mod.ts";
import { EVENT_SCHEMAS_FILE, eventSchemas } from "../../scripts/event_schemas.ts";
import { type Bus, jetStreamBus, STREAM } from "../../src/bus/mod.ts";
import { type EventLog, openLog } from "../../src/log/mod.ts";
import { meta } from "../support/events.ts";
import { type NatsServer, natsAvailable, startNats } from "../support/nats.ts";
import { type TestDatabase, testDatabase } from "../support/postgres.ts";
import { until, withJetStream } from "./support.ts";

const ROOT = join(import.meta.dir, "../..");

let doc: string;
beforeAll(async () => {
  doc = await Bun.file(join(ROOT, "docs/events.md")).text();
});

describe("the guide for subscribers", () => {
  test("names every type of event", () => {
    const named = [...doc.matchAll(/^\| `([a-z_.]+)` \| [^`]*\|$/gm)].map(([, type]) => type);
    expect(named).toEqual(Object.keys(catalogue));
  });

  test("comes with today's schemas; `bun scripts/event_schemas.ts` writes them", async () => {
    expect(await Bun.file(EVENT_SCHEMAS_FILE).text()).toBe(eventSchemas());
  });
});

describe.skipIf(!natsAvailable)("subscribers", () => {
  let server: NatsServer;
  let database: TestDatabase;
  let log: EventLog;
  let bus: Bus;

  /** On a server with the users and rights of `deploy/nats/nats.conf`. */
  beforeAll(async () => {
    const conf = await Bun.file(join(ROOT, "deploy/nats/nats.conf")).text();
    const [rights] = /^authorization \{.*?^\}/ms.exec(conf) ?? [];
    const folder = mkdtempSync(join(tmpdir(), "levqor-nats-conf-"));
    const file = join(folder, "nats.conf");
    await Bun.write(file, rights ?? "");
    server = await startNats({
      args: ["--config", file],
      env: { NATS_PASSWORD: '"for-the-service"', NATS_SUBSCRIBER_PASSWORD: '"for-all-others"' },
    });
    rmSync(folder, { recursive: true });
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

  /** Whether a durable consumer has nothing more to get, and nothing to acknowledge. */
  const isAcknowledged = (name: string) =>
    withJetStream(asService(), async (jsm) => {
      const { num_pending, num_ack_pending } = await jsm.consumers.info(STREAM, name);
      return num_pending === 0 && num_ack_pending === 0;
    });
  const asService = () => server.url.replace("//", "//levqor:for-the-service@");
  const asSubscriber = () => ({ NATS_URL: server.url, NATS_USER: "subscriber", NATS_PASSWORD: "for-all-others" });

  test("the one in the guide gets a job's events, and resumes where it was told to", async () => {
    const example = /```js\n(.*?)```/s.exec(doc)?.[1] ?? "";
    const submitted = '2 job.submitted job-1@1 {\n  workflow: "http",\n  payload: {},\n}\n';
    const heartbeat = "3 job.heartbeat job-1@2 {\n  attempt: 1,\n  lease_seconds: 60,\n}\n";
    const succeeded = "4 job.succeeded job-1@3 (large: ask the API)\n";
    const all = submitted + heartbeat + succeeded;
    expect(await run(["-"], { program: example, env: asSubscriber(), length: all.length })).toBe(all);
    const rest = heartbeat + succeeded;
    const env = { ...asSubscriber(), AFTER: "2" };
    expect(await run(["-"], { program: example, env, length: rest.length })).toBe(rest);
  });

  test("examples/nats_subscriber.ts shows positions, and goes on after its end with what it has not acknowledged", async () => {
    const example = (name: string, more: { env?: Record<string, string>; expected: string }) =>
      run(["examples/nats_subscriber.ts", name], {
        env: { ...asSubscriber(), ...more.env },
        length: more.expected.length,
        // What is not acknowledged when it is killed would come again.
        settled: () => isAcknowledged(name),
      });
    const submitted = '2 job.submitted job-1@1 {"workflow":"http","payload":{}}\n';
    const heartbeat = '3 job.heartbeat job-1@2 {"attempt":1,"lease_seconds":60}\n';
    const succeeded = "4 job.succeeded job-1@3 (large: ask the API)\n";
    const first = submitted + heartbeat + succeeded;
    expect(await example("mine", { expected: first })).toBe(first);
    await log.append({
      stream_id: "job-2",
      expected_version: 0,
      events: [{ type: "job.submitted", data: { workflow: "http", payload: {} } }],
      meta,
    });
    const second = '5 job.submitted job-2@1 {"workflow":"http","payload":{}}\n';
    expect(await example("mine", { expected: second })).toBe(second);
    const later = heartbeat + succeeded + second;
    expect(await example("other", { env: { AFTER: "2" }, expected: later })).toBe(later);
  });

  test("whom deploy/nats/nats.conf lets read can publish no event, make no stream, and remove nothing", async () => {
    const nats = await connect({ servers: server.url, user: "subscriber", pass: "for-all-others" });
    const refused: unknown[] = [];
    void (async () => {
      for await (const status of nats.status()) refused.push(status.permissionContext?.subject);
    })();
    const denied = [
      "levqor.event.job.submitted.x",
      "levqor.head",
      "$JS.API.STREAM.DELETE.LEVQOR",
      "$JS.API.STREAM.PURGE.LEVQOR",
      "$JS.API.STREAM.CREATE.MINE",
      "$JS.API.STREAM.MSG.DELETE.LEVQOR",
      "$JS.API.CONSUMER.DELETE.LEVQOR.mine",
    ];
    const forged = headers();
    forged.set("Nats-Msg-Id", "job-forged@1");
    forged.set("Levqor-Position", String(bus.health().position + 1));
    forged.set("Levqor-Meta", "{}");
    for (const subject of denied) nats.publish(subject, "{}", { headers: forged });
    await nats.flush();
    await until("every refusal", () => refused.length >= denied.length);
    expect(refused).toEqual(denied);
    await nats.close();
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

/** Runs a program until it has written so much, and returns that. */
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
