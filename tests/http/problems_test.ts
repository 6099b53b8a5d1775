import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { eventually } from "../support/service.ts";
import { type Answer, type Harness, post, startApi } from "./harness.ts";

const ID = "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70";

let api: Harness;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

/** Traces of internals: stacks, statements, tables, libraries, and Elysia's own validation response. */
const INTERNAL =
  /\n\s+at |node_modules|\.ts:|\bselect\b.*\bfrom\b|levqor_(log|read|ops)|postgres|elysia|typebox|"on":|"found":/i;

type Refusal = [what: string, status: number, error: string, path: string, init?: RequestInit];

const method = (name: string, init: RequestInit = {}): RequestInit => ({ ...init, method: name });
const bytes = (...body: number[]) => ({ ...post(""), body: new Uint8Array(body) });
const typed = (type: string) => ({ ...post({ workflow: "http", payload: {} }), headers: { "content-type": type } });

const refusals: Refusal[] = [
  ["a path that is not served", 404, "not_found", "/nowhere"],
  ["another method at it", 404, "not_found", "/nowhere", method("DELETE")],
  ["a path that ends too early", 404, "not_found", "/api/v1"],
  ["a job that is not there", 404, "job_not_found", `/api/v1/status/${ID}`],
  ["its history", 404, "job_not_found", `/api/v1/jobs/${ID}/events`],
  ["its stream", 404, "job_not_found", `/api/v1/jobs/${ID}/stream`],
  ["a schedule that is not there", 404, "schedule_not_found", `/api/v1/schedules/${ID}`],
  ["a pipeline that is not there", 404, "pipeline_not_found", "/api/v1/pipelines/none"],
  ["a wrong method", 405, "method_not_allowed", "/api/v1/intake"],
  ["another wrong one", 405, "method_not_allowed", "/api/v1/jobs", method("PUT")],
  ["a method of WebDAV", 405, "method_not_allowed", "/health", method("PROPFIND")],
  ["a job id that is no UUID", 400, "invalid_job_id", "/api/v1/status/42"],
  ["one that is no text", 400, "malformed_url", "/api/v1/status/%ff%00"],
  ["one that is nearly a UUID", 400, "invalid_job_id", `/api/v1/jobs/${ID}0/events`],
  ["a schedule id that is no UUID", 400, "invalid_schedule_id", "/api/v1/schedules/42"],
  [
    "a job id in a body that is no UUID",
    422,
    "validation_failed",
    "/api/v1/workers/release",
    post({ job_id: "42", attempt: 1 }),
  ],
  ["a cursor of another making", 400, "invalid_cursor", "/api/v1/jobs?cursor=abc"],
  ["a cursor that was changed", 400, "invalid_cursor", "/api/v1/jobs?cursor=YzE="],
  ["a position that is none", 400, "invalid_cursor", "/api/v1/jobs", { headers: { "levqor-min-position": "-1" } }],
  [
    "a stream's position that is none",
    400,
    "invalid_cursor",
    "/api/v1/jobs/stream",
    { headers: { "last-event-id": "x" } },
  ],
  [
    "an Idempotency-Key with a space",
    400,
    "invalid_idempotency_key",
    "/api/v1/intake",
    post({}, { "idempotency-key": "a b" }),
  ],
  ["half a JSON text", 400, "malformed_json", "/api/v1/intake", post("{")],
  ["no JSON text at all", 400, "malformed_json", "/api/v1/intake", post("")],
  ["two JSON texts", 400, "malformed_json", "/api/v1/intake", post("{}{}")],
  ["what JavaScript would take", 400, "malformed_json", "/api/v1/intake", post("{a: undefined}")],
  ["a number that is none", 400, "malformed_json", "/api/v1/intake", post('{"workflow":NaN}')],
  ["bytes that are no UTF-8", 400, "malformed_json", "/api/v1/intake", bytes(0x22, 0xff, 0xfe, 0x22)],
  ["an encoding cut in two", 400, "malformed_json", "/api/v1/intake", bytes(0x22, 0xe2, 0x82, 0x22)],
  ["UTF-16", 400, "malformed_json", "/api/v1/intake", bytes(0xff, 0xfe, 0x7b, 0, 0x7d, 0)],
  ["a key twice", 400, "duplicate_key", "/api/v1/intake", post('{"workflow":"a","workflow":"b","payload":{}}')],
  ["65 levels", 400, "json_too_deep", "/api/v1/intake", post(`${"[".repeat(65)}${"]".repeat(65)}`)],
  ["a body that says not what it is", 415, "unsupported_media_type", "/api/v1/intake", method("POST", { body: "{}" })],
  ["a form", 415, "unsupported_media_type", "/api/v1/intake", typed("application/x-www-form-urlencoded")],
  ["text", 415, "unsupported_media_type", "/api/v1/intake", typed("text/plain")],
  [
    "JSON in another encoding",
    415,
    "unsupported_media_type",
    "/api/v1/intake",
    typed("application/json; charset=utf-16"),
  ],
  [
    "a compressed body",
    415,
    "unsupported_media_type",
    "/api/v1/intake",
    { ...post("{}"), headers: { "content-type": "application/json", "content-encoding": "gzip" } },
  ],
  ["a type that is none", 415, "unsupported_media_type", "/api/v1/intake", typed("json")],
  ["an object with nothing in it", 422, "validation_failed", "/api/v1/intake", post({})],
  ["an array", 422, "validation_failed", "/api/v1/intake", post([])],
  ["null", 422, "validation_failed", "/api/v1/intake", post("null")],
  ["a field too many", 422, "validation_failed", "/api/v1/intake", post({ workflow: "a", payload: {}, colour: 1 })],
  ["a number out of bounds", 422, "validation_failed", "/api/v1/jobs?limit=0"],
  ["a parameter that there is not", 422, "validation_failed", "/api/v1/jobs?colour=red"],
  ["a parameter twice", 422, "validation_failed", "/api/v1/jobs?limit=1&limit=1"],
  ["a body that is too large", 413, "body_too_large", "/api/v1/intake", post(" ".repeat(524_289))],
  [
    "a payload that is",
    413,
    "payload_too_large",
    "/api/v1/intake",
    post({ workflow: "a", payload: { a: "x".repeat(204_800) } }),
  ],
  ["a URL that is too long", 414, "uri_too_long", `/${"a".repeat(8_192)}`],
  ["headers that are too large", 431, "headers_too_large", "/health", { headers: { "x-a": "a".repeat(16_384) } }],
  ["no WebSocket where one is", 426, "upgrade_required", "/api/v1/jobs/ws"],
  ["a change of no version", 428, "precondition_required", "/api/v1/pipelines/none", method("PUT", post({}))],
];

