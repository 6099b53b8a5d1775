import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { decode } from "../../../events/mod.ts";
import { type Harness, post, startApi } from "../../http/harness.ts";

const operator = { "x-api-key": "the-operators-own-key" };
const ROUTE = "/api/v1/errors";
const error = { source: "web", type: "TypeError", message: "x is undefined" };

let api: Harness;
beforeAll(async () => {
  api = await startApi({ api_keys: [operator["x-api-key"]], cors_origins: ["https://app.example.com"] });
});
afterAll(() => api.stop());

describe("POST /api/v1/errors", () => {
  test("records an error for anybody, without what identifies a person", async () => {
    const headers = { "user-agent": "Mozilla/5.0 (secret)", "x-forwarded-for": "203.0.113.7" };
    const body = { ...error, message: "jane@example.com is gone", url: "https://app.example.com/a?token=b" };
    const { status, body: answer, headers: answered } = await api.ask(ROUTE, post(body, headers));
    expect(status).toBe(202);
    expect(answer).toEqual({ error_id: expect.stringMatching(/^[0-9a-f]{32}$/), status: "recorded" });
    const [stored] = await api.log.readStream(`error-${answer.error_id}`);
    if (!stored) throw new Error("Nothing is recorded");
    expect(Number(answered.get("levqor-position"))).toBe(stored.position);
    expect(decode(stored)).toMatchObject({
      type: "error.reported",
      data: { ...error, message: "[email] is gone", url: "https://app.example.com/a", reports: 1, streak: 1 },
      meta: { actor: "anonymous", request_id: expect.any(String) },
    });
    expect(stored.data_json + stored.meta_json).not.toMatch(/Mozilla|203\.0|127\.0|jane|token/);
  });

  test("keeps no e-mail address, whatever field it is in", async () => {
    const address = "jane@example.com";
    const { body } = await api.ask(
      ROUTE,
      post({
        source: "web",
        type: address,
        message: address,
        stack: `Error: ${address}\n    at ${address} (https://app.example.com/${address}.js:1:2)`,
        url: `https://${address}/${address}`,
        fingerprint: address,
      }),
    );
    const [stored] = await api.log.readStream(`error-${body.error_id}`);
    expect(stored?.data_json).toBeString();
    expect(stored?.data_json).not.toContain("jane");
  });

  test("counts the next reports of the same", async () => {
    const first = await api.ask(ROUTE, post({ ...error, message: "again" }));
    const second = await api.ask(ROUTE, post({ ...error, message: "again" }));
    expect(second.body).toEqual({ error_id: first.body.error_id, status: "counted" });
    expect(second.headers.has("levqor-position")).toBe(false);
  });

  test("may be called from pages of the origins that are allowed", async () => {
    const origin = "https://app.example.com";
    const preflight = await api.ask(ROUTE, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "content-type" },
    });
    expect([preflight.status, preflight.headers.get("access-control-allow-origin")]).toEqual([204, origin]);
    const reported = await api.ask(ROUTE, post({ ...error, message: "from a page" }, { origin }));
    expect([reported.status, reported.headers.get("access-control-allow-origin")]).toEqual([202, origin]);
  });

  test.each<[string, object, string]>([
    ["no source", { message: "x" }, "/source"],
    ["a source of 65 characters", { ...error, source: "x".repeat(65) }, "/source"],
    ["a source with spaces", { ...error, source: "my app" }, "/source"],
    ["a source that is an e-mail address", { ...error, source: "jane@example.com" }, "/source"],
    ["a release that is one", { ...error, release: "jane@example.com" }, "/release"],
    ["a source that is an IP address", { ...error, source: "192.168.1.1" }, "/source"],
    ["a source with an IP address", { ...error, source: "peer10.0.0.1" }, "/source"],
    ["a source that is a token", { ...error, source: `ghp_${"qWpLxRmZtBnKvCsD".repeat(2)}` }, "/source"],
    ["a release that is a token", { ...error, release: `ghp_${"qWpLxRmZtBnKvCsD".repeat(2)}` }, "/release"],
    ["an environment that is an access key", { ...error, environment: "AKIAIOSFODNN7EXAMPLE" }, "/environment"],
    ["an environment with an IP address", { ...error, environment: "host-10.0.0.1" }, "/environment"],
    ["an environment that is one", { ...error, environment: "jane@example.com" }, "/environment"],
    ["a phone number as environment", { ...error, environment: "+49 151 23456789" }, "/environment"],
    ["no message", { source: "web" }, "/message"],
    ["a message of 4,001 characters", { ...error, message: "x".repeat(4_001) }, "/message"],
    ["a stack of 32,001 characters", { ...error, stack: "x".repeat(32_001) }, "/stack"],
    ["a type of 129 characters", { ...error, type: "x".repeat(129) }, "/type"],
    ["a url of 2,049 characters", { ...error, url: "x".repeat(2_049) }, "/url"],
    ["a release of 65 characters", { ...error, release: "x".repeat(65) }, "/release"],
    ["a fingerprint of 129 characters", { ...error, fingerprint: "x".repeat(129) }, "/fingerprint"],
    ["what is not known", { ...error, user: "jane" }, "/user"],
  ])("refuses %s", async (_, body, pointer) => {
    const answer = await api.ask(ROUTE, post(body));
    expect(answer.body).toMatchObject({ error: "validation_failed", errors: [{ pointer }] });
  });

  test("accepts values at the limits", async () => {
    const most = {
      source: "x".repeat(64),
      type: "x".repeat(128),
      message: "😀".repeat(4_000),
      stack: "x".repeat(32_000),
    };
    const rest = {
      url: "x".repeat(2_048),
      release: "x".repeat(64),
      environment: "x".repeat(64),
      fingerprint: "x".repeat(128),
    };
    expect((await api.ask(ROUTE, post({ ...most, ...rest }))).status).toBe(202);
  });
});

