import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { connect } from "../../src/db/mod.ts";
import { type NameServerStandIn, startNameServer } from "../support/dns.ts";
import { type TestDatabase, testDatabase, testFolder } from "../support/postgres.ts";
import { RECORDS, type ResendStandIn, refused, startResend } from "../support/resend.ts";

const SCRIPT = join(import.meta.dir, "../../scripts/mail.ts");

let resend: ResendStandIn;
let dns: NameServerStandIn;
let database: TestDatabase;
beforeAll(async () => {
  resend = startResend();
  dns = startNameServer();
  database = await testDatabase();
});
afterAll(async () => {
  expect(resend.faults).toEqual([]);
  await resend.stop();
  dns.stop();
  await database.drop();
});

async function mail(args: readonly string[], env: Record<string, string> = {}) {
  const child = Bun.spawn([process.execPath, SCRIPT, ...args], {
    env: {
      PATH: process.env.PATH,
      LEVQOR_DATA_DIR: testFolder(),
      DATABASE_URL: database.url,
      RESEND_API_KEY: resend.key,
      RESEND_BASE_URL: resend.url,
      MAIL_DOMAIN: "levqor.ai",
      DNS_RESOLVER: dns.address,
      ...env,
    },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { out, err, code };
}

test("the domain is added once, its records are printed, and checked until all are right", async () => {
  const added = await mail(["setup"]);
  expect([added.code, added.err]).toEqual([0, ""]);
  expect(added.out).toContain("levqor.ai was added at Resend.");
  expect(added.out).toContain(
    "  Name      send.levqor.ai\n  Content   feedback-smtp.us-east-1.amazonses.com\n  Priority  10",
  );
  expect(added.out).toContain("  Name      _dmarc.levqor.ai\n  Content   v=DMARC1; p=none;");
  expect((await mail(["setup"])).out).toContain("Resend knows levqor.ai: it is not_started.");
  expect(resend.domains).toHaveLength(1);

  const [mx, spf, dkim] = RECORDS;
  dns.records.set("MX send.levqor.ai", [{ preference: mx.priority, exchange: mx.value }]);
  dns.records.set("TXT send.levqor.ai", ["v=spf1 -all"]);
  dns.records.set("TXT resend._domainkey.levqor.ai", [dkim.value]);
  const wrong = await mail(["verify"]);
  expect(wrong.code).toBe(1);
  expect(wrong.out).toContain(
    `✗ SPF: TXT send.levqor.ai is wrong\n  expected  ${spf.value}\n  found     v=spf1 -all\n  Change the TXT record`,
  );
  expect(wrong.out).toContain("✗ DMARC: TXT _dmarc.levqor.ai is missing");

  dns.records.set("TXT send.levqor.ai", [spf.value]);
  dns.records.set("TXT _dmarc.levqor.ai", ["v=DMARC1; p=none;"]);
  const right = await mail(["verify"]);
  expect([right.code, right.out.split("\n")[0]]).toEqual([0, "levqor.ai: ready to send; Resend says: verified"]);
});

test("a test mail is sent and on record", async () => {
  const { out, err, code } = await mail(["test", "Ada@Example.com"]);
  expect([code, err]).toEqual([0, ""]);
  const [{ idempotency_key, body }] = resend.mails as [(typeof resend.mails)[number]];
  expect(body).toMatchObject({ to: "ada@example.com", from: "Levqor <no-reply@levqor.ai>" });
  expect(out).toContain(`GET /api/v1/mails/${idempotency_key}`);
  const sql = connect(database.url, { max: 1 });
  const types = await sql`select type from levqor_log.events where stream_id = ${`mail-${idempotency_key}`}`;
  await sql.end();
  expect(types.map(({ type }) => type)).toEqual(["mail.queued", "mail.sent"]);
});

test("what Resend refuses is said, with what to do", async () => {
  resend.refuse(() => refused(401, "restricted_api_key"));
  const { err, code } = await mail(["setup"]);
  expect([code, err]).toEqual([
    1,
    "RESEND_API_KEY may only send mail: create one with full access at Resend, for this command.\n",
  ]);
});

test.each<[readonly string[], Record<string, string>, string]>([
  [[], {}, "A command is missing"],
  [["send"], {}, "send is not a command"],
  [["test", "nobody"], {}, "test needs one e-mail address"],
  [["setup"], { RESEND_API_KEY: "" }, "Mail is not configured: set RESEND_API_KEY and MAIL_DOMAIN"],
])("wrong use, %p, is told", async (args, env, message) => {
  const { err, code } = await mail(args, env);
  expect([code, err.split("\n")[0]]).toEqual([2, expect.stringContaining(message)]);
});
