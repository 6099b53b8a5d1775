import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { environmentOf } from "../../../src/access/key_text.ts";
import { type Answer, type Harness, post, startApi } from "../../http/harness.ts";
import { eventually } from "../../support/service.ts";

const OPERATOR = "the-operators-own-key";
const KEYS = "/api/v1/keys";

let api: Harness;
beforeAll(async () => {
  api = await startApi({ api_keys: [OPERATOR], production: true });
});
afterAll(() => api.stop());

const send = (path: string, body: unknown, key = OPERATOR, more: Record<string, string> = {}) =>
  api.ask(path, post(body, { "x-api-key": key, ...more }));
const ask = (path: string, key = OPERATOR) => api.ask(path, { headers: { "x-api-key": key } });

interface Issued {
  readonly key: string;
  readonly key_id: string;
}
async function issue(more: object = {}, by = OPERATOR): Promise<Issued & Answer["body"]> {
  const answer = await send(KEYS, { name: "Test", scopes: ["jobs:read"], ...more }, by);
  if (answer.status !== 201) throw new Error(`The creation answered ${answer.status}: ${answer.text}`);
  return answer.body;
}
const rotate = (key_id: string, body: object = {}, more: Record<string, string> = {}) =>
  send(`${KEYS}/${key_id}/rotate`, body, OPERATOR, more);
const refusalOf = ({ status, body }: Answer) => [status, body.error];

