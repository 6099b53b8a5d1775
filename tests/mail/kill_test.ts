// Slow: two processes of the service, the first of which is killed, and leases that must end.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { connect, type Sql } from "../../src/db/mod.ts";
import { type TestDatabase, testDatabase } from "../support/postgres.ts";
import { type ResendStandIn, startResend } from "../support/resend.ts";
import { eventually, type ServiceProcess, startServiceProcess } from "../support/service.ts";

/** `KILLED_MAILS=1000 bun test tests/mail/kill_test.ts` is what decision 119 reports. */
const MAILS = Number(process.env.KILLED_MAILS ?? 40);

let database: TestDatabase;
let sql: Sql;
let resend: ResendStandIn;
const services: ServiceProcess[] = [];
beforeAll(async () => {
  database = await testDatabase();
  sql = connect(database.url, { max: 1 });
  resend = startResend();
});
afterAll(async () => {
  await Promise.all(services.map((service) => service.kill()));
  await resend.stop();
  await sql.end({ timeout: 1 });
  await database.drop();
});

const KEY = "the-key-of-an-operator";

async function start(): Promise<ServiceProcess> {
  const service = await startServiceProcess({
    DATABASE_URL: database.url,
    API_KEYS: KEY,
    LEVQOR_ROLE: "all",
    JOB_LEASE_SECONDS: "1",
    RESEND_API_KEY: resend.key,
    RESEND_BASE_URL: resend.url,
    MAIL_DOMAIN: "levqor.ai",
    RECEIVING_EMAIL: "help@levqor.ai",
  });
  services.push(service);
  return service;
}

test("mails that go out while the worker is killed are sent, each once", async () => {
  const first = await start();
  // Half of them are answered at most; the worker knows of none of the others whether they were accepted.
  const { promise: killed, resolve: release } = Promise.withResolvers<void>();
  void resend.accepted(Math.floor(MAILS / 4)).then(() => resend.hold(killed));
  const headers = { "x-api-key": KEY };
  for (let i = 0; i < MAILS; i++) {
    const body = { email: "ada@example.com", message: `Message ${i}` };
    await first.call("/api/v1/support", { method: "POST", body, headers });
  }
  await resend.accepted(Math.floor(MAILS / 2));
  await first.kill();
  release();
  const before = await outcomes();
  expect(before.sent).toBeLessThan(resend.mails.length);

  await start();
  await resend.accepted(MAILS);
  const after = await eventually(async () => {
    const found = await outcomes();
    return found.sent >= MAILS && found;
  });
  expect(after).toEqual({ queued: MAILS, sent: MAILS });
  const texts = resend.mails.map(({ body }) => /Message \d+/.exec(String(body.text))?.[0]);
  expect(new Set(texts).size).toBe(MAILS);
  expect(resend.mails).toHaveLength(MAILS);
  // Those that were in flight were handed over again, and recognized.
  expect(resend.requests).toBeGreaterThan(MAILS);
  expect(resend.faults).toEqual([]);
}, 120_000);

async function outcomes() {
  const [row] = await sql<[{ queued: number; sent: number }]>`
    select count(*) filter (where type = 'mail.queued')::int as queued,
      count(*) filter (where type = 'mail.sent')::int as sent
    from levqor_log.events`;
  return row;
}