describe("GET /api/v1/errors", () => {
  /** Reports an error; gives its id, and headers that read no earlier. */
  async function reported(body: object) {
    const answer = await api.ask(ROUTE, post({ ...error, ...body }));
    expect(answer.body.status).toBe("recorded");
    const headers = { ...operator, "levqor-min-position": answer.headers.get("levqor-position") as string };
    return { error_id: answer.body.error_id as string, headers };
  }
  const ids = async (query: string, headers: Record<string, string>) =>
    (await api.ask(ROUTE + query, { headers })).body.data.map((each: { error_id: string }) => each.error_id);

  test("lists groups in pages, the latest first", async () => {
    const first = await reported({ message: "first", source: "list" });
    const second = await reported({ message: "second", source: "list", release: "2" });
    const page = await api.ask(`${ROUTE}?source=list&limit=1`, { headers: second.headers });
    expect(page.body).toMatchObject({
      data: [
        {
          error_id: second.error_id,
          source: "list",
          status: "open",
          type: "TypeError",
          message: "second",
          release: "2",
          environment: null,
          reports: 1,
        },
      ],
      has_more: true,
    });
    expect(await ids(`?source=list&limit=1&cursor=${page.body.next_cursor}`, operator)).toEqual([first.error_id]);
  });

  test("filters by source, status and time", async () => {
    const { error_id, headers } = await reported({ source: "filtered" });
    const [group] = (await api.ask(`${ROUTE}?source=filtered`, { headers })).body.data;
    const since = encodeURIComponent(group.last_seen_at);
    expect(await ids("?source=filtered&status=open", operator)).toEqual([error_id]);
    expect(await ids("?source=nobody", operator)).toEqual([]);
    expect(await ids(`?source=filtered&since=${since}`, operator)).toEqual([error_id]);
    expect(await ids("?since=9999-01-01T00:00:00Z", operator)).toEqual([]);
  });

  test.each(["?status=gone", "?since=yesterday", "?source=", "?limit=0", "?other=1"])("refuses %s", async (query) => {
    const answer = await api.ask(ROUTE + query, { headers: operator });
    expect(answer.body).toMatchObject({ error: "validation_failed" });
  });

  test("is for keys with the scope errors:read", async () => {
    expect((await api.ask(ROUTE)).body.error).toBe("unauthorized");
    const made = async (scope: string) => {
      const key = await api.ask("/api/v1/keys", post({ name: scope, scopes: [scope] }, operator));
      return (await api.ask(ROUTE, { headers: { "x-api-key": key.body.key } })).status;
    };
    expect([await made("errors:read"), await made("ops:read")]).toEqual([200, 403]);
  });
});

describe("GET /api/v1/errors/:error_id", () => {
  test("shows the newest recorded report, at once", async () => {
    const stack = "TypeError: x\n    at render (https://app.example.com/app.js:4:12)";
    const body = { ...error, source: "one", stack, url: "https://app.example.com/jobs?x=1", environment: "test" };
    const { error_id } = (await api.ask(ROUTE, post(body))).body;
    const { status, body: group } = await api.ask(`${ROUTE}/${error_id}`, { headers: operator });
    expect(status).toBe(200);
    expect(group).toEqual({
      ...{ error_id, source: "one", status: "open", type: "TypeError", message: "x is undefined" },
      ...{ release: null, environment: "test", url: "https://app.example.com/jobs", reports: 1, events: 1 },
      resolved_at: null,
      frames: [{ function: "render", file: "https://app.example.com/app.js", line: 4, column: 12 }],
      first_seen_at: group.last_seen_at,
      last_seen_at: expect.stringContaining("Z"),
    });
  });

  test.each(["0".repeat(32), "no-id", "%F0%9F%98%80", "%00"])("finds none under %s", async (id) => {
    expect((await api.ask(`${ROUTE}/${id}`, { headers: operator })).body.error).toBe("error_not_found");
  });
});

