// Slow: two replicas are replaced one after another, twice, while clients keep calling.
/** Walks through `docs/api-key-rotation.md` with two real services under load: not one request is rejected. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newKey } from "../src/access/key_text.ts";
import { type TestDatabase, testDatabase } from "./support/postgres.ts";
import { type ServiceProcess, startServiceProcess } from "./support/service.ts";

setDefaultTimeout(180_000);

const OLD = "the-old-key-of-the-operator";
const NEW = "the-new-key-of-the-operator";
const CLIENTS = 8;
/** Without it they only keep the machine busy: replicas restart in the middle of hundreds of requests as it is. */
const PAUSE_MS = 30;

let doc: string;
let database: TestDatabase;
/** Where requests go: the replicas in a load balancer's list. */
const replicas = new Map<string, ServiceProcess>();
let turn = 0;
/** Requests in progress at each. */
const under_way = new Map<ServiceProcess, number>();

function start(env: Record<string, string>): Promise<ServiceProcess> {
  return startServiceProcess({
    LEVQOR_ROLE: "api",
    DATABASE_URL: database.url,
    DATABASE_ADMIN_URL: database.admin_url,
    NODE_ENV: "production",
    HOST: "127.0.0.1",
    RATE_TIERS: "free=none,enterprise=none",
    ...env,
  });
}

beforeAll(async () => {
  doc = await Bun.file(join(import.meta.dir, "../docs/api-key-rotation.md")).text();
  database = await testDatabase();
  for (const name of ["one", "two"]) replicas.set(name, await start({ API_KEYS: OLD }));
});
afterAll(async () => {
  await Promise.all([...replicas.values()].map((replica) => replica.stop()));
  await database.drop();
});

/**
 * Takes each replica out of the list, stops it when it has no more requests, and replaces it with one with this
 * environment.
 */
async function restartOneAfterAnother(env: Record<string, string>): Promise<void> {
  for (const [name, replica] of [...replicas]) {
    replicas.delete(name);
    while (under_way.get(replica)) await Bun.sleep(5);
    await replica.stop();
    replicas.set(name, await start(env));
  }
}

async function send(key: string, { path = "/api/v1/jobs?limit=1", ...init }: RequestInit & { path?: string } = {}) {
  const there = [...replicas.values()];
  const replica = there[turn++ % there.length] as ServiceProcess;
  under_way.set(replica, (under_way.get(replica) ?? 0) + 1);
  try {
    const headers = { "content-type": "application/json", "x-api-key": key };
    const answer = await fetch(replica.url + path, { ...init, headers });
    return new Response(await answer.arrayBuffer(), answer);
  } finally {
    under_way.set(replica, (under_way.get(replica) ?? 0) - 1);
  }
}

const submit = (key: string) =>
  send(key, { path: "/api/v1/intake", method: "POST", body: JSON.stringify({ workflow: "nobody-runs", payload: {} }) });

/** Clients that call every few milliseconds, each with the key it has at that moment. */
function load(first: string) {
  const keys = Array.from({ length: CLIENTS }, () => first);
  const answers = new Map<number, number>();
  let stopped = false;
  const running = keys.map(async (_, client) => {
    while (!stopped) {
      const key = keys[client] as string;
      const answer = await (client % 2 === 0 ? submit(key) : send(key));
      answers.set(answer.status, (answers.get(answer.status) ?? 0) + 1);
      await Bun.sleep(PAUSE_MS);
    }
  });
  const total = () => answers.values().reduce((sum, count) => sum + count, 0);
  return {
    /** Gives clients another key, one after another, while all of them continue. */
    async change(key: string): Promise<void> {
      for (let client = 0; client < CLIENTS; client++) {
        keys[client] = key;
        await this.goOn(10);
      }
    },
    async goOn(requests: number): Promise<void> {
      for (const until = total() + requests; total() < until; ) await Bun.sleep(5);
    },
    async stop(): Promise<Record<number, number>> {
      stopped = true;
      await Promise.all(running);
      return Object.fromEntries(answers);
    },
  };
}

