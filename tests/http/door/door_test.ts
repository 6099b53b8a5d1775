import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Answer, type Harness, post, startApi } from "../harness.ts";
import { head, rawConnection, sendRaw } from "../raw_client.ts";

const PAGE = "https://app.example.com";

let api: Harness;
beforeAll(async () => {
  api = await startApi({ cors_origins: [PAGE], api_keys: ["k".repeat(16)] });
});
afterAll(() => api.stop());

/** The headers of a response in bytes: by lower-case name, each with all its values. */
function headersOf(answer: string): Map<string, string[]> {
  const headers = new Map<string, string[]>();
  for (const line of (answer.split("\r\n\r\n")[0] ?? "").split("\r\n").slice(1)) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()]);
  }
  return headers;
}

const UPGRADE = [
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  `X-Api-Key: ${"k".repeat(16)}`,
];

describe("every response", () => {
  test.each([
    ["a call's", 200, "GET /health", []],
    ["one without a body", 200, "HEAD /health", []],
    ["a page's", 200, "GET /docs", []],
    ["a file's", 200, "GET /docs/swagger-ui.css", []],
    ["a part of a file", 206, "GET /docs/swagger-ui.css", ["Range: bytes=0-9"]],
    ["the document's", 200, "GET /docs/json", []],
    ["one that the client has", 304, "GET /docs/json", ["If-None-Match: *"]],
    ["that, without a body", 304, "HEAD /docs/json", ["If-None-Match: *"]],
    ["the methods'", 204, "OPTIONS /health", []],
    ["a preflight's", 204, "OPTIONS /health", [`Origin: ${PAGE}`, "Access-Control-Request-Method: GET"]],
    ["a problem's", 404, "GET /problems/nothing", []],
    ["a refused caller's", 401, "GET /api/v1/jobs", []],
    ["one at a path that is not served", 404, "GET /nothing/here", []],
    ["that, without a body", 404, "HEAD /nothing/here", []],
    ["a wrong method's", 405, "DELETE /health", []],
    ["one of the door itself", 431, "GET /health", [`X-A: ${"a".repeat(20_000)}`]],
    ["one to a Host that is none", 400, "GET /health", ["Host: other"]],
    ["a refused socket's", 426, "GET /api/v1/jobs/ws", [`X-Api-Key: ${"k".repeat(16)}`]],
  ])("has the security headers, a request id and its date: %s", async (_, status, line, given) => {
    const answer = await sendRaw(api.url, head(line, [...given, "X-Request-Id: mine"]));
    expect(answer).toStartWith(`HTTP/1.1 ${status} `);
    const headers = headersOf(answer);
    expectSecurityHeaders(headers);
    expect(headers.get("x-request-id")).toEqual(["mine"]);
    expect(headers.get("cross-origin-resource-policy")).toEqual(["same-origin"]);
    expect(headers.get("content-security-policy")?.join()).toStartWith("default-src 'none'; ");
    expect(headers.get("cache-control")).toHaveLength(1);
    expect(headers.get("vary")?.join()).toContain("Origin");
    expect(headers.get("date")).toHaveLength(1);
    for (const told of ["server", "x-powered-by"]) expect(headers.has(told)).toBe(false);
  });

  test("has them if it becomes a WebSocket", async () => {
    const connection = await rawConnection(api.url);
    connection.write(head("GET /api/v1/jobs/ws", UPGRADE).replace("Connection: close", "Connection: Upgrade"));
    const answer = await connection.until(/\r\n\r\n/);
    connection.close();
    expect(answer).toStartWith("HTTP/1.1 101 ");
    expectSecurityHeaders(headersOf(answer));
    expect(headersOf(answer).get("x-request-id")).toHaveLength(1);
  });

  test("is not cached, unless it says otherwise itself", async () => {
    const cached = async (path: string) => (await api.ask(path)).headers.get("cache-control");
    expect(await cached("/")).toBe("no-store");
    expect(await cached("/docs")).toBe("public, max-age=300");
    expect(await cached("/nowhere")).toBe("no-store");
    expect(await cached("/docs/json")).toBe("public, max-age=300");
  });

  test("says how long its body is, even if HEAD omits that", async () => {
    const length = async (method: string, path: string) => headersOf(await sendRaw(api.url, head(`${method} ${path}`)));
    for (const path of ["/health", "/docs", "/docs/json", "/docs/swagger-ui.css", "/nothing/here"]) {
      const [got, asked] = [await length("GET", path), await length("HEAD", path)];
      expect([path, asked.get("content-length")]).toEqual([path, got.get("content-length")]);
    }
  });
});

