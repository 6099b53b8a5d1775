import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { catalogue } from "../../events/mod.ts";
import { EVENT_SCHEMAS_FILE, eventSchemas } from "../../scripts/event_schemas.ts";
import { jetStreamBus } from "../../src/bus/mod.ts";
import { openLog } from "../../src/log/mod.ts";
import { meta } from "../support/events.ts";
import { natsAvailable, startNats } from "../support/nats.ts";
import { testDatabase } from "../support/postgres.ts";

setDefaultTimeout(20_000);

let doc: string;
beforeAll(async () => {
  doc = await Bun.file(join(import.meta.dir, "../../docs/events.md")).text();
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

describe.skipIf(!natsAvailable)("the subscriber in the guide", () => {
  const ended: Array<() => unknown> = [];
  afterAll(async () => {
    for (const end of ended.reverse()) await end();
  });

  test("gets a job's events, and resumes where it was told to", async () => {
    const database = await testDatabase();
    ended.push(() => database.drop());
    const server = await startNats();
    ended.push(() => server.stop());
    const log = openLog({ url: database.url });
    ended.push(() => log.close());
    const bus = jetStreamBus({ log, nats_url: server.url, lead: (work, signal) => work(signal) });
    ended.push(() => bus.close());
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

    const example = /```js\n(.*?)```/s.exec(doc)?.[1] ?? "";
    const submitted = '2 job.submitted job-1@1 {\n  workflow: "http",\n  payload: {},\n}\n';
    const heartbeat = "3 job.heartbeat job-1@2 {\n  attempt: 1,\n  lease_seconds: 60,\n}\n";
    const succeeded = "4 job.succeeded job-1@3 (large: ask the API)\n";
    const all = submitted + heartbeat + succeeded;
    expect(await run(example, { NATS_URL: server.url }, all.length)).toBe(all);
    const rest = heartbeat + succeeded;
    expect(await run(example, { NATS_URL: server.url, AFTER: "2" }, rest.length)).toBe(rest);
  });
});

/** Runs a program until it has written `length` characters, and returns them. */
async function run(program: string, env: Record<string, string>, length: number): Promise<string> {
  await using child = Bun.spawn([process.execPath, "run", "-"], {
    cwd: join(import.meta.dir, "../.."),
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
  child.kill();
  return text;
}
