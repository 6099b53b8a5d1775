import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { ConnectorContext } from "../../../connectors/connector.ts";
import { decode } from "../../../events/mod.ts";
import { connect } from "../../../src/db/mod.ts";
import { mailSummary, submitSummaries } from "../../../src/features/summary/mail.ts";
import { openLog } from "../../../src/log/mod.ts";
import { readAll, recordAt } from "../../support/events.ts";
import { type TestDatabase, testDatabase, testFolder } from "../../support/postgres.ts";
import { type ResendStandIn, startResend } from "../../support/resend.ts";
import { eventually, startServiceProcess } from "../../support/service.ts";
import { masterKey } from "../../support/vault.ts";

const OPERATORS = "help@levqor.ai";
const KEY = "the-operators-own-key";
/** The same at each start. */
const VAULT_KEY = masterKey();

let database: TestDatabase;
let resend: ResendStandIn;
beforeEach(async () => {
  database = await testDatabase();
  resend = startResend();
});
afterEach(async () => {
  expect(resend.faults).toEqual([]);
  await resend.stop();
  await database.drop();
});

/** The service was first started two weeks ago. */
const startedBefore = () =>
  recordAt(database.admin_url, [
    [
      new Date(Date.now() - 14 * 86_400_000).toISOString(),
      `service-${crypto.randomUUID()}`,
      { type: "service.started", data: { version: "1", build: "b", role: "all" } },
    ],
  ]);

const configured = () => ({
  LEVQOR_DATA_DIR: testFolder(),
  VAULT_KEY,
  DATABASE_URL: database.url,
  API_KEYS: KEY,
  RESEND_API_KEY: resend.key,
  RESEND_BASE_URL: resend.url.replace(/\/$/, ""),
  MAIL_FROM: "Levqor <support@levqor.ai>",
  RECEIVING_EMAIL: OPERATORS,
});

test("a service mails the summary of the last day and of the last week, each once, as the API shows it", async () => {
  await startedBefore();
  const first = await startServiceProcess(configured());
  await eventually(() => resend.mails.length >= 2);
  const headers = { "x-api-key": KEY };
  for (const { body } of resend.mails) {
    const [, kind, date] = /^Levqor (on|in the week from) (\d{4}-\d{2}-\d{2})$/.exec(String(body.subject)) ?? [];
    const query = `period=${kind === "on" ? "day" : "week"}&date=${date}&format=html`;
    const page = await fetch(`${first.url}/api/v1/ops/summary?${query}`, { headers });
    expect([body.to, String(body.html)]).toEqual([OPERATORS, await page.text()]);
    expect(body.text).toContain("Jobs submitted: 0 | jobs submitted in the period");
  }
  await first.stop();

  const second = await startServiceProcess(configured());
  const jobs = async () =>
    await second.call<{ data: { status: string }[] }>("/api/v1/jobs?account=system&workflow=levqor.mail_summary", {
      headers,
    });
  const listed = await eventually(async () => {
    const { data } = await jobs();
    return data.length >= 2 && data.every(({ status }) => status === "succeeded") && data;
  });
  expect(resend.mails).toHaveLength(listed.length);
  await second.stop();
});

test("without RECEIVING_EMAIL nothing is submitted", async () => {
  await startedBefore();
  const { RECEIVING_EMAIL: _, ...env } = configured();
  const service = await startServiceProcess(env);
  await service.stop();
  const log = openLog({ url: database.url });
  const types = (await readAll(log)).map(({ type }) => type);
  await log.close();
  expect(types).toContain("service.stopped");
  expect(types).not.toContain("job.submitted");
});

describe("a period", () => {
  test("has one job, whichever processes submit it, also after a restart", async () => {
    const sql = connect(database.url);
    const log = openLog({ url: database.url });
    await Promise.all([1, 2, 3].map(() => submitSummaries({ log, sql }, new Set())));
    await submitSummaries({ log, sql }, new Set());
    const jobs = (await readAll(log))
      .map(decode)
      .map(({ type, data, meta }) => ({ type, data, account: meta.account }));
    const told = jobs.map(({ data }) => JSON.stringify(data));
    expect(new Set(told).size).toBe(told.length);
    expect(told.length).toBeWithin(2, 5);
    for (const job of jobs) {
      expect(job).toMatchObject({
        type: "job.submitted",
        account: "system",
        data: { workflow: "levqor.mail_summary" },
      });
    }
    await log.close();
    await sql.end({ timeout: 1 });
  });

  test("is not mailed where no mail can be sent", async () => {
    const parts = { log: { head: async () => 0 }, sql: undefined as never, projector: undefined as never };
    const workflow = mailSummary({ ...parts, mailer: undefined, receiving_email: OPERATORS });
    const context = { signal: new AbortController().signal } as ConnectorContext;
    expect(await workflow.run({ period: "day", date: "2026-01-15" }, context)).toEqual({
      skipped: "mail_not_configured",
    });
  });

  test("before the first start is not mailed", async () => {
    const service = await startServiceProcess(configured());
    const headers = { "x-api-key": KEY };
    const ended = await eventually(async () => {
      const { data } = await service.call<{ data: { job_id: string; status: string }[] }>(
        "/api/v1/jobs?account=system",
        { headers },
      );
      return data.length >= 2 && data.every(({ status }) => status === "succeeded") && data;
    });
    for (const { job_id } of ended) {
      const { result } = await service.call(`/api/v1/jobs/${job_id}`, { headers });
      expect(result).toEqual({ skipped: "not_started_yet" });
    }
    expect(resend.mails).toEqual([]);
    await service.stop();
  });
});