describe("a rejection is a problem document, and reveals nothing internal:", () => {
  test.each(refusals)("%s", async (...[, status, error, path, init]: Refusal) => {
    const answer = await api.ask(path, init);
    expect([answer.status, answer.body.error]).toEqual([status, error]);
    expectProblem(answer);
    if (status === 405) expect(answer.headers.get("allow")).toMatch(/^[A-Z]+(, [A-Z]+)*$/);
  });

  test("a caller who is unknown, may not, or asks too often", async () => {
    const closed = await startApi({
      api_keys: ["k".repeat(16)],
      rate_limits: { burst: 2, global: 100, tiers: {} },
    });
    const answers = [
      await closed.ask("/api/v1/jobs"),
      await closed.ask("/api/v1/jobs", { headers: { "x-api-key": "none" } }),
      await closed.ask("/nowhere"),
    ];
    expect(answers.map(({ status, body }) => [status, body.error])).toEqual([
      [401, "unauthorized"],
      [401, "unauthorized"],
      [429, "rate_limited"],
    ]);
    for (const answer of answers) expectProblem(answer);
    expect(answers[0]?.headers.get("www-authenticate")).toContain("realm=");
    expect(Number(answers[2]?.headers.get("retry-after"))).toBeGreaterThan(0);
    await closed.stop();
  });

  test("a queue that is full", async () => {
    const full = await startApi({ max_queue_depth: 1 });
    await full.submit();
    const answer = await eventually(async () => {
      const answer = await full.ask("/api/v1/intake", post({ workflow: "http", payload: {} }));
      return answer.status !== 202 && answer;
    });
    expect([answer.status, answer.body.error]).toEqual([429, "queue_full"]);
    expectProblem(answer);
    await full.stop();
  });

  test("a fault, which is logged under the request's id", async () => {
    const broken = await startApi();
    await broken.submit();
    await broken.ask("/api/v1/jobs");
    // A real one: the read model is not what the code expects.
    await broken.sql`alter table levqor_read.jobs rename column priority to urgency`;
    const answer = await broken.ask("/api/v1/jobs", { headers: { "x-request-id": "faulty-1" } });
    expect([answer.status, answer.body.error]).toEqual([500, "internal_error"]);
    expectProblem(answer);
    expect(answer.text).not.toMatch(/priority|column/);
    const fault = broken.logged.find((line) => line.level === "error" && line.request_id === "faulty-1");
    expect(JSON.stringify(fault)).toContain("priority");
    await broken.stop();
  });
});

