import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Harness, startApi } from "../http/harness.ts";
import { recordAt } from "../support/events.ts";

const SCRIPT = new URL("../../scripts/ops_summary.ts", import.meta.url).pathname;
const key = { "x-api-key": "the-operators-own-key" };

let api: Harness;
beforeAll(async () => {
  api = await startApi({ api_keys: [key["x-api-key"]], timing: { read_model_wait_ms: 15_000 } });
  const started = { type: "service.started", data: { version: "1", build: "b", role: "all" } };
  await recordAt(api.admin_url, [["2026-01-15T12:00:00Z", `service-${crypto.randomUUID()}`, started]]);
});
afterAll(() => api.stop());

async function run(...args: string[]) {
  const child = Bun.spawn([process.execPath, SCRIPT, ...args], {
    env: { PATH: process.env.PATH, DATABASE_URL: api.database_url },
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

test("prints what the API shows, in each form", async () => {
  const asked = async (format: string) =>
    await api.ask(`/api/v1/ops/summary?date=2026-01-15&format=${format}`, { headers: key });
  const [json, html] = [await asked("json"), await asked("html")];
  const printed = await run("--date", "2026-01-15", "--format", "json");
  expect([printed.err, printed.code, JSON.parse(printed.out)]).toEqual(["", 0, json.body]);
  expect((await run("--date", "2026-01-15", "--format", "html")).out).toBe(`${html.text}\n`);
  const text = await run("--period", "week", "--date", "2026-01-15");
  expect(text.out).toContain(
    "From 2026-01-12T00:00:00.000Z to 2026-01-19T00:00:00.000Z, as of position 1 of the event log.",
  );
  expect(text.out).toContain("Cost: not available | job costs are not recorded yet");
});

test.each([
  [["--period", "month"], "--period must be day or week, not month"],
  [["--format", "pdf"], "--format must be text, html or json, not pdf"],
  [["--date", "2026-01-15", "--date", "2026-01-16"], "Option '--date' is given more than once"],
  [["--date", "2026-02-30"], "--date must be a day that exists, 1970-01-05 or later"],
  [["--date", "9999-12-30"], "is not over"],
  [["--day"], "--day"],
])("refuses %p", async (args, message) => {
  const { code, err } = await run(...args);
  expect([code, err]).toEqual([2, expect.stringContaining(message)]);
});
