/** The service itself and its operation. */
import { type Checks, expectProblem, expectStatus, NO_JOB } from "./checks.ts";
import type { Client, Json } from "./client.ts";
import { expect } from "./expect.ts";

export async function checkService(client: Client, { check }: Checks): Promise<void> {
  await check("GET / returns the service's name, version and build", async () => {
    const answer = await client.ask("/", { key: false });
    expectStatus(answer, 200);
    const { ok, service, version, build } = answer.body;
    expect(ok === true && service === "levqor-backend", "the service levqor-backend", answer.body);
    expect(/^\d+\.\d+\.\d+/.test(version) && typeof build === "string", "a version and a build", answer.body);
  });
  await check("GET /health returns the time in Unix seconds", async () => {
    const answer = await client.ask("/health", { key: false });
    expectStatus(answer, 200);
    const { ok, ts } = answer.body;
    expect(ok === true && Math.abs(Date.now() / 1000 - ts) < 300, "ok and about the present time", answer.body);
  });
  await check("GET /public/metrics returns figures within their bounds", async () => {
    const answer = await client.ask("/public/metrics", { key: false });
    expectStatus(answer, 200);
    const { uptime_rolling_7d, jobs_today, audit_coverage, last_updated } = answer.body;
    for (const percent of [uptime_rolling_7d, audit_coverage]) {
      expect(percent >= 0 && percent <= 100, "percentages from 0 to 100", answer.body);
    }
    expect(Number.isInteger(jobs_today) && jobs_today >= 0, "a number of jobs", answer.body);
    expect(last_updated === null || Number.isInteger(last_updated), "last_updated in Unix seconds", answer.body);
  });
  await check("GET /api/v1/marketing/summary returns texts and figures", async () => {
    const answer = await client.ask("/api/v1/marketing/summary", { key: false });
    expectStatus(answer, 200);
    const { headlines, calls_to_action, selling_points, figures } = answer.body;
    for (const texts of [headlines, calls_to_action, selling_points]) expect(texts.length > 0, "texts", answer.body);
    expect(figures.audit_coverage >= 0 && figures.audit_coverage <= 100, "a percentage", figures);
    const known = { headers: { "if-none-match": answer.headers.get("etag") ?? "" } };
    const again = await client.ask("/api/v1/marketing/summary", { key: false, ...known });
    expect(again.status === 304 || again.headers.get("etag") !== answer.headers.get("etag"), "304", again.status);
  });
  await check("X-Request-Id is returned, or generated", async () => {
    const given = await client.ask("/health", { headers: { "x-request-id": "validate-1" } });
    expect(given.headers.get("x-request-id") === "validate-1", "the request id that was sent");
    const made = await client.ask("/health");
    expect((made.headers.get("x-request-id") ?? "") !== "", "a generated request id");
  });
}

export async function checkOperations(client: Client, { check }: Checks): Promise<void> {
  await check("GET /api/v1/ops/health reports that every part is well", async () => {
    const answer = await client.ask("/api/v1/ops/health");
    expectStatus(answer, 200);
    const { ok, database, bus, projections, schedules, queue } = answer.body;
    expect(ok === true && database.ok === true && bus.ok === true, "every part to be well", answer.body);
    expect(database.latency_ms >= 0 && bus.lag >= 0, "a latency and a relay lag", answer.body);
    const names = projections.map((projection: Json) => projection.name);
    expect(names.includes("jobs") && names.includes("metrics"), "the read models jobs and metrics", names);
    expect(
      schedules.ok === true && typeof schedules.leader === "string",
      "an instance that fires schedules",
      schedules,
    );
    expect(queue.queued >= 0 && queue.running >= 0, "the queue's depth", queue);
  });

  await check("GET /api/v1/ops/summary reports yesterday, for programs and for people", async () => {
    const answer = await client.ask("/api/v1/ops/summary?period=day");
    expectStatus(answer, 200);
    expect(typeof answer.body.position === "number", "the position as of which it holds", answer.body);
    const page = await client.ask("/api/v1/ops/summary?period=day&format=html");
    expectStatus(page, 200);
    expect(page.text.includes("<table"), "tables", page.text);
  });
  await check("only a read model and a reaction that exist and have stopped are resumed", async () => {
    const resume = (what: string) => client.ask(`/api/v1/ops/${what}/resume`, { method: "POST" });
    expectProblem(await resume("projections/none"), 404, "projection_not_found");
    const running = await resume("projections/jobs");
    expectStatus(running, 200);
    expect(running.body.stopped_at === null, "that nothing had stopped it", running.body);
    expectProblem(await resume("reactions/none"), 404, "reaction_not_found");
  });
  await check("GET /metrics reports requests, commits and the queue to Prometheus", async () => {
    const answer = await client.ask("/metrics");
    expectStatus(answer, 200);
    expect(
      answer.headers.get("content-type")?.startsWith("text/plain; version=") === true,
      "text/plain",
      answer.headers,
    );
    const { text } = answer;
    for (const name of ["levqor_http_request_duration_seconds", "levqor_log_batch_events", "levqor_build_info"]) {
      expect(text.includes(`# TYPE ${name} `), name, text.slice(0, 200));
    }
    expect(!text.includes(NO_JOB), "no path in the labels", text.slice(0, 200));
  });
}
