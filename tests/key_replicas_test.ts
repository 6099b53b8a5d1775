// Slow: six processes start, and keys have to expire, once over NATS and once without.
/** Keys and users in several processes on one database: what one records takes effect in every other within a second. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { openSocket } from "./http/socket_client.ts";
import { openSse } from "./http/sse_client.ts";
import { type NatsServer, natsAvailable, startNats } from "./support/nats.ts";
import { type TestDatabase, testDatabase } from "./support/postgres.ts";
import { eventually, type ServiceProcess, startServiceProcess } from "./support/service.ts";

setDefaultTimeout(120_000);

const OPERATOR = "the-operators-own-key";
/** What is promised. */
const REVOKED_WITHIN_MS = 1_000;
const ROUNDS = 7;

interface Upserted {
  readonly user: { readonly user_id: string; readonly account: string };
}

interface Issued {
  readonly key: string;
  readonly key_id: string;
}

describe.each([
  { bus: "over the database alone", with_nats: false },
  { bus: "over NATS", with_nats: true },
])("two processes, $bus", ({ with_nats }) => {
  const there = !with_nats || natsAvailable;
  let nats: NatsServer | undefined;
  let database: TestDatabase;
  let one: ServiceProcess;
  let two: ServiceProcess;
  const started: ServiceProcess[] = [];

  async function start(): Promise<ServiceProcess> {
    const service = await startServiceProcess({
      LEVQOR_ROLE: "api",
      DATABASE_URL: database.url,
      DATABASE_ADMIN_URL: database.admin_url,
      API_KEYS: OPERATOR,
      HOST: "127.0.0.1",
      NODE_ENV: "production",
      RATE_BURST: "none",
      RATE_GLOBAL: "none",
      RATE_TIERS: "free=none,enterprise=none",
      ...(nats && { NATS_URL: nats.url }),
    });
    started.push(service);
    return service;
  }

  beforeAll(async () => {
    if (!there) return;
    if (with_nats) nats = await startNats();
    database = await testDatabase();
    [one, two] = [await start(), await start()];
  });
  afterAll(async () => {
    if (!there) return;
    await Promise.all(started.map((service) => service.stop()));
    await database.drop();
    await nats?.stop();
  });

  const call = <T = Issued>(service: ServiceProcess, path: string, body: object = {}) =>
    service.call<T>(path, { method: "POST", body, headers: { "x-api-key": OPERATOR } });
  const issue = (more: object = {}) => call(one, "/api/v1/keys", { name: "T", scopes: ["jobs:read"], ...more });
  const revoke = ({ key_id }: Issued) => call(one, `/api/v1/keys/${key_id}/revoke`);
  async function statusAt(service: ServiceProcess, key: string, path = "/api/v1/jobs?limit=1"): Promise<number> {
    const answer = await fetch(service.url + path, { headers: { "x-api-key": key } });
    await answer.text();
    return answer.status;
  }

  /** How long the other process accepted keys after one had confirmed their revocation, in milliseconds, in order. */
  async function delays(): Promise<number[]> {
    const found: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const issued = await issue();
      expect(await statusAt(two, issued.key)).toBe(200);
      await revoke(issued);
      const answered = performance.now();
      await eventually(async () => (await statusAt(two, issued.key)) === 401);
      found.push(performance.now() - answered);
    }
    return found.sort((a, b) => a - b);
  }

  test.skipIf(!there)("a key is accepted by the other from the moment that it is issued, or rotated", async () => {
    for (let round = 0; round < 20; round++) {
      const { key, key_id } = await issue();
      expect(await statusAt(two, key)).toBe(200);
      const rotated = await call(one, `/api/v1/keys/${key_id}/rotate`, { overlap_seconds: 60 });
      expect(await statusAt(two, rotated.key)).toBe(200);
      expect(await statusAt(two, key)).toBe(200);
    }
  });

  test.skipIf(!there)("a revocation takes effect in the other within a second", async () => {
    const found = await delays();
    process.stderr.write(`revoked at the other process after ${found.map((ms) => Math.round(ms)).join(", ")} ms\n`);
    // The machine may stand still for a moment, but not each time.
    expect(found[ROUNDS >> 1]).toBeLessThan(REVOKED_WITHIN_MS);
  });

  test.skipIf(!there)("what a revoked key has open ends, in the other, too", async () => {
    const issued = await issue();
    const headers = { "x-api-key": issued.key };
    const stream = await openSse(`${two.url}/api/v1/jobs/stream`, headers);
    const protocols = ["levqor.v1", `levqor.key.${Buffer.from(issued.key).toString("base64url")}`];
    const socket = await openSocket(two.url, { protocols });
    await revoke(issued);
    await stream.rest();
    expect(stream.closed()?.reason).toBe("unauthorized");
    expect(await socket.next()).toMatchObject({ type: "closed", reason: "unauthorized" });
  });

  test.skipIf(!there)("a user whom one suspends is rejected by the other within a second", async () => {
    const found: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const email = `${crypto.randomUUID()}@example.com`;
      const { user } = await call<Upserted>(one, "/api/v1/users/upsert", { email });
      const headers = { "x-api-key": OPERATOR, "levqor-account": user.account };
      const body = { name: "T", scopes: ["users:read"] };
      const { key } = await one.call<Issued>("/api/v1/keys", { method: "POST", body, headers });
      expect(await statusAt(two, key, "/api/v1/users/me")).toBe(200);
      await call(one, `/api/v1/users/${user.user_id}/suspend`);
      const answered = performance.now();
      await eventually(async () => (await statusAt(two, key, "/api/v1/users/me")) === 403);
      found.push(performance.now() - answered);
    }
    found.sort((a, b) => a - b);
    process.stderr.write(`suspended at the other process after ${found.map((ms) => Math.round(ms)).join(", ")} ms\n`);
    expect(found[ROUNDS >> 1]).toBeLessThan(REVOKED_WITHIN_MS);
  });

  test.skipIf(!there)("a key that expires is rejected by both, and what it has open ends", async () => {
    const expires_at = new Date(Date.now() + 3_000).toISOString();
    const { key } = await issue({ expires_at });
    expect([await statusAt(one, key), await statusAt(two, key)]).toEqual([200, 200]);
    const stream = await openSse(`${two.url}/api/v1/jobs/stream`, { "x-api-key": key });
    await stream.rest();
    expect(stream.closed()?.reason).toBe("unauthorized");
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expires_at));
    expect([await statusAt(one, key), await statusAt(two, key)]).toEqual([401, 401]);
  });

  test.skipIf(!there)("one that starts later knows them all", async () => {
    const [kept, ended] = [await issue(), await issue()];
    const replaced = await issue();
    await revoke(ended);
    const rotated = await call(one, `/api/v1/keys/${replaced.key_id}/rotate`, { overlap_seconds: 0 });
    const late = await start();
    const statuses = [kept, ended, replaced, rotated].map(({ key }) => statusAt(late, key));
    expect(await Promise.all(statuses)).toEqual([200, 401, 401, 200]);
  });

  if (with_nats) {
    test.skipIf(!there)("while the bus is down, all of that continues", async () => {
      await nats?.stop();
      nats = undefined;
      const found = await delays();
      process.stderr.write(`without the bus: after ${found.map((ms) => Math.round(ms)).join(", ")} ms\n`);
      expect(found[ROUNDS >> 1]).toBeLessThan(REVOKED_WITHIN_MS);
    });
  }
});
