/** The maximum number of schedules, pipelines, keys and workflow limits, in total and per caller. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Answer, type Harness, post, startApi } from "../harness.ts";

const MAX = 3;
const KEY = "k".repeat(24);
let api: Harness;
beforeAll(async () => {
  api = await startApi({ stored_max: MAX, api_keys: [KEY] });
});
afterAll(() => api.stop());

const operator = (more: object = {}) => ({ "x-api-key": KEY, ...more });
const send = (path: string, body: unknown, more: object = {}, to = api) => to.ask(path, post(body, operator(more)));
const put = (path: string, body: unknown, more: object = {}, to = api) =>
  to.ask(path, { ...post(body, operator(more)), method: "PUT" });

const job = { workflow: "http", payload: { method: "GET", url: "https://example.com/" } };
const steps = [{ id: "one", uses: "http", with: job.payload }];
const schedule = (name: string) => ({ name, cron: "0 0 1 1 *", job });
const add: Record<string, (name: string, headers?: object, to?: Harness) => Promise<Answer>> = {
  schedules: (name, headers, to) => send("/api/v1/schedules", schedule(name), headers, to),
  pipelines: (name, headers, to) => send("/api/v1/pipelines", { name, format: 1, steps }, headers, to),
  keys: (name, headers, to) => send("/api/v1/keys", { name, scopes: ["jobs:read"] }, headers, to),
  workflow_limits: (name, headers, to) => put(`/api/v1/workflows/${name}/limits`, { concurrency: 2 }, headers, to),
};
const names = (from: string, count: number) => Array.from({ length: count }, (_, index) => `${from}-${index}`);
const isKeyed = (kind: string) => kind !== "workflow_limits";

/** Until the read model knows of room. */
async function eventually(kind: string, name: string): Promise<Answer> {
  const deadline = performance.now() + 10_000;
  while (true) {
    const answer = (await add[kind]?.(name)) as Answer;
    if (answer.status !== 409 || performance.now() > deadline) return answer;
    await Bun.sleep(20);
  }
}

test.each(Object.keys(add))("at most the allowed number of %s exists, however many are added at once", async (kind) => {
  const repeated = isKeyed(kind) ? { "idempotency-key": "first" } : {};
  const first = (await add[kind]?.("first", repeated)) as Answer;
  expect(first.status).toBeLessThan(300);
  const answers = (await Promise.all(names("more", 10).map((name) => add[kind]?.(name)))) as Answer[];
  expect(answers.filter(({ status }) => status < 300)).toHaveLength(MAX - 1);
  const refused = answers.filter(({ status }) => status >= 300);
  expect(new Set(refused.map(({ status, body }) => `${status} ${body.error}`))).toEqual(
    new Set(["409 too_many_stored"]),
  );
  expect(refused[0]?.body.detail).toMatch(/^3 .*; the maximum is 3: .+\.$/);
  // Existing ones get the same response as before, and can be changed.
  const again = (await add[kind]?.("first", repeated)) as Answer;
  expect(again.status).toBe(first.status);
});

test("there is room for a schedule again when one is deleted, and for a key when one is revoked", async () => {
  const schedules = (await api.ask("/api/v1/schedules", { headers: operator() })).body.data;
  const { schedule_id } = schedules[0];
  await api.ask(`/api/v1/schedules/${schedule_id}`, { method: "DELETE", headers: operator() });
  expect((await eventually("schedules", "another")).status).toBe(201);
  const keys = (await api.ask("/api/v1/keys", { headers: operator() })).body.data;
  await api.ask(`/api/v1/keys/${keys[0].key_id}/revoke`, { method: "POST", headers: operator() });
  expect((await eventually("keys", "another")).status).toBe(201);
  expect((await send("/api/v1/keys", { name: "one more", scopes: ["jobs:read"] })).body.error).toBe("too_many_stored");
});

describe("of one caller", () => {
  let shared: Harness;
  const callers: object[] = [];
  beforeAll(async () => {
    shared = await startApi({ stored_max: 10, caller_share: 0.2, api_keys: [KEY] });
    const scopes = ["jobs:read", "jobs:write", "schedules:write", "pipelines:write", "keys:write", "workflows:write"];
    for (const name of ["ada", "bob"]) {
      const answer = await send("/api/v1/keys", { name, scopes, tier: "enterprise" }, {}, shared);
      callers.push({ "x-api-key": answer.body.key });
    }
  });
  afterAll(() => shared.stop());

  test.each([
    ["schedules", "2 schedules are yours; the maximum for one caller is 2: delete one that is not needed."],
    ["pipelines", /^2 pipelines are yours; the maximum for one caller is 2: .+/],
    ["keys", /^2 valid keys were issued by you; the maximum for one caller is 2: .+/],
    ["workflow_limits", /^2 workflows have limits that you set first; the maximum for one caller is 2: .+/],
  ])("%s take a share, and leave the rest to others; the operator may have all", async (kind, detail) => {
    const statuses = async (who: string, headers: object) =>
      (await Promise.all(names(who, 5).map((name) => add[kind]?.(name, headers, shared)))) as Answer[];
    for (const [index, headers] of callers.entries()) {
      const answers = await statuses(`caller-${index}`, headers);
      const refused = answers.filter(({ status }) => status === 409);
      expect([answers.filter(({ status }) => status < 300).length, refused.length]).toEqual([2, 3]);
      expect(refused[0]?.body).toMatchObject({ error: "too_many_stored", detail: expect.stringMatching(detail) });
    }
    // Of keys, two were the operator's before.
    const left = kind === "keys" ? 4 : 5;
    expect((await statuses("operator", {})).filter(({ status }) => status < 300)).toHaveLength(left);
  });
});
