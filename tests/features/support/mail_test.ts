import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { ConnectorContext } from "../../../connectors/connector.ts";
import { supportStream, supportSubject } from "../../../events/support.ts";
import { supportDecider } from "../../../src/domain/support.ts";
import { type SupportMailOptions, supportWorkflows } from "../../../src/features/support/mail.ts";
import { derivedUuid } from "../../../src/log/derived_id.ts";
import { type EventLog, handle, openLog } from "../../../src/log/mod.ts";
import { createMailer, resendDelivery } from "../../../src/mail/mod.ts";
import { personalLog, type Vault } from "../../../src/vault/mod.ts";
import { meta } from "../../support/events.ts";
import { type TestDatabase, testDatabase } from "../../support/postgres.ts";
import { type ResendStandIn, refused, startResend } from "../../support/resend.ts";
import { type ServiceProcess, startServiceProcess } from "../../support/service.ts";
import { openStore, type Store } from "../../support/store.ts";
import { testVault } from "../../support/vault.ts";

const FROM = "Levqor <support@levqor.ai>";
const OPERATORS = "help@levqor.ai";
const SENDER = "ada@example.com";
const reply_token = { hash: "0".repeat(64), salt: "1".repeat(64) };

let resend: ResendStandIn;
beforeEach(() => {
  resend = startResend();
});
afterEach(async () => {
  expect(resend.faults).toEqual([]);
  await resend.stop();
});

describe("a job", () => {
  let store: Store;
  let vault: Vault;
  let log: EventLog;
  beforeAll(async () => {
    store = await openStore();
    vault = testVault(store.sql);
    log = personalLog(store.log, vault);
  });
  afterAll(async () => {
    vault.close();
    await store.close();
  });

  /** A thread: its sender's message, and an operator's answer. */
  async function thread(message: string, answer = "They run."): Promise<string> {
    const thread_id = Bun.randomUUIDv7();
    const about = { ...meta, subject: supportSubject(thread_id) };
    const commands = [
      { type: "open", email: SENDER, message, reply_token },
      { type: "add_message", from: "operator", message: answer, causation_id: undefined },
    ] as const;
    for (const command of commands) {
      await handle(log, { stream_id: supportStream(thread_id), decider: supportDecider, command, meta: about });
    }
    return thread_id;
  }

  /** Runs a workflow as a job does. */
  function run(
    name: "forward_support_message" | "mail_support_answer",
    input: object,
    options: Partial<SupportMailOptions> = {},
  ) {
    const delivery = resendDelivery({ api_key: resend.key, base_url: resend.url.replace(/\/$/, "") });
    const from = { support: FROM, billing: FROM, "no-reply": FROM, security: FROM };
    const mailer = createMailer({ delivery, from, log, vault });
    const workflows = supportWorkflows({ log, mailer, receiving_email: OPERATORS, ...options });
    const context = { signal: new AbortController().signal } as ConnectorContext;
    return workflows.find((workflow) => workflow.name === `levqor.${name}`)?.run(input, context);
  }

  test("forwards a sender's message to operators, who can reply to its sender", async () => {
    const thread_id = await thread("Where are my jobs?\n<b>All</b> of them.");
    const outcome = await run("forward_support_message", { thread_id, version: 1 });
    const [mail] = resend.mails;
    const mail_id = derivedUuid(["mail", `support-${thread_id}@1`]);
    expect(outcome).toEqual({ mail_id });
    expect(mail).toMatchObject({
      idempotency_key: mail_id,
      body: { from: FROM, to: OPERATORS, reply_to: SENDER, subject: `New support thread ${thread_id}` },
    });
    expect(mail?.body.text).toContain(`${SENDER} wrote:\n\n> Where are my jobs?\n> <b>All</b> of them.\n`);
    expect(mail?.body.html).toContain("&lt;b>All&lt;/b> of them.");
  });

  test("mails an operator's answer to the sender, whose reply goes to operators", async () => {
    const thread_id = await thread("Where are my jobs?", "They run.");
    await run("mail_support_answer", { thread_id, version: 2 });
    const [mail] = resend.mails;
    expect(mail).toMatchObject({
      idempotency_key: derivedUuid(["mail", `support-${thread_id}@2`]),
      body: { from: FROM, to: SENDER, reply_to: OPERATORS, subject: "We answered your support request" },
    });
    expect(mail?.body.text).toContain("> They run.");
    expect(mail?.body.text).not.toContain("Where are my jobs?");
  });

  test("that runs again sends nothing twice", async () => {
    const thread_id = await thread("Once");
    const first = await run("forward_support_message", { thread_id, version: 1 });
    expect(await run("forward_support_message", { thread_id, version: 1 })).toEqual(first);
    expect(resend.mails).toHaveLength(1);
  });

  test("sends nothing if mail is not configured, and says so", async () => {
    const thread_id = await thread("Nobody hears");
    const skipped = { skipped: "mail_not_configured" };
    const message = { thread_id, version: 1 };
    expect(await run("forward_support_message", message, { mailer: undefined })).toEqual(skipped);
    expect(await run("forward_support_message", message, { receiving_email: undefined })).toEqual(skipped);
    expect(await run("mail_support_answer", { thread_id, version: 2 }, { mailer: undefined })).toEqual(skipped);
    expect(resend.requests).toBe(0);
  });

  test("sends nothing about a sender who was erased, and does not try again", async () => {
    const thread_id = await thread("Forget me");
    await vault.destroy(supportSubject(thread_id), ["profile"]);
    for (const [name, version] of [
      ["forward_support_message", 1],
      ["mail_support_answer", 2],
    ] as const) {
      await expect(run(name, { thread_id, version })).rejects.toMatchObject({ code: "subject_erased" });
    }
    expect(resend.requests).toBe(0);
  });

  test("mails an answer even if operators get no mail themselves", async () => {
    const thread_id = await thread("Where are my jobs?");
    await run("mail_support_answer", { thread_id, version: 2 }, { receiving_email: undefined });
    expect(resend.mails[0]?.body).not.toHaveProperty("reply_to");
    expect(resend.mails[0]?.body.text).toContain(`To reply, continue thread ${thread_id} with the reply token`);
  });
});

