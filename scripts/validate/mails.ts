/** Mail that the service sent. None is sent. */
import { type Checks, expectProblem, expectStatus, NO_JOB } from "./checks.ts";
import type { Client } from "./client.ts";
import { expect } from "./expect.ts";

export async function checkMails(client: Client, { check }: Checks): Promise<void> {
  await check("mails are listed", async () => {
    const listed = await client.ask("/api/v1/mails?limit=1");
    expectStatus(listed, 200);
    expect(Array.isArray(listed.body.data), "a list", listed.body);
  });
  await check("the domain of mail is checked", async () => {
    const checked = await client.ask("/api/v1/mail/domain");
    expectStatus(checked, 200);
    expect(Array.isArray(checked.body.records), "records", checked.body);
  });
  await check("an address that never got mail is not stopped", async () => {
    for (const verb of ["check", "release"]) {
      const asked = await client.post(`/api/v1/mail/addresses/${verb}`, { email: "nobody@levqor-validate.example" });
      expectStatus(asked, 200);
      expect(asked.body.stopped === "nothing", "nothing stopped", asked.body);
    }
  });
  await check("an unknown mail is not found", async () => {
    expectProblem(await client.ask(`/api/v1/mails/${NO_JOB}`), 404, "mail_not_found");
  });
  await check("a forged report is rejected", async () => {
    const report = { type: "email.delivered", created_at: "2026-01-15T09:30:00Z", data: {} };
    const told = await client.post("/webhooks/resend", report, { key: false });
    const code = told.status === 503 ? "webhooks_not_configured" : "forged_webhook";
    expectProblem(told, told.status === 503 ? 503 : 400, code);
  });
}