test("the operator's keys are replaced while both are accepted", async () => {
  const clients = load(OLD);
  await clients.goOn(100);
  await restartOneAfterAnother({ API_KEYS: OLD, API_KEYS_NEXT: NEW });
  await clients.goOn(100);
  await clients.change(NEW);
  await clients.goOn(100);
  await restartOneAfterAnother({ API_KEYS: NEW });
  await clients.goOn(100);
  const answers = await clients.stop();
  expect(Object.keys(answers).sort()).toEqual(["200", "202"]);
  for (const _ of replicas) expect((await send(OLD)).status).toBe(401);
});

test("events name the key as the document's command prints it", async () => {
  const { job_id } = (await (await submit(NEW)).json()) as { job_id: string };
  const { data } = (await (await send(NEW, { path: `/api/v1/jobs/${job_id}/events` })).json()) as {
    data: { meta: { actor: string } }[];
  };
  const [, command = ""] = /^ {7}(printf .*)$/m.exec(doc) ?? [];
  const printed = Bun.spawnSync(["sh", "-c", command], { env: { ...process.env, OLD_KEY: NEW } });
  expect(data[0]?.meta.actor).toBe(`key:${printed.stdout.toString().trim()}`);
});

describe("an issued key", () => {
  interface Issued {
    key: string;
    key_id: string;
    overlap_ends_at: string | null;
  }
  const call = async (path: string, body: object): Promise<Issued> => {
    const answer = await send(NEW, { path, method: "POST", body: JSON.stringify(body) });
    expect(answer.ok).toBe(true);
    return (await answer.json()) as Issued;
  };

  test("is rotated while both secrets are accepted, at every replica from the response on", async () => {
    const { key, key_id } = await call("/api/v1/keys", { name: "Walk", scopes: ["jobs:read", "jobs:write"] });
    const clients = load(key);
    await clients.goOn(100);
    const rotated = await call(`/api/v1/keys/${key_id}/rotate`, { overlap_seconds: 3600 });
    expect(rotated.overlap_ends_at).toBeString();
    await clients.change(rotated.key);
    await clients.goOn(100);
    // A short one: whatever is left of an earlier overlap ends with it.
    const last = await call(`/api/v1/keys/${key_id}/rotate`, { overlap_seconds: 30 });
    await clients.change(last.key);
    await clients.goOn(100);
    const answers = await clients.stop();
    expect(Object.keys(answers).sort()).toEqual(["200", "202"]);
    await call(`/api/v1/keys/${key_id}/rotate`, { overlap_seconds: 0 });
    await Bun.sleep(1_000);
    for (const secret of [key, rotated.key, last.key]) {
      for (const _ of replicas) expect((await send(secret)).status).toBe(401);
    }
  });

  test("is recognised by the document's scanner, and nothing else is", async () => {
    const [, code = ""] = /```js\n(.*?)```/s.exec(doc) ?? [];
    const [, pattern = ""] = /^ {4}(lvq_.*)$/m.exec(doc) ?? [];
    const folder = mkdtempSync(join(tmpdir(), "levqor-scanner-"));
    const file = join(folder, "scanner.mjs");
    await Bun.write(file, code);
    const { isLevqorKey } = (await import(file)) as { isLevqorKey(text: string): boolean };
    rmSync(folder, { recursive: true });
    const { key } = await call("/api/v1/keys", { name: "Scanned", scopes: ["jobs:read"] });
    for (const real of [key, newKey("live").text, newKey("test").text]) {
      expect([real, isLevqorKey(real), new RegExp(`^${pattern}$`).test(real)]).toEqual([real, true, true]);
      expect(isLevqorKey(real.replace("live", "test").replace(/.$/, (last) => (last === "0" ? "1" : "0")))).toBe(false);
    }
  });
});