describe("POST /api/v1/errors/:error_id/resolve", () => {
  const resolve = (id: string, headers: Record<string, string> = operator) =>
    api.ask(`${ROUTE}/${id}/resolve`, { method: "POST", headers });
  const group = async (id: string) => (await api.ask(`${ROUTE}/${id}`, { headers: operator })).body;

  test("resolves an error, which is open again when it is reported again", async () => {
    const body = { ...error, source: "resolved" };
    const { error_id } = (await api.ask(ROUTE, post(body))).body;
    const resolved = await resolve(error_id);
    expect([resolved.status, resolved.body]).toEqual([200, { error_id, status: "resolved" }]);
    expect(resolved.headers.get("levqor-position")).toMatch(/^\d+$/);
    const { status, resolved_at } = await group(error_id);
    expect([status, resolved_at]).toEqual(["resolved", expect.stringContaining("Z")]);
    const open = await api.ask(`${ROUTE}?source=resolved&status=open`, { headers: operator });
    expect(open.body.data).toEqual([]);

    expect((await api.ask(ROUTE, post(body))).body).toEqual({ error_id, status: "recorded" });
    expect(await group(error_id)).toMatchObject({ status: "open", resolved_at, reports: 2 });
  });

  test("changes nothing if it is already resolved", async () => {
    const { error_id } = (await api.ask(ROUTE, post({ ...error, source: "twice" }))).body;
    await resolve(error_id);
    const again = await resolve(error_id);
    expect([again.status, again.headers.has("levqor-position")]).toEqual([200, false]);
    expect(await api.log.readStream(`error-${error_id}`)).toHaveLength(2);
  });

  test("finds none that was never reported", async () => {
    for (const id of ["0".repeat(32), "no-id", "%00"]) expect((await resolve(id)).body.error).toBe("error_not_found");
  });

  test("is for keys with the scope errors:write", async () => {
    const { error_id } = (await api.ask(ROUTE, post({ ...error, source: "keys" }))).body;
    const key = await api.ask("/api/v1/keys", post({ name: "reader", scopes: ["errors:read"] }, operator));
    expect((await resolve(error_id, { "x-api-key": key.body.key })).body.error).toBe("insufficient_scope");
    expect((await resolve(error_id, {})).body.error).toBe("unauthorized");
  });
});

describe("GET /api/v1/errors/health", () => {
  test("counts groups, as of a position", async () => {
    const own = await startApi();
    const none = await own.ask(`${ROUTE}/health`);
    expect(none.body).toEqual({ ok: true, position: expect.any(Number), open: 0, resolved: 0, last_seen_at: null });
    const { error_id } = (await own.ask(ROUTE, post(error))).body;
    const { headers } = await own.ask(ROUTE, post({ ...error, source: "other" }));
    await own.ask(`${ROUTE}/${error_id}/resolve`, { method: "POST" });
    await own.ask(`${ROUTE}/${error_id}`);
    const { body } = await own.ask(`${ROUTE}/health?cache=1`);
    expect(body).toMatchObject({ ok: true, open: 1, resolved: 1, last_seen_at: expect.stringContaining("Z") });
    expect(body.position).toBeGreaterThanOrEqual(Number(headers.get("levqor-position")));
    await own.stop();
  });

  test("is for keys with the scope errors:read", async () => {
    expect((await api.ask(`${ROUTE}/health`)).body.error).toBe("unauthorized");
  });
});

test("an address reports five errors a minute", async () => {
  const limited = await startApi({ api_keys: ["k".repeat(20)], rate_limits: { burst: 20, global: null, tiers: {} } });
  const once = async () => (await limited.ask(ROUTE, post(error))).status;
  expect([await once(), await once(), await once(), await once(), await once()]).toEqual([202, 202, 202, 202, 202]);
  const sixth = await limited.ask(ROUTE, post(error));
  expect(sixth.body).toMatchObject({ error: "rate_limited", violated_policies: ["errors"] });
  expect(sixth.body.detail).toContain("At most 5 requests a minute to report errors from one caller");
  await limited.stop();
});

test("too many new errors without a key are refused, while known ones are counted and keys start groups", async () => {
  const key = "k".repeat(20);
  const flooded = await startApi({ api_keys: [key] });
  const fingerprints = Array.from({ length: 101 }, (_, n) => ({ ...error, fingerprint: `f${n}` }));
  for (const body of fingerprints.slice(0, 100)) expect((await flooded.ask(ROUTE, post(body))).status).toBe(202);
  const refused = await flooded.ask(ROUTE, post(fingerprints[100]));
  expect([refused.status, refused.body.error, refused.headers.get("retry-after")]).toEqual([
    429,
    "too_many_errors",
    "180",
  ]);
  expect((await flooded.ask(ROUTE, post(fingerprints[0]))).body.status).toBe("counted");
  const withKey = await flooded.ask(ROUTE, post(fingerprints[100], { "x-api-key": key }));
  expect([withKey.status, withKey.body.status]).toEqual([202, "recorded"]);
  await flooded.stop();
});