describe("the service", () => {
  const KEY = "the-key-of-an-operator";
  let database: TestDatabase;
  let service: ServiceProcess;
  beforeEach(async () => {
    database = await testDatabase();
    service = await startServiceProcess({
      DATABASE_URL: database.url,
      DATABASE_ADMIN_URL: database.admin_url,
      API_KEYS: KEY,
      WEBHOOK_SECRET: `whsec_${Buffer.alloc(32).toString("base64")}`,
      RESEND_API_KEY: resend.key,
      RESEND_BASE_URL: resend.url,
      MAIL_FROM: FROM,
      RECEIVING_EMAIL: OPERATORS,
      LOG_LEVEL: "debug",
    });
  });
  afterEach(async () => {
    await service.stop();
    await database.drop();
  });

  test("forwards a message and mails its answer, each once, through jobs that contain none of their text", async () => {
    // The first attempt of all fails; its job is tried again.
    resend.refuse(() => refused(503, "internal_server_error", { "retry-after": "0" }));
    const headers = { "x-api-key": KEY };
    const asked = { email: SENDER, message: "Where are my jobs?" };
    const { thread_id } = await service.call("/api/v1/support", { method: "POST", body: asked });
    await resend.accepted(1);
    const answer = { method: "POST", body: { message: "They run." }, headers };
    await service.call(`/api/v1/support/${thread_id}/messages`, answer);
    await resend.accepted(2);
    expect(resend.mails.map(({ body, idempotency_key }) => [body.to, idempotency_key])).toEqual([
      [OPERATORS, derivedUuid(["mail", `support-${thread_id}@1`])],
      [SENDER, derivedUuid(["mail", `support-${thread_id}@2`])],
    ]);
    const log = openLog({ url: database.url });
    const jobs = await log.readRange(0, 1_000).finally(() => log.close());
    const words = jobs.filter(({ stream_id }) => stream_id.startsWith("job-")).map(({ data_json }) => data_json);
    expect(words.some((data) => data.includes("levqor.mail_support_answer"))).toBe(true);
    for (const word of [SENDER, "Where are my jobs?", "They run."]) {
      expect(words.join("\n")).not.toContain(word);
      expect(service.logged()).not.toContain(word);
    }
  }, 60_000);
});