function expectProblem({ status, headers, text, body }: Answer): void {
  expect(headers.get("content-type")).toBe("application/problem+json");
  expect(headers.get("cache-control")).toBe("no-store");
  expect(body).toMatchObject({
    type: `/problems/${body.error}`,
    title: expect.any(String),
    status,
    detail: expect.stringMatching(/\.$/),
    instance: expect.stringMatching(/^\//),
    request_id: headers.get("x-request-id") as string,
  });
  expect(text).not.toMatch(INTERNAL);
}

test("a problem's instance is a URI reference, whatever was requested", async () => {
  const instance = async (path: string) => (await api.ask(path)).body.instance;
  expect(await instance("/%")).toBe("/%25");
  expect(await instance("/api/v1/status/%zz%41")).toBe("/api/v1/status/%25zz%41");
  expect(await instance("/a[b]|c?d=e")).toBe("/a%5Bb%5D%7Cc");
});

test("a problem's type links to its description", async () => {
  const { type } = (await api.ask("/nowhere")).body;
  const { status, body } = await api.ask(type);
  expect(status).toBe(200);
  expect(body).toEqual({ error: "not_found", status: 404, title: "Not found", help: expect.any(String) });
  expect((await api.ask("/problems/toString")).status).toBe(404);
});

test("a known path lists its methods", async () => {
  const allowed = async (path: string, method: string) => (await api.ask(path, { method })).headers.get("allow");
  expect(await allowed("/api/v1/intake", "GET")).toBe("OPTIONS, POST");
  expect(await allowed("/api/v1/intake", "DELETE")).toBe("OPTIONS, POST");
  expect(await allowed("/api/v1/jobs", "POST")).toBe("GET, HEAD, OPTIONS");
  expect(await allowed(`/api/v1/status/${ID}`, "PUT")).toBe("GET, HEAD, OPTIONS");
  expect(await allowed("/docs/json", "PATCH")).toBe("GET, HEAD, OPTIONS");
  expect(await allowed("/nowhere", "POST")).toBeNull();
});

test("HEAD responds like GET, without a body", async () => {
  const answer = await api.ask("/health", { method: "HEAD" });
  expect([answer.status, answer.text]).toEqual([200, ""]);
});

test("an undecodable path gets a response", async () => {
  for (const path of ["/%ff", "/api/v1/status/%ff", "/api/v1/status/%00", "/api/v1/jobs/%2e%2e/steps", "/problems/%"]) {
    expect((await api.ask(path)).status).toBeOneOf([400, 404]);
  }
});

test("the request id is the caller's if it is valid, otherwise a new one", async () => {
  const idFor = async (given: string) =>
    (await api.ask("/health", { headers: { "x-request-id": given } })).headers.get("x-request-id");
  for (const sane of ["abc-123", "x".repeat(128), "a/b:c;{d}"]) expect(await idFor(sane)).toBe(sane);
  for (const wild of ["x".repeat(129), "a b", "é", ""]) expect(await idFor(wild)).toMatch(/^[0-9a-f-]{36}$/);
});

describe("a key in the wrong place is not recorded, nor logged:", () => {
  const key = "key-0123456789abcdef-wrong-place";
  const hex = "0123456789abcdef0123456789abcdef";
  const issued = `lvq_test_${"a".repeat(38)}`;
  const jwt = `eyJ${"a".repeat(20)}.eyJ${"b".repeat(20)}.${"c".repeat(20)}`;
  const encoded = Buffer.from(key).toString("base64url");
  const shown = {
    "X-Api-Key": { "x-api-key": key },
    Bearer: { authorization: `Bearer ${key}` },
    "an Authorization of another scheme": { authorization: `Basic ${key}` },
    "Sec-WebSocket-Protocol": { "sec-websocket-protocol": `levqor.v1, levqor.key.${encoded}` },
    "one header, another in a second": { "x-api-key": "another-0123456789", authorization: `Bearer ${key}` },
  };
  test.each(Object.entries(shown))("the request id, with the key in %s", async (_, headers) => {
    const written = [key, `id-${key}-1`, key.slice(0, -4), ...("sec-websocket-protocol" in headers ? [encoded] : [])];
    for (const id of written) {
      const answer = await api.ask("/health", { headers: { ...headers, "x-request-id": id } });
      expect(answer.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  test("the request id, whoever's key or token it is", async () => {
    for (const id of [issued, `id=${issued}`, jwt, `lvr_${"a".repeat(43)}`]) {
      const answer = await api.ask("/health", { headers: { "x-request-id": id } });
      expect(answer.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  test("the trace, the user agent", async () => {
    const headers = { "x-api-key": hex, traceparent: `00-${hex}-0123456789abcdef-01`, "user-agent": `curl ${hex}` };
    const { body } = await api.ask("/api/v1/intake", post({ workflow: "http", payload: {} }, headers));
    const [submitted] = await api.log.readStream(`job-${body.job_id}`);
    expect(submitted?.meta_json).not.toContain(hex);
    expect(JSON.stringify(api.logged)).not.toContain(hex);
    expect(JSON.stringify(api.logged)).toContain("Request completed");
  });

  test("the URL and the body are rejected, before anything is recorded", async () => {
    const headers = { "x-api-key": key };
    const before = await api.log.head();
    for (const [path, init] of [
      [`/api/v1/jobs?workflow=${key}`, { headers }],
      [`/api/v1/pipelines/${key}`, { headers }],
      ["/api/v1/intake", post({ workflow: "http", payload: { headers: { "x-api-key": key } } }, headers)],
      [`/api/v1/jobs?workflow=%6B${key.slice(1)}`, { headers }],
      [
        "/api/v1/intake",
        { ...post({}, headers), body: `{"workflow":"http","payload":{"k":"\\u006b${key.slice(1)}"}}` },
      ],
      ["/api/v1/workers/claim", post({ worker: key, workflows: ["mine"], wait_seconds: 0 }, headers)],
      [`/api/v1/workflows/${key}/limits`, { ...post({ running: 1 }, headers), method: "PUT" }],
    ] as const) {
      const { status, body } = await api.ask(path, init);
      expect([path, status, body.error]).toEqual([path, 400, "credential_exposed"]);
      expect(body.detail).toEndWith("contains the key or token that authenticates the request.");
    }
    expect(await api.log.head()).toBe(before);
  });
});

test("the key that is used is not a request id: ids are recorded, keys are not", async () => {
  const key = "key-0123456789abcdef";
  for (const [name, value] of [
    ["x-api-key", key],
    ["authorization", `Bearer ${key}`],
  ] as const) {
    const answer = await api.ask("/health", { headers: { [name]: value, "x-request-id": key } });
    expect(answer.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  }
});

test("a response repeats only part of what a caller wrote, however long it is", async () => {
  const key = "k".repeat(100_000);
  const at = (value: unknown) => ({ workflow: "p", steps: [{ id: "a", uses: "http", with: { [key]: value } }] });
  for (const [body, error] of [
    [JSON.stringify(at(Array.from({ length: 999 }, () => "{{a}}"))), "validation_failed"],
    [
      `{"workflow":"p","payload":{"${key}":[${Array.from({ length: 999 }, () => "1e400").join()}]}}`,
      "number_not_representable",
    ],
    [`{"workflow":"p","payload":{"${key}":1,"${key}":2}}`, "duplicate_key"],
  ] as const) {
    const response = await fetch(`${api.url}/api/v1/intake`, post(body));
    const text = await response.text();
    expect(text).toContain(`"error":"${error}"`);
    expect(text.length).toBeLessThan(50_000);
  }
});