function expectSecurityHeaders(headers: Map<string, string[]>): void {
  expect(headers.get("strict-transport-security")).toEqual(["max-age=31536000; includeSubDomains; preload"]);
  expect(headers.get("cross-origin-opener-policy")).toEqual(["same-origin"]);
  expect(headers.get("cross-origin-embedder-policy")).toEqual(["require-corp"]);
  expect(headers.get("x-content-type-options")).toEqual(["nosniff"]);
  expect(headers.get("x-frame-options")).toEqual(["DENY"]);
  expect(headers.get("referrer-policy")).toEqual(["strict-origin-when-cross-origin"]);
  expect(headers.get("permissions-policy")).toEqual(["geolocation=(), microphone=()"]);
}

test("the policy of responses that are not pages is the original one", async () => {
  expect((await api.ask("/health")).headers.get("content-security-policy")).toBe(
    "default-src 'none'; connect-src https://levqor.ai https://api.levqor.ai; img-src 'self' data:; style-src 'self' 'unsafe-inline'; script-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
  );
});

describe("a page of another origin", () => {
  const from = (origin: string, path: string, init: RequestInit = {}) =>
    api.ask(path, { ...init, headers: { ...(init.headers as Record<string, string>), origin } });
  const preflight = (origin: string, method: string, path = "/api/v1/intake") =>
    from(origin, path, {
      method: "OPTIONS",
      headers: { "access-control-request-method": method, "access-control-request-headers": "content-type,x-api-key" },
    });
  const list = ({ headers }: Answer, name: string) => headers.get(name)?.split(", ") ?? [];

  test("may read the response: the web app, and the origins in CORS_ORIGINS", async () => {
    for (const origin of ["https://levqor.ai", PAGE]) {
      for (const path of ["/health", "/nowhere", "/api/v1/jobs"]) {
        const answer = await from(origin, path);
        expect(answer.headers.get("access-control-allow-origin")).toBe(origin);
        expect(list(answer, "access-control-expose-headers")).toContainValues([
          "ETag",
          "Levqor-Position",
          "X-Request-Id",
        ]);
        expect(answer.headers.get("vary")).toContain("Origin");
        // Keys are sent in headers: nothing that the browser adds by itself grants access.
        expect(answer.headers.has("access-control-allow-credentials")).toBe(false);
      }
    }
  });

  test("may send what the API accepts, which it learns without a key and without being counted", async () => {
    const answer = await preflight(PAGE, "POST");
    expect([answer.status, answer.text]).toEqual([204, ""]);
    expect(answer.headers.get("access-control-allow-origin")).toBe(PAGE);
    expect(list(answer, "access-control-allow-methods").sort()).toEqual([
      "DELETE",
      "GET",
      "HEAD",
      "OPTIONS",
      "PATCH",
      "POST",
      "PUT",
    ]);
    expect(list(answer, "access-control-allow-headers")).toContainValues([
      "Content-Type",
      "Authorization",
      "X-Api-Key",
      "Idempotency-Key",
      "If-Match",
      "If-None-Match",
      "Last-Event-ID",
    ]);
    expect(list(answer, "access-control-allow-headers")).toContainValues([
      "Levqor-Min-Position",
      "X-Request-Id",
      "traceparent",
    ]);
    expect(answer.headers.get("access-control-max-age")).toBe("7200");
  });

  test("is not counted while it only asks what it may do", async () => {
    const strict = await startApi({
      cors_origins: [PAGE],
      api_keys: ["k".repeat(16)],
      rate_limits: { burst: 1, global: 1, tiers: {} },
    });
    const ask = (method: string) =>
      strict.ask("/", { method, headers: { origin: PAGE, "access-control-request-method": "GET" } });
    for (let asked = 0; asked < 5; asked++) expect((await ask("OPTIONS")).status).toBe(204);
    expect((await ask("GET")).status).toBe(200);
    // A rejection can be read by the page, too.
    const refused = await ask("GET");
    expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([429, PAGE]);
    await strict.stop();
  });

  test("at a missing path learns that from the response, not from the browser", async () => {
    expect((await preflight(PAGE, "GET", "/nowhere")).status).toBe(204);
    expect((await from(PAGE, "/nowhere")).headers.get("access-control-allow-origin")).toBe(PAGE);
  });

  test.each([
    "https://evil.example",
    "https://levqor.ai.evil.example",
    "http://levqor.ai",
    "https://levqor.ai:8443",
    "https://sub.levqor.ai",
    "https://LEVQOR.ai",
    "null",
    "*",
  ])("learns nothing if it is not allowed: %s", async (origin) => {
    for (const answer of [await from(origin, "/health"), await preflight(origin, "POST")]) {
      expect([...answer.headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
      expect(answer.headers.get("vary")).toContain("Origin");
    }
  });

  test("opens a WebSocket without a key under the same rule", async () => {
    const open = await startApi({ cors_origins: [PAGE] });
    const status = async (origin: string) =>
      (await handshake(open, origin)).slice("HTTP/1.1 ".length, "HTTP/1.1 101".length);
    expect(await status("https://evil.example")).toBe("403");
    expect(await status(PAGE)).toBe("101");
    expect(await status("https://levqor.ai")).toBe("101");
    await open.stop();
  });
});

describe("without keys", () => {
  let open: Harness;
  beforeAll(async () => {
    open = await startApi({ cors_origins: [PAGE] });
  });
  afterAll(() => open.stop());
  const asHost = async (host: string, line = "GET /api/v1/jobs") => {
    const answer = await sendRaw(open.url, `${line} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    return { status: Number(answer.slice("HTTP/1.1 ".length, "HTTP/1.1 200".length)), answer };
  };

  test.each([
    ...["localhost", "localhost:5000", "LOCALHOST", "localhost.", "app.localhost", "127.0.0.1:80", "127.8.9.10"],
    ...["127.1", "2130706433", "[::1]:5000", "api", "API:8080"],
  ])("the service responds for its own machine and for PUBLIC_URL: %s", async (host) => {
    expect((await asHost(host)).status).toBe(200);
  });

  test.each([
    ...["evil.example", "evil.example:5000", "localhost.evil.example", "127.0.0.1.evil.example", "notlocalhost"],
    ...["api.evil.example", "10.0.0.1", "128.0.0.1", "0.0.0.0", "[::]", "[::2]", "1.127.0.0"],
  ])("and for no other Host, to which a page may have rebound its name: %s", async (host) => {
    for (const line of ["GET /api/v1/jobs", "GET /health", "GET /public/", "POST /api/v1/intake", "OPTIONS /health"]) {
      const { status, answer } = await asHost(host, line);
      expect(status).toBe(421);
      expect(answer).toContain('"error":"host_refused"');
    }
    expect((await asHost(host, "GET http://localhost/api/v1/jobs")).status).toBe(421);
    expect((await asHost("localhost")).status).toBe(200);
  });

  test("a write without a body needs our origin, or none; with keys, too", async () => {
    const cancel = "/api/v1/jobs/0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70/cancel";
    const key = { "x-api-key": "k".repeat(16) };
    const errorOf = async (to: Harness, path: string, init: RequestInit) => (await to.ask(path, init)).body.error;
    const strangers = [
      "https://evil.example",
      "null",
      "http://localhost:1",
      "https://api.evil.example",
      "file://",
      "*",
    ];
    for (const to of [open, api]) {
      for (const origin of [...strangers, `${to.url}.evil.example`]) {
        const headers = { ...key, origin };
        for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
          for (const path of [cancel, "/api/v1/intake", "/nowhere"]) {
            expect(await errorOf(to, path, { method, headers })).toBe("origin_refused");
          }
        }
        expect(await errorOf(to, "/api/v1/jobs", { headers })).toBeUndefined();
      }
      for (const origin of [to.url, PAGE, "https://levqor.ai", "http://api"]) {
        expect(await errorOf(to, cancel, { method: "POST", headers: { ...key, origin } })).toBe("job_not_found");
      }
      expect(await errorOf(to, cancel, { method: "POST", headers: key })).toBe("job_not_found");
    }
  });

  test("a WebSocket is refused to pages of other origins", async () => {
    for (const origin of [
      "null",
      "https://evil.example",
      "http://localhost.evil.example",
      "http://127.0.0.1.evil.example",
    ]) {
      expect(await handshake(open, origin)).toStartWith("HTTP/1.1 403");
    }
    expect(await handshake(open, "http://localhost:3000")).toStartWith("HTTP/1.1 101");
  });
});

async function handshake({ url }: Harness, origin: string): Promise<string> {
  const connection = await rawConnection(url);
  const bytes = head("GET /api/v1/jobs/ws", [...UPGRADE, `Origin: ${origin}`]);
  connection.write(bytes.replace("Connection: close", "Connection: Upgrade"));
  const answer = await connection.until(/\r\n\r\n/);
  connection.close();
  return answer;
}

describe("OPTIONS", () => {
  test("lists the methods that a path supports", async () => {
    const { status, headers, text } = await api.ask("/api/v1/intake", { method: "OPTIONS" });
    expect([status, text, headers.get("allow")]).toEqual([204, "", "OPTIONS, POST"]);
    expect((await api.ask("/health", { method: "OPTIONS" })).headers.get("allow")).toBe("GET, HEAD, OPTIONS");
  });

  test("at a missing path is 404", async () => {
    expect((await api.ask("/nowhere", { method: "OPTIONS" })).body.error).toBe("not_found");
  });
});

test("Accept is ignored: there is one representation of each response", async () => {
  const answer = await api.ask("/health", { headers: { accept: "application/xml" } });
  expect([answer.status, answer.body.ok]).toEqual([200, true]);
});

test("a preflight with a body is still one", async () => {
  const answer = await api.ask("/api/v1/intake", { ...post({}), method: "OPTIONS" });
  expect(answer.status).toBe(204);
});