describe("a key that is issued", () => {
  test("may expire as late as the latest valid time, and its read model stores it", async () => {
    const { key_id } = await issue({ expires_at: "9999-12-31T23:59:59.999Z" });
    await rotate(key_id, { overlap_seconds: 2_592_000, expires_at: "9999-12-31T23:59:59+14:00" });
    expect((await ask(`${KEYS}/${key_id}`)).body.expires_at).toBe("9999-12-31T09:59:59.000Z");
    await eventually(async () => {
      const { body } = await ask(KEYS);
      const listed = body.data?.find((key: { key_id: string }) => key.key_id === key_id);
      return listed?.expires_at === "9999-12-31T09:59:59Z";
    });
  });

  test("is accepted at once, for what its scopes allow and nothing else", async () => {
    const { key, key_id } = await issue({ scopes: ["jobs:read", "ops:read"] });
    expect((await ask("/api/v1/jobs", key)).status).toBe(200);
    expect((await ask("/api/v1/ops/health", key)).status).toBe(200);
    expect((await api.ask("/api/v1/jobs", { headers: { authorization: `Bearer ${key}` } })).status).toBe(200);
    const refused = await send("/api/v1/intake", { workflow: "http", payload: {} }, key);
    expect(refusalOf(refused)).toEqual([403, "insufficient_scope"]);
    expect(refused.body.required_scope).toBe("jobs:write");
    expect(refused.headers.get("www-authenticate")).toBe(
      'Bearer realm="levqor", error="insufficient_scope", scope="jobs:write"',
    );
    expect(refusalOf(await ask(`${KEYS}/${key_id}`, key))).toEqual([403, "insufficient_scope"]);
  });

  test("is a live key in production, and shown with its grants", async () => {
    const expires_at = "2099-01-01T01:00:00+01:00";
    const issued = await issue({
      name: "Billing",
      scopes: ["jobs:read"],
      workflows: ["http"],
      tier: "pro",
      expires_at,
    });
    const { key, ...rest } = issued;
    expect(environmentOf(key)).toBe("live");
    expect(rest).toEqual({
      key_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: "Billing",
      environment: "live",
      prefix: key.slice(0, 13),
      scopes: ["jobs:read"],
      workflows: ["http"],
      tier: "pro",
      status: "active",
      created_by: `key:${createHash("sha256").update(OPERATOR).digest("hex").slice(0, 8)}`,
      created_at: expect.stringMatching(/Z$/),
      expires_at: "2099-01-01T00:00:00.000Z",
      rotated_at: null,
      overlap_ends_at: null,
      revoked_at: null,
      last_used_at: null,
    });
    expect((await ask(`${KEYS}/${issued.key_id}`)).body).toEqual(rest);
    const found = await eventually(async () => {
      const { data } = (await ask(KEYS)).body;
      return data?.find(({ key_id }: Issued) => key_id === issued.key_id);
    });
    const { created_at, ...listed } = found;
    expect(listed).toEqual({ ...rest, created_at: undefined, expires_at: "2099-01-01T00:00:00Z" });
    expect(Date.parse(created_at)).toBe(Date.parse(rest.created_at));
  });

  test("is named in events by its id", async () => {
    const { key, key_id } = await issue({ scopes: ["jobs:write"] });
    const { body } = await send("/api/v1/intake", { workflow: "http", payload: {} }, key);
    const [submitted] = await api.log.readStream(`job-${body.job_id}`);
    expect(JSON.parse(submitted?.meta_json ?? "").actor).toBe(`key:${key_id}`);
  });

  test("shows when it was last used", async () => {
    const { key, key_id } = await issue();
    const before = Date.now();
    expect((await ask("/api/v1/jobs", key)).status).toBe(200);
    const used = await eventually(async () => (await ask(`${KEYS}/${key_id}`)).body.last_used_at);
    expect(Date.parse(used)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(used)).toBeLessThanOrEqual(Date.now());
  });

  test.each([
    [{ name: "" }, "/name"],
    [{ name: "x".repeat(129) }, "/name"],
    [{ name: `of lvq_live_${"a".repeat(38)}` }, "/name"],
    [{ scopes: [] }, "/scopes"],
    [{ scopes: ["jobs:all"] }, "/scopes/0"],
    [{ scopes: ["jobs:read", "jobs:read"] }, "/scopes"],
    [{ workflows: [] }, "/workflows"],
    [{ tier: "platinum" }, "/tier"],
    [{ tier: "toString" }, "/tier"],
    [{ expires_at: "2020-01-01T00:00:00Z" }, "/expires_at"],
    [{ expires_at: "tomorrow" }, "/expires_at"],
    [{ expires_at: "2099-02-29T00:00:00Z" }, "/expires_at"],
    [{ expires_at: "2099-01-01T00:00:00" }, "/expires_at"],
    [{ expires_at: "9999-12-31T23:59:59-14:00" }, "/expires_at"],
    [{ expires_at: "0000-01-01T00:00:00Z" }, "/expires_at"],
    [{ environment: "test" }, "/environment"],
  ])("is rejected if it is invalid: %p", async (more, pointer) => {
    const answer = await send(KEYS, { name: "Test", scopes: ["jobs:read"], ...more });
    expect(refusalOf(answer)).toEqual([422, "validation_failed"]);
    expect(answer.body.errors[0].pointer).toBe(pointer);
  });
});

