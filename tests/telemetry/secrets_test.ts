/** No secret and nothing of a person gets into the log, whatever goes wrong; and the search for it can fail. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestDatabase, testDatabase } from "../support/postgres.ts";
import { planted } from "../support/secrets.ts";
import { eventually, type ServiceProcess, startServiceProcess } from "../support/service.ts";

describe("a service that logs all it can", () => {
  let database: TestDatabase;
  let service: ServiceProcess;
  let receiver: Bun.Server<undefined>;
  const key = planted.api_key;
  // All of it is allowed in a header, and most of it is written otherwise in JSON, URLs and base64.
  const awkward = `${planted.api_key}"\\n%41+/=&<>'`;
  beforeAll(async () => {
    database = await testDatabase();
    receiver = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("no", { status: 500 }) });
    service = await startServiceProcess({
      DATABASE_URL: database.url,
      DATABASE_ADMIN_URL: database.admin_url,
      API_KEYS: `${key},${awkward}`,
      NODE_ENV: "production",
      VAULT_KEY: Buffer.from("pl4nted-vault-key-of-32-bytes-xx").toString("base64"),
      WEBHOOK_SECRET: `whsec_${Buffer.from("pl4nted-webhook-secret-of-32-byte").toString("base64")}`,
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1",
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${planted.bearer}`,
      OUTBOUND_ALLOW: "127.0.0.0/8",
      LOG_LEVEL: "trace",
    });
  });
  afterAll(async () => {
    await service?.stop();
    await receiver?.stop(true);
    await database?.drop();
  });

  const send = (path: string, init: { method?: string; body?: string; headers?: Record<string, string> } = {}) =>
    fetch(service.url + path, {
      ...init,
      headers: {
        "x-api-key": key,
        cookie: planted.cookie,
        referer: planted.referrer,
        "content-type": "application/json",
        "x-request-id": "told-of",
        ...init.headers,
      },
    });

  test("logs requests that fail in every way, and none of their contents", async () => {
    const password = planted.payload_password;
    const at = `${receiver.url.href}?token=${planted.callback_token}`;
    const job = (more: object) =>
      JSON.stringify({ workflow: "http", payload: { method: "GET", url: at, password }, ...more });
    const asked: [string, Parameters<typeof send>[1]?][] = [
      [`/api/v1/jobs?cursor=${planted.query}`],
      [`/nothing/${planted.query}?email=someone.pl4nted@example.com`],
      [`/api/v1/status/${planted.query}`],
      ["/api/v1/jobs", { headers: { "x-api-key": `${key}-wrong` } }],
      ["/api/v1/jobs", { headers: { "x-api-key": awkward, "user-agent": `me ${awkward}` } }],
      ["/api/v1/jobs", { headers: { "x-api-key": awkward, "user-agent": JSON.stringify({ awkward }) } }],
      ["/api/v1/jobs", { headers: { "x-api-key": awkward, "user-agent": encodeURIComponent(awkward) } }],
      ["/api/v1/jobs", { headers: { "x-api-key": awkward, "user-agent": `Basic ${btoa(`me:${awkward}`)}` } }],
      ["/api/v1/jobs", { headers: { authorization: `Bearer ${planted.bearer}` } }],
      ["/api/v1/jobs", { headers: { authorization: `Basic ${btoa(`me:${password}`)}` } }],
      ["/api/v1/intake", { method: "POST", body: `{"payload": {"password": "${password}"` }],
      ["/api/v1/intake", { method: "POST", body: job({ payload: password }) }],
      ["/api/v1/intake", { method: "POST", body: job({ callback_url: `ftp://me:${password}@example.com` }) }],
      ["/api/v1/intake", { method: "POST", body: job({}), headers: { "idempotency-key": planted.idempotency_key } }],
      [
        "/api/v1/intake",
        { method: "POST", body: job({ priority: "low" }), headers: { "idempotency-key": planted.idempotency_key } },
      ],
      ["/api/v1/intake", { method: "POST", body: "x".repeat(600_000) + password }],
      [`/api/v1/intake?key=${planted.query}`, { method: "PATCH" }],
      ["/api/v1/keys", { method: "POST", body: JSON.stringify({ name: "mine", scopes: ["jobs:read"], password }) }],
    ];
    for (const [path, init] of asked) await (await send(path, init)).text();

    // Jobs and callbacks that fail, to and with secrets; a result that is one.
    const callback_url = `${receiver.url.href}hook?token=${planted.callback_token}`;
    const headers = { authorization: `Bearer ${planted.bearer}` };
    const failing = {
      max_attempts: 1,
      callback_url,
      payload: { method: "POST", url: at, headers, body: { password } },
    };
    const submitted = await send("/api/v1/intake", { method: "POST", body: job(failing) });
    expect(submitted.status).toBe(202);
    const { job_id } = (await submitted.json()) as { job_id: string };
    const events = async () => await (await send(`/api/v1/jobs/${job_id}/events?limit=100`)).text();
    await eventually(async () => (await events()).includes("job.callback_attempted"));
    await service.stop();

    // It did log: of requests that failed and of those that did not.
    const lines = service
      .logged()
      .split("\n")
      .filter((line) => line.includes('"msg":"Request completed"'));
    expect(lines.length).toBeGreaterThan(asked.length);
    expect(lines.some((line) => line.includes('"status":422'))).toBe(true);
    expect(lines.every((line) => line.includes('"ip":"127.0.0.1"'))).toBe(true);
    expect(lines.filter((line) => line.includes('"user_agent":"Bun/')).length).toBeGreaterThan(asked.length - 5);
    // As it is, it is left out with its header; otherwise written, it is redacted.
    expect(lines.filter((line) => line.includes("[redacted]"))).toHaveLength(3);
    expect(service.logged()).not.toMatch(/pl4nted|example\.com/);
    expect(service.logged()).not.toContain(new URL(database.url).password);
    expect(service.logged()).not.toContain(btoa(`me:${password}`));
    for (const at of [0, 1, 2]) {
      const inBase64 = btoa("x".repeat(at) + awkward).slice(4, -4);
      expect(service.logged()).not.toContain(inBase64);
    }
    // And nothing else was said, on either way out.
    for (const line of service.logged().trim().split("\n")) expect(() => JSON.parse(line)).not.toThrow();
  });
});

describe("the search", () => {
  const support = (name: string) => JSON.stringify(join(import.meta.dir, "../support", name));

  /** Runs one test, in a run of its own, with what every run is prepared by. */
  async function runOf(body: string): Promise<{ code: number; said: string }> {
    const dir = mkdtempSync(join(tmpdir(), "levqor-leak-"));
    try {
      const lines = ['import { test } from "bun:test";', `import * as secrets from ${support("secrets.ts")};`, body];
      await Bun.write(join(dir, "one_test.ts"), lines.join("\n"));
      await Bun.write(join(dir, "bunfig.toml"), `[test]\npreload = [${support("preload.ts")}]\n`);
      const child = Bun.spawn([process.execPath, "test"], { cwd: dir, stdout: "pipe", stderr: "pipe" });
      const said = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
      return { code: await child.exited, said: said.join("") };
    } finally {
      rmSync(dir, { recursive: true });
    }
  }

  const writes = (text: string) => `
    test("a service logs", async () => {
      secrets.keepSecretsOf({ DATABASE_URL: "postgres://levqor:ins1de-database@db/levqor", API_KEYS: "ins1de-first,ins1de-second" });
      const child = Bun.spawn(["printf", "%s", ${JSON.stringify(text)}], { stdout: "pipe" });
      await new Response(secrets.watchLog(child.stdout, "a service")).text();
      await child.exited;
    });`;

  test.each([
    ["a planted one", `{"msg":"${planted.cookie}"}`],
    ["one of several keys", '{"msg":"ok"}\n{"err":"key ins1de-second is bad"}\n'],
    ["a database's password", "connecting to ins1de-database failed\nmore"],
    ["a key as the service issues them", `got lvq_live_${"a".repeat(38)}`],
  ])("fails the whole run for %s, and does not show it", async (_, text) => {
    const { code, said } = await runOf(writes(text));
    expect(code).toBe(1);
    expect(said).toContain("(pass) a service logs");
    expect(said).toContain("Secrets are in the logs of this run (1 lines):\na service: ");
    expect(said).not.toMatch(/ins1de-|pl4nted-c|lvq_live_aaa/);
  });

  test("passes a run whose logs contain none", async () => {
    expect((await runOf(writes('{"msg":"all is well"}\n'))).code).toBe(0);
  });
});
