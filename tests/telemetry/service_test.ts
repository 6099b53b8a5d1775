/** The metrics of a whole service, as Prometheus meets them. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { parseExposition, sampleOf } from "../support/exposition.ts";
import { type TestDatabase, testDatabase } from "../support/postgres.ts";
import { eventually, type ServiceProcess, startServiceProcess } from "../support/service.ts";

const KEY = "a-key-for-metrics";

let database: TestDatabase;
let api: ServiceProcess;
let worker: ServiceProcess;

beforeAll(async () => {
  database = await testDatabase();
  const shared = {
    DATABASE_URL: database.url,
    DATABASE_ADMIN_URL: database.admin_url,
    HOST: "127.0.0.1",
    METRICS_PORT: "0",
    OUTBOUND_ALLOW: "127.0.0.0/8",
  };
  api = await startServiceProcess({ ...shared, LEVQOR_ROLE: "api", API_KEYS: KEY });
  const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
  worker = await startServiceProcess({
    ...shared,
    LEVQOR_ROLE: "worker",
    PORT: "0",
    WEBHOOK_SECRET,
  });
});

afterAll(async () => {
  await Promise.all([api?.stop(), worker?.stop()]);
  await database?.drop();
});

function metricsUrl(service: ServiceProcess): string {
  const url = /"url":"([^"]+)","msg":"Metrics are served"/.exec(service.logged())?.[1];
  if (!url) throw new Error(`It does not say where its metrics are: ${service.logged()}`);
  return url;
}

async function scrape(service: ServiceProcess) {
  const answer = await fetch(`${metricsUrl(service)}metrics`);
  expect(answer.status).toBe(200);
  return parseExposition(await answer.text());
}

test("the separate port serves /metrics without a key, /health, and nothing else", async () => {
  const base = metricsUrl(api);
  const families = await scrape(api);
  expect(sampleOf(families, "levqor_build_info", { role: "api" })).toBe(1);
  expect(await (await fetch(`${base}health`)).json()).toMatchObject({ ok: true });
  for (const path of ["", "api/v1/jobs", "docs"]) expect((await fetch(base + path)).status).toBe(404);
  expect((await fetch(`${base}metrics`, { method: "POST" })).status).toBe(404);
});

test("a job is seen by every instrument on its way", async () => {
  const receiver = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => Response.json({ ok: true }) });
  try {
    const { job_id } = await api.call<{ job_id: string }>("/api/v1/intake", {
      method: "POST",
      headers: { "x-api-key": KEY },
      body: {
        workflow: "http",
        payload: { method: "GET", url: receiver.url.href },
        callback_url: receiver.url.href,
      },
    });
    const status = () => api.call(`/api/v1/status/${job_id}`, { headers: { "x-api-key": KEY } });
    await eventually(async () => (await status()).status === "succeeded");
    const done = await eventually(async () => {
      const families = await scrape(worker);
      const told = sampleOf(families, "levqor_callback_duration_seconds_count", { outcome: "delivered" });
      return told !== undefined && families;
    });
    const ended = { workflow: "http", outcome: "succeeded" };
    expect(sampleOf(done, "levqor_attempt_duration_seconds_count", ended)).toBe(1);
    expect(sampleOf(done, "levqor_log_events_total", { type: "job.succeeded" })).toBe(1);
    expect(sampleOf(done, "levqor_worker_slots")).toBe(64);
    expect(sampleOf(done, "levqor_build_info", { role: "worker" })).toBe(1);

    const intake = { route: "/api/v1/intake", method: "POST", status_class: "2xx" };
    const taken = await scrape(api);
    expect(sampleOf(taken, "levqor_http_request_duration_seconds_count", intake)).toBe(1);
    expect(sampleOf(taken, "levqor_log_events_total", { type: "job.submitted" })).toBe(1);
    expect(sampleOf(taken, "levqor_log_commit_duration_seconds_count")).toBeGreaterThan(0);
  } finally {
    await receiver.stop(true);
  }
});

test("figures of the whole service are reported by each process", async () => {
  for (const service of [api, worker]) {
    const families = await eventually(async () => {
      const now = await scrape(service);
      // At most 5 s old: perhaps of before the job ended.
      return sampleOf(now, "levqor_queue_jobs", { status: "queued" }) === 0 && now;
    });
    expect(sampleOf(families, "levqor_scheduler_leading")).toBeNumber();
    expect(sampleOf(families, "levqor_projection_lag_events", { projection: "jobs" })).toBeNumber();
    expect(sampleOf(families, "levqor_projection_stopped", { projection: "jobs" })).toBe(0);
    expect(sampleOf(families, "levqor_bus_connected")).toBe(1);
    expect(sampleOf(families, "levqor_log_position")).toBeGreaterThan(0);
  }
});

/** What an expression in PromQL asks for: the metrics, and the labels that it selects or groups by. */
function askedBy(expression: string): { names: string[]; labels: string[] } {
  const names = expression.match(/\b(?:levqor|process)_\w+/g) ?? [];
  const selected = [...expression.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label]) => label as string);
  const grouped = [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list]) => (list as string).split(/, */));
  return { names, labels: [...selected, ...grouped] };
}

test("Grafana's panels and Prometheus' alerts use existing figures", async () => {
  const names = new Set<string>();
  for (const service of [api, worker]) {
    for (const { name, type } of (await scrape(service)).values()) {
      for (const suffix of type === "histogram" ? ["_bucket", "_sum", "_count"] : [""]) names.add(name + suffix);
    }
  }
  const deploy = join(import.meta.dir, "../../deploy");
  const dashboard = await Bun.file(join(deploy, "grafana/levqor.json")).json();
  const alerts = Bun.YAML.parse(await Bun.file(join(deploy, "prometheus/alerts.yaml")).text()) as {
    groups: { rules: { expr: string }[] }[];
  };
  const panels = dashboard.panels as { title: string; targets?: { expr: string }[] }[];
  const asked = [
    ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
    ...alerts.groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)),
  ];
  expect(asked.length).toBeGreaterThan(40);
  for (const expression of asked) {
    const { names: wanted, labels } = askedBy(expression);
    expect(wanted).not.toBeEmpty();
    expect({ expression, missing: wanted.filter((name) => !names.has(name)) }).toEqual({ expression, missing: [] });
    // `job` and `instance` are Prometheus' own.
    const missing = labels.filter((label) => !LABELS.has(label) && label !== "job" && label !== "instance");
    expect({ expression, missing }).toEqual({ expression, missing: [] });
  }
});

/** All labels that the service uses. Whoever adds one says here that it takes few values. */
const LABELS: ReadonlySet<string> = new Set([
  ...["build", "kind", "le", "method", "outcome", "policy", "projection", "reaction", "role", "route"],
  ...["state", "status", "status_class", "type", "version", "workflow"],
]);

test("everything that the service reports follows the conventions", async () => {
  for (const service of [api, worker]) {
    for (const { name, type, samples } of (await scrape(service)).values()) {
      expect(name).toMatch(/^(?:levqor|process)_[a-z]+(?:_[a-z]+)*$/);
      expect(name.endsWith("_total")).toBe(type === "counter");
      for (const { labels } of samples) expect(Object.keys(labels).filter((label) => !LABELS.has(label))).toEqual([]);
    }
  }
});
