import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Harness, post, startApi } from "../../http/harness.ts";
import { clearOfEnd } from "../../support/clock.ts";
import { eventually } from "../../support/service.ts";

let api: Harness;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const page = async () => (await api.ask("/status")).text;

describe("/status", () => {
  test("is a page with its own policy, cached briefly", async () => {
    // 503 until the read models are built.
    const { headers, text } = await eventually(async () => {
      const answer = await api.ask("/status");
      return answer.status === 200 && answer;
    });
    expect(headers.get("content-type")).toBe("text/html;charset=utf-8");
    expect(headers.get("cache-control")).toBe("public, max-age=5");
    expect(headers.get("content-security-policy")).toContain("style-src 'self'");
    expect(text).toContain("<title>Status · Levqor</title>");
    expect(text).toContain("All systems operational");
    expect(text).toContain("started for the first time");
  });

  test("shows the days since the first start, and the incidents, as text", async () => {
    await clearOfEnd("day");
    // As if it had begun two days ago, and been away since the hour was over. Nothing tells that it is up now: what does
    // counts as soon as its minute is over.
    await api.sql`
      insert into levqor_read.metrics (hour, jobs_submitted, events, attributed_events, error_reports, support_messages,
        position, minutes, first_started_at)
      select hour, 0, 1, 1, 0, 0, 1, repeat('1', 60), hour from (select date_trunc('hour', now() - interval '2 days')) as past (hour)`;
    const told = { title: "<script>alert(1)</script>", impact: "major", message: "First line\n<b>second</b> line" };
    const { incident_id } = (await api.ask("/api/v1/incidents", post(told))).body;

    await eventually(async () => (await page()).includes("Much does not work"));
    const text = await page();
    expect(text).toContain("&lt;script>alert(1)&lt;/script>");
    expect(text).toContain("First line<br/>&lt;b>second&lt;/b> line");
    expect(text).not.toContain("<script");
    expect(text).toContain(`${new Date().toISOString().slice(0, 10)}: `);
    // In the first minute of a day it has no outage yet.
    expect(text).toMatch(/[23] of 3 days with an outage/);
    expect(text).toContain("<td>now</td>");

    await api.ask(`/api/v1/incidents/${incident_id}/resolve`, post({ message: "It is over." }));
    await eventually(async () => (await page()).includes("All systems operational"));
    expect(await page()).toContain("It is over.");
  });
});

test("a service without its database says so, to people as well", async () => {
  const alone = await startApi();
  try {
    await alone.sql.end({ timeout: 1 });
    const { status, text } = await alone.ask("/status");
    expect(status).toBe(503);
    expect(text).toContain("cannot reach its database");
  } finally {
    await alone.stop();
  }
});
