import { expect, test } from "bun:test";
import { join } from "node:path";
import { ERROR_CLASSES, isRetryable, retryDelay } from "../../../src/jobs/run/retry.ts";

test("the table has every code of connectors' errors", async () => {
  const folder = join(import.meta.dir, "../../../connectors");
  const codes = new Set<string>();
  for await (const name of new Bun.Glob("*.ts").scan(folder)) {
    const text = await Bun.file(join(folder, name)).text();
    for (const [, code] of text.matchAll(/new ConnectorError\(\s*"(\w+)"/g)) codes.add(code as string);
  }
  expect([...codes]).toContain("unexpected_status");
  for (const code of codes) expect(Object.keys(ERROR_CLASSES)).toContain(code);
});

test("retryable errors are retried, permanent ones are not", () => {
  const error = (code: string, detail?: unknown) => ({ code, message: "", detail });
  expect(isRetryable(error("timeout"))).toBe(true);
  expect(isRetryable(error("invalid_payload"))).toBe(false);
  expect(isRetryable(error("a_code_that_nobody_knows"))).toBe(false);
  for (const status of [408, 425, 429, 500, 502, 503, 504]) {
    expect(isRetryable(error("unexpected_status", { status }))).toBe(true);
  }
  for (const status of [200, 301, 400, 401, 404, 409, 410, 422, 501, 505]) {
    expect(isRetryable(error("unexpected_status", { status }))).toBe(false);
  }
  expect(isRetryable(error("unexpected_status"))).toBe(false);
});

/** The least and the most of many delays. */
function range(...args: Parameters<typeof retryDelay>): [number, number] {
  const delays = Array.from({ length: 500 }, () => retryDelay(...args));
  return [Math.min(...delays), Math.max(...delays)];
}

test("delays grow to their limit, and jitter takes up to a half away", () => {
  for (const [attempts_used, pause] of [
    [0, 1],
    [1, 2],
    [4, 16],
    [20, 300],
    [99, 300],
  ] as const) {
    const [least, most] = range({ backoff: null, attempts_used });
    expect(least).toBeGreaterThanOrEqual(pause / 2);
    expect(least).toBeLessThan(pause * 0.6);
    expect(most).toBeLessThanOrEqual(pause);
    expect(most).toBeGreaterThan(pause * 0.9);
  }
});

test("the job's own delays take precedence over the connector's, field by field", () => {
  const connector = { initial_seconds: 100, factor: 10, max_seconds: 2_000 };
  const [, most] = range({ backoff: { initial_seconds: 10 }, attempts_used: 1 }, { connector });
  expect(most).toBeGreaterThan(90);
  expect(most).toBeLessThanOrEqual(100);
  expect(range({ backoff: { initial_seconds: 0 }, attempts_used: 99 })).toEqual([0, 0]);
});

test("Retry-After is a minimum, of a day at most", () => {
  expect(range({ backoff: null, attempts_used: 0 }, { retry_after: 60 })).toEqual([60, 60]);
  expect(range({ backoff: null, attempts_used: 0 }, { retry_after: 1e9 })).toEqual([86_400, 86_400]);
  const [least] = range({ backoff: null, attempts_used: 20 }, { retry_after: 60 });
  expect(least).toBeGreaterThanOrEqual(150);
});
