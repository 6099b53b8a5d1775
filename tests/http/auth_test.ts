import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Harness, post, startApi } from "./harness.ts";

const JOB = { workflow: "http", payload: {} };

describe("with keys", () => {
  let api: Harness;
  beforeAll(async () => {
    api = await startApi({ api_keys: ["first-key", "second-key"] });
  });
  afterAll(() => api.stop());

  const withKey = (key: string) => ({ headers: { "x-api-key": key } });

  test("writing, and reading jobs or the state of the service, needs one", async () => {
    const { job_id } = await api.submit({}, { "x-api-key": "first-key" });
    const calls: [string, RequestInit?][] = [
      ["/api/v1/intake", post(JOB)],
      [`/api/v1/_dev/complete/${job_id}`, post({ result: {} })],
      ["/api/v1/jobs"],
      [`/api/v1/status/${job_id}`],
      [`/api/v1/jobs/${job_id}/events`],
      [`/api/v1/jobs/${job_id}/stream`],
      ["/api/v1/jobs/stream"],
      ["/api/v1/jobs/ws"],
      ["/api/v1/ops/health"],
    ];
    for (const [path, init] of calls) {
      for (const key of [undefined, "", "wrong", "first-key,second-key", "FIRST-KEY"]) {
        const headers = { ...(init?.headers as object), ...(key !== undefined && { "x-api-key": key }) };
        const answer = await api.ask(path, { ...init, headers });
        expect([path, answer.status, answer.body.error]).toEqual([path, 401, "unauthorized"]);
        expect(answer.headers.get("www-authenticate")).toBe('ApiKey realm="levqor", Bearer realm="levqor"');
      }
    }
  });

  test("either of two keys is accepted", async () => {
    for (const key of ["first-key", "second-key"]) {
      expect((await api.ask("/api/v1/ops/health", withKey(key))).status).toBe(200);
      expect((await api.ask("/api/v1/jobs", withKey(key))).status).toBe(200);
    }
  });

  test.each([
    ["Bearer first-key", 200],
    ["bearer  second-key", 200],
    ["Bearer wrong", 401],
    ["Bearer first-key second-key", 401],
    ["Bearer", 401],
    ["Basic first-key", 401],
    ["", 401],
  ])("it may be sent as Authorization: %s", async (authorization, status) => {
    expect((await api.ask("/api/v1/jobs", { headers: { authorization } })).status).toBe(status);
  });

  test("health, metrics and documentation are open, even with a wrong key", async () => {
    for (const path of ["/", "/health", "/public/metrics", "/docs", "/docs/json"]) {
      expect((await api.ask(path)).status).toBe(200);
      expect((await api.ask(path, withKey("wrong"))).status).toBe(200);
    }
  });

  test("the event names the key by its fingerprint, and no log line or event contains the key", async () => {
    const { job_id } = await api.submit({}, { "x-api-key": "first-key" });
    await api.ask("/api/v1/jobs", withKey("wrong-secret"));
    const [event] = await api.log.readStream(`job-${job_id}`);
    const fingerprint = new Bun.CryptoHasher("sha256").update("first-key").digest("hex").slice(0, 8);
    expect(JSON.parse(event?.meta_json ?? "").actor).toBe(`key:${fingerprint}`);
    expect(JSON.stringify([event, api.logged])).not.toMatch(/first-key|wrong-secret/);
  });

  test("an Idempotency-Key belongs to the key that used it", async () => {
    const submit = (key: string) => api.submit({}, { "x-api-key": key, "idempotency-key": "shared" });
    const [one, same, other] = [await submit("first-key"), await submit("first-key"), await submit("second-key")];
    expect(same.job_id).toBe(one.job_id);
    expect(other.job_id).not.toBe(one.job_id);
  });

  test("a wrong key is reported before the body is looked at", async () => {
    expect((await api.ask("/api/v1/intake", post("{"))).status).toBe(401);
  });
});

describe("without keys", () => {
  test("everybody may call, and the log says so loudly, once", async () => {
    const api = await startApi();
    await api.submit();
    expect((await api.ask("/api/v1/jobs")).status).toBe(200);
    const warnings = api.logged.filter(({ msg }) => String(msg).includes("DEVELOPMENT MODE"));
    expect(warnings).toEqual([expect.objectContaining({ level: "warn" })]);
    await api.stop();
  });
});

test("in production jobs cannot be completed by hand", async () => {
  const api = await startApi({ api_keys: ["k"], production: true });
  const { job_id } = await api.submit({}, { "x-api-key": "k" });
  const answer = await api.ask(`/api/v1/_dev/complete/${job_id}`, post({ result: {} }, { "x-api-key": "k" }));
  expect([answer.status, answer.body.error]).toEqual([404, "not_found"]);
  const { paths } = (await api.ask("/docs/json")).body;
  expect(Object.keys(paths).filter((path) => path.includes("_dev"))).toEqual([]);
  await api.stop();
});
