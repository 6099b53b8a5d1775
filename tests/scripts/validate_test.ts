// Slow: it makes every call of the API, twice: to a service in development and to one in production.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { pino } from "pino";
import { type Config, loadConfig } from "../../src/config.ts";
import { type Service, startService } from "../../src/main.ts";
import { type TestDatabase, testDatabase } from "../support/postgres.ts";
import { UNLIMITED } from "../support/service.ts";

const SCRIPT = Bun.fileURLToPath(import.meta.resolve("../../scripts/validate.ts"));
const GREEN = "🟢 COCKPIT GREEN — Levqor backend validated";
const KEY = "a-key-for-validation";
const VAULT_KEY = Buffer.alloc(32, 1).toString("base64");

async function validate(url: string, env: Record<string, string> = {}) {
  const child = Bun.spawn([process.execPath, SCRIPT, url], {
    env: { ...process.env, API_KEY: "", ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, error, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { out, error, code, lines: out.trim().split("\n") };
}

describe("against a service", () => {
  let database: TestDatabase;
  let development: Service;
  let production: Service;
  beforeAll(async () => {
    database = await testDatabase();
    const start = (env: Record<string, string>) => {
      const config = loadConfig(
        { PORT: "0", HOST: "127.0.0.1", DATABASE_URL: database.url, DATABASE_ADMIN_URL: database.admin_url, ...env },
        [],
      );
      return startService(config as Config, { logger: pino({ level: "silent" }) });
    };
    development = await start({ VAULT_KEY });
    production = await start({ NODE_ENV: "production", API_KEYS: KEY, VAULT_KEY, ...UNLIMITED });
  }, 30_000);
  afterAll(async () => {
    await development.stop("test");
    await production.stop("test");
    await database.drop();
  }, 30_000);

  test("all is well in development", async () => {
    const { lines, code } = await validate(development.url ?? "");
    expect(lines.filter((line) => line.startsWith("✗"))).toEqual([]);
    expect(lines.at(-1)).toBe(GREEN);
    expect(code).toBe(0);
  }, 60_000);

  test("all is well in production, with the key", async () => {
    const { lines, code } = await validate(production.url ?? "", { API_KEY: KEY });
    expect(lines.filter((line) => line.startsWith("✗"))).toEqual([]);
    expect(lines.some((line) => line.startsWith("✓") && line.includes("rejected without one"))).toBe(true);
    expect(lines.at(-1)).toBe(GREEN);
    expect(code).toBe(0);
  }, 60_000);

  test("without the key, the failures are listed", async () => {
    const { out, code } = await validate(production.url ?? "");
    expect(code).toBe(1);
    expect(out).toContain("✓ GET / returns the service's name");
    expect(out).toContain("✗ the key in API_KEY is accepted");
    expect(out).toContain("✗ POST /api/v1/intake");
    expect(out).toMatch(/🔴 Levqor backend not validated: \d+ of \d+ checks failed\n {2}/);
    expect(out).not.toContain(GREEN);
  }, 60_000);
});

test("a service that returns nonsense is red in every check", async () => {
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => Response.json({ ok: false }) });
  const { out, code } = await validate(server.url.href);
  await server.stop(true);
  expect(code).toBe(1);
  expect(out.split("\n").filter((line) => line.startsWith("✓"))).toEqual([
    // All that these ask for is that the call is taken.
    expect.stringContaining("no key is configured"),
  ]);
}, 60_000);

test("an unreachable service is reported as such", async () => {
  const { error, code } = await validate("http://127.0.0.1:1");
  expect(code).toBe(1);
  expect(error).toContain("🔴 Cannot reach http://127.0.0.1:1");
  expect(error).toContain("npm start");
});

test("an invalid URL is rejected", async () => {
  const { error, code } = await validate("localhost:5000");
  expect(code).toBe(1);
  expect(error).toContain("not an http or https URL");
});

test.each(["http://127.0.0.1:1/x", "http://127.0.0.1:1/?a=1", "http://127.0.0.1:1/#a"])(
  "%s is rejected",
  async (url) => {
    const { error, code } = await validate(url);
    expect(code).toBe(1);
    expect(error.trim()).toBe(
      `🔴 Cannot validate ${url}: give the service's URL without a path, such as http://127.0.0.1:1`,
    );
  },
);

test("--help says how it is used", async () => {
  const { out, error, code } = await validate("--help");
  expect([out, error, code]).toEqual([expect.stringContaining("validate [BASE_URL]"), "", 0]);
});