describe("a key can give no more than it has", () => {
  test.each([
    ["scopes", { scopes: ["jobs:write"] }],
    ["scopes", { scopes: ["keys:write", "ops:read"] }],
    ["workflows", { workflows: null }],
    ["workflows", { workflows: ["http", "other"] }],
    ["tier", { tier: "enterprise" }],
    ["expires_at", { expires_at: null }],
    ["expires_at", { expires_at: "2099-01-01T00:00:00.001Z" }],
  ])("in its %s: %p", async (member, more) => {
    const expires_at = "2099-01-01T00:00:00Z";
    const own = { workflows: ["http"], tier: "pro", expires_at };
    const { key } = await issue({ scopes: ["keys:write", "jobs:read"], ...own });
    const answer = await send(KEYS, { name: "Test", scopes: ["jobs:read"], ...own, ...more }, key);
    expect(refusalOf(answer)).toEqual([403, "grant_exceeded"]);
    expect(answer.body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual([`/${member}`]);
    expect((await issue({ scopes: ["keys:write", "jobs:read"], ...own }, key)).status).toBe("active");
  });

  test("nor be rotated by one with fewer permissions: rotating a key reveals its secret", async () => {
    const { key_id } = await issue({ scopes: ["jobs:write"] });
    const { key, key_id: own } = await issue({ scopes: ["keys:write", "jobs:read"] });
    expect(refusalOf(await send(`${KEYS}/${key_id}/rotate`, {}, key))).toEqual([403, "grant_exceeded"]);
    expect((await send(`${KEYS}/${own}/rotate`, {}, key)).status).toBe(200);
  });
});

describe("a repetition", () => {
  test("of a creation is answered without the key, and creates none", async () => {
    const more = { "idempotency-key": crypto.randomUUID() };
    const body = { name: "Once", scopes: ["jobs:read"] };
    const first = await send(KEYS, body, OPERATOR, more);
    const again = await send(KEYS, body, OPERATOR, more);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(first.body.key).toBeString();
    expect(again.body).toEqual({ ...first.body, key: null });
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    const other = await send(KEYS, { ...body, name: "Twice" }, OPERATOR, more);
    expect(refusalOf(other)).toEqual([422, "idempotency_key_reused"]);
    expect((await ask("/api/v1/jobs", first.body.key)).status).toBe(200);
  });

  test("of a rotation is answered without the key, and rotates nothing", async () => {
    const { key_id } = await issue();
    const more = { "idempotency-key": crypto.randomUUID() };
    const first = await rotate(key_id, { overlap_seconds: 60 }, more);
    const again = await rotate(key_id, { overlap_seconds: 60 }, more);
    expect(again.body).toEqual({ ...first.body, key: null });
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(refusalOf(await rotate(key_id, {}, more))).toEqual([422, "idempotency_key_reused"]);
    expect(await api.log.readStream(`key-${key_id}`)).toHaveLength(2);
  });

  test("is answered as the first time, even if the key was rotated or revoked since", async () => {
    const [created, rotated] = [crypto.randomUUID(), crypto.randomUUID()].map((key) => ({ "idempotency-key": key }));
    const body = { name: "Once", scopes: ["jobs:read"] };
    const creation = await send(KEYS, body, OPERATOR, created);
    const { key_id } = creation.body;
    const rotation = await rotate(key_id, { overlap_seconds: 60 }, rotated);
    await rotate(key_id, { overlap_seconds: 0 });
    await send(`${KEYS}/${key_id}/revoke`, {}, OPERATOR);
    expect((await send(KEYS, body, OPERATOR, created)).body).toEqual({ ...creation.body, key: null });
    expect((await rotate(key_id, { overlap_seconds: 60 }, rotated)).body).toEqual({ ...rotation.body, key: null });
    expect((await ask(`${KEYS}/${key_id}`)).body.status).toBe("revoked");
  });
});

describe("a repetition after the key has expired", () => {
  const newKey = () => ({ "idempotency-key": crypto.randomUUID() });
  let [created, rotated] = [newKey(), newKey()];
  let body: { name: string; scopes: string[]; expires_at: string };
  let creation: Answer;
  let rotation: Answer;
  const turn = { overlap_seconds: 60, expires_at: "" };
  beforeAll(async () => {
    // However slow the machine is, both must come before the expiry.
    for (let seconds = 2; rotation?.status !== 200; seconds *= 2) {
      expect(seconds).toBeLessThan(60);
      const expires_at = new Date(Date.now() + seconds * 1000).toISOString().replace("Z", "+00:00");
      body = { name: "Short", scopes: ["jobs:read"], expires_at };
      turn.expires_at = expires_at;
      [created, rotated] = [newKey(), newKey()];
      creation = await send(KEYS, body, OPERATOR, created);
      rotation = await rotate(creation.body.key_id, turn, rotated);
    }
    await eventually(async () => (await ask(`${KEYS}/${creation.body.key_id}`)).body.status === "expired");
  });

  test("is answered as the first time, without the key", async () => {
    const again = await send(KEYS, body, OPERATOR, created);
    expect([again.status, again.body]).toEqual([201, { ...creation.body, key: null }]);
    const turned = await rotate(creation.body.key_id, turn, rotated);
    expect([turned.status, turned.body]).toEqual([200, { ...rotation.body, key: null }]);
    expect(await api.log.readStream(`key-${creation.body.key_id}`)).toHaveLength(2);
  });

  test("with another body is still rejected", async () => {
    const reused = [422, "idempotency_key_reused"];
    expect(refusalOf(await send(KEYS, { ...body, name: "Other" }, OPERATOR, created))).toEqual(reused);
    expect(refusalOf(await rotate(creation.body.key_id, { ...turn, overlap_seconds: 61 }, rotated))).toEqual(reused);
  });

  test("is checked as a new request under another Idempotency-Key, or by another caller", async () => {
    const other = { "idempotency-key": crypto.randomUUID() };
    for (const answer of [await send(KEYS, body, OPERATOR, other), await rotate(creation.body.key_id, turn, other)]) {
      expect(refusalOf(answer)).toEqual([422, "validation_failed"]);
      expect(answer.body.errors).toEqual([{ pointer: "/expires_at", message: "must be in the future" }]);
    }
    const issuer = await issue({ scopes: ["keys:write", "jobs:read"] });
    expect(refusalOf(await send(KEYS, body, issuer.key, created))).toEqual([422, "validation_failed"]);
    const reader = await issue();
    expect(refusalOf(await send(KEYS, body, reader.key, created))).toEqual([403, "insufficient_scope"]);
  });
});

describe("a rotation", () => {
  test("gives a new secret, while the old one is valid for the overlap", async () => {
    const { key, key_id } = await issue();
    const { body } = await rotate(key_id, { overlap_seconds: 2 });
    const ends = Date.parse(body.overlap_ends_at);
    expect(body.key).not.toBe(key);
    expect(body.prefix).toBe(body.key.slice(0, 13));
    expect((await ask("/api/v1/jobs", body.key)).status).toBe(200);
    await eventually(async () => (await ask("/api/v1/jobs", key)).status === 401);
    expect(Date.now()).toBeGreaterThanOrEqual(ends);
    expect((await ask("/api/v1/jobs", key)).body.detail).toBe("The key was replaced by a newer one.");
    expect((await ask("/api/v1/jobs", body.key)).status).toBe(200);
    expect((await ask(`${KEYS}/${key_id}`)).body.overlap_ends_at).toBeNull();
  });

  test("without overlap ends the old one at once, and keeps the key's identity", async () => {
    const { key, key_id } = await issue({ scopes: ["jobs:write"] });
    const job = { workflow: "http", payload: {} };
    const more = { "idempotency-key": crypto.randomUUID() };
    const before = await send("/api/v1/intake", job, key, more);
    const { body } = await rotate(key_id, { overlap_seconds: 0 });
    const after = await send("/api/v1/intake", job, body.key, more);
    expect(after.body).toEqual(before.body);
    await eventually(async () => (await ask("/api/v1/jobs", key)).status === 401);
  });

  test("has limits", async () => {
    const { key_id } = await issue();
    for (const overlap_seconds of [-1, 0.5, 2_592_001, "1"]) {
      expect(refusalOf(await rotate(key_id, { overlap_seconds }))).toEqual([422, "validation_failed"]);
    }
    expect((await rotate(key_id, { overlap_seconds: 2_592_000 })).status).toBe(200);
    for (let i = 0; i < 3; i++) expect((await rotate(key_id)).status).toBe(200);
    const fifth = await rotate(key_id);
    expect(refusalOf(fifth)).toEqual([409, "conflict"]);
    expect(fifth.body.detail).toContain("5 of its secrets are valid");
    const nobody = crypto.randomUUID();
    expect(refusalOf(await rotate(nobody))).toEqual([404, "key_not_found"]);
    expect(refusalOf(await rotate("42"))).toEqual([400, "invalid_key_id"]);
  });
});

describe("a revocation", () => {
  test("ends the key with all its secrets, and gives the same response when repeated", async () => {
    const { key, key_id } = await issue();
    const { body } = await rotate(key_id);
    const revoked = await send(`${KEYS}/${key_id}/revoke`, { reason: "Found in a repository." });
    expect(revoked.body).toMatchObject({ key_id, status: "revoked", revoked_at: expect.any(String) });
    for (const secret of [key, body.key]) {
      await eventually(async () => (await ask("/api/v1/jobs", secret)).status === 401);
      expect((await ask("/api/v1/jobs", secret)).body.detail).toBe("The key is revoked.");
    }
    const again = await api.ask(`${KEYS}/${key_id}/revoke`, { method: "POST", headers: { "x-api-key": OPERATOR } });
    expect([again.status, again.body.revoked_at]).toEqual([200, revoked.body.revoked_at]);
    expect(refusalOf(await rotate(key_id))).toEqual([409, "conflict"]);
    expect(refusalOf(await send(`${KEYS}/${crypto.randomUUID()}/revoke`, {}))).toEqual([404, "key_not_found"]);
  });
});

describe("an invalid credential", () => {
  const wrong = async (key: string) => {
    const { status, body } = await ask("/api/v1/jobs", key);
    return [status, body.detail];
  };

  test("is distinguished from a damaged key, and from one of another environment", async () => {
    const { key } = await issue();
    expect(await wrong(`${key.slice(0, -1)}${key.endsWith("x") ? "y" : "x"}`)).toEqual([
      401,
      "The key is damaged: its checksum, the last 6 characters, is wrong. Was it copied completely?",
    ]);
    const elsewhere = await startApi({ api_keys: [OPERATOR] });
    const made = await elsewhere.ask(KEYS, post({ name: "T", scopes: ["jobs:read"] }, { "x-api-key": OPERATOR }));
    await elsewhere.stop();
    expect(environmentOf(made.body.key)).toBe("test");
    expect(await wrong(made.body.key)).toEqual([401, "The key is a test key; this service accepts live keys."]);
  });
});

test("no secret is in the log, in any other response, or in what the service prints", async () => {
  const issued = await issue({ name: "Searched" });
  const secrets = [issued.key, (await rotate(issued.key_id)).body.key];
  await send(`${KEYS}/${issued.key_id}/rotate`, { overlap_seconds: secrets[0] });
  await send(KEYS, { name: secrets[0], scopes: ["jobs:read"] });
  await send(`${KEYS}/${issued.key_id}/revoke`, { reason: `It is ${secrets[1]}` });
  await ask(`${KEYS}/${secrets[0]}`);
  const told = [await ask(KEYS), await ask(`${KEYS}/${issued.key_id}`)].map(({ text }) => text);
  const events = await api.log.readCategory("key");
  const rows = await api.sql`select * from levqor_read.keys`;
  const everything = JSON.stringify([told, events, rows, api.logged]);
  for (const secret of secrets) expect(everything).not.toContain(secret.slice("lvq_live_1234".length));
});

test("the list is paged, newest first, and can include one's own write", async () => {
  for (let i = 0; i < 3; i++) await issue({ name: `Page ${i}` });
  const position = (await send(KEYS, { name: "Page 3", scopes: ["jobs:read"] })).headers.get("levqor-position") ?? "";
  const headers = { "x-api-key": OPERATOR, "levqor-min-position": position };
  const first = (await api.ask(`${KEYS}?limit=2`, { headers })).body;
  const second = (await api.ask(`${KEYS}?limit=2&cursor=${first.next_cursor}`, { headers })).body;
  const names = [...first.data, ...second.data].map(({ name }: { name: string }) => name);
  expect(names).toEqual(["Page 3", "Page 2", "Page 1", "Page 0"]);
});

describe("in development, where everybody may do everything", () => {
  test("an issued key limits its holder nevertheless, so that it can be tested", async () => {
    const open = await startApi();
    const { body } = await open.ask(KEYS, post({ name: "T", scopes: ["jobs:read"], tier: "enterprise" }));
    const read = (key: string) => open.ask("/api/v1/jobs", { headers: { "x-api-key": key } });
    expect((await read(body.key)).status).toBe(200);
    const refused = await open.ask("/api/v1/ops/health", { headers: { "x-api-key": body.key } });
    expect(refusalOf(refused)).toEqual([403, "insufficient_scope"]);
    expect((await read("anything else")).status).toBe(200);
    await open.ask(`${KEYS}/${body.key_id}/revoke`, { method: "POST" });
    await eventually(async () => (await read(body.key)).status === 401);
    await open.stop();
  });
});

describe("a key that is limited to some workflows", () => {
  let key: string;
  beforeAll(async () => {
    const scopes = ["jobs:write", "schedules:write", "pipelines:write", "workflows:write", "workers:write"];
    ({ key } = await issue({ scopes, workflows: ["mine", "http"] }));
  });

  const steps = (uses: string) => [{ id: "one", uses, with: { url: "https://example.com/" } }];
  const name = () => `mine-${crypto.randomUUID()}`;

  test("may use those", async () => {
    const job = { workflow: "mine", payload: {} };
    const calls: [string, object, number][] = [
      ["/api/v1/intake", job, 202],
      ["/api/v1/intake", { workflow: "http", payload: {}, steps: steps("http") }, 202],
      ["/api/v1/schedules", { name: "Mine", cron: "0 0 1 1 *", job }, 201],
      ["/api/v1/workers/claim", { worker: "w", workflows: ["mine"], wait_seconds: 0 }, 200],
      ["/api/v1/jobs/replay", { filter: { workflow: "mine" } }, 200],
      ["/api/v1/jobs/replay", { filter: { status: "failed" } }, 200],
    ];
    for (const [path, body, status] of calls) {
      expect([path, (await send(path, body, key)).status]).toEqual([path, status]);
    }
  });

  test("may use no others, neither directly nor through what submits them", async () => {
    const job = { workflow: "other", payload: {} };
    const calls: [string, object][] = [
      ["/api/v1/intake", job],
      ["/api/v1/intake", { workflow: "mine", payload: {}, steps: steps("other") }],
      ["/api/v1/jobs/replay", { filter: { workflow: "other" } }],
      ["/api/v1/jobs/cancel", { filter: { workflow: "other" } }],
      ["/api/v1/schedules", { name: "Other", cron: "0 0 1 1 *", job }],
      ["/api/v1/workers/claim", { worker: "w", workflows: ["mine", "other"], wait_seconds: 0 }],
      ["/api/v1/pipelines", { name: name(), format: 1, steps: steps("http") }],
    ];
    for (const [path, body] of calls) {
      expect([path, ...refusalOf(await send(path, body, key))]).toEqual([path, 403, "workflow_not_allowed"]);
    }
    const put = (path: string, body: object) =>
      api.ask(path, { ...post(body, { "x-api-key": key, "if-match": "*" }), method: "PUT" });
    expect(refusalOf(await put("/api/v1/workflows/other/limits", { concurrency: 1 }))[0]).toBe(403);
    expect(refusalOf(await put(`/api/v1/pipelines/${name()}`, { format: 1, steps: steps("http") }))[0]).toBe(403);
    expect(refusalOf(await put("/api/v1/pipelines/mine", { format: 1, steps: steps("other") }))[0]).toBe(403);
  });
});
