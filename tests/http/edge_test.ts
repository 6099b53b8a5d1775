// Slow: the time limits of a request are waited for: 10 s for headers alone.
/** The limits of every request, each at its edge, in bytes on a socket. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openLog } from "../../src/log/mod.ts";
import { type BreakingProxy, startProxy } from "../support/proxy.ts";
import { type Harness, post, startApi } from "./harness.ts";
import { head, rawConnection, sendRaw } from "./raw_client.ts";

const JOB = JSON.stringify({ workflow: "http", payload: {} });
const JSON_TYPE = "Content-Type: application/json";

let api: Harness;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

/** What is known of a response in bytes. */
function parse(answer: string) {
  const [top = "", ...rest] = answer.split("\r\n\r\n");
  const [line = "", ...headers] = top.split("\r\n");
  const body = rest.join("\r\n\r\n");
  const isProblem = headers.some((header) => /^content-type: application\/problem\+json$/i.test(header));
  return {
    status: Number(line.split(" ")[1]),
    headers,
    error: isProblem ? (JSON.parse(body).error as string) : undefined,
    body,
  };
}

const ask = async (bytes: string) => parse(await sendRaw(api.url, bytes));

describe("a URL", () => {
  const ofLength = (length: number) => `/api/v1/jobs?workflow=${"u".repeat(length - "/api/v1/jobs?workflow=".length)}`;

  test("of 8 KB is accepted, one byte more is 414", async () => {
    // The parameter itself may not be so long, which is said only once the URL was read.
    expect(await ask(head(`GET ${ofLength(8_192)}`))).toMatchObject({ status: 422, error: "validation_failed" });
    expect(await ask(head(`GET ${ofLength(8_193)}`))).toMatchObject({ status: 414, error: "uri_too_long" });
  });

  test("counts without the host", async () => {
    const request = `GET ${ofLength(8_192)} HTTP/1.1\r\nHost: ${"a".repeat(58)}.localhost:8080\r\nConnection: close\r\n\r\n`;
    expect((await ask(request)).status).toBe(422);
  });
});

describe("requests", () => {
  test("sent without waiting for responses get few of them, and hold up nobody", async () => {
    const connection = await rawConnection(api.url);
    connection.write("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(2_000));
    const answers = (await connection.end()).split("HTTP/1.1 200").length - 1;
    // 32 in a turn of the event loop, and the bytes may arrive in two.
    expect(answers).toBeLessThanOrEqual(64);
  });

  test("that come at once on many connections are all answered", async () => {
    const answers = await Promise.all(Array.from({ length: 200 }, () => ask(head("GET /health"))));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(200);
  });
});

describe("headers", () => {
  /** So many bytes of headers, with the two that every request has here. */
  const ofSize = (size: number) => {
    const others = "host".length + "api".length + 4 + "connection".length + "close".length + 4;
    return [`X-A: ${"a".repeat(size - others - "x-a".length - 4)}`];
  };

  test("of 16 KB are accepted, one byte more is 431", async () => {
    expect((await ask(head("GET /health", ofSize(16_384)))).status).toBe(200);
    const answer = await ask(head("GET /health", ofSize(16_385)));
    expect(answer).toMatchObject({ status: 431, error: "headers_too_large" });
  });

  test("100 are accepted, one more is 431", async () => {
    const many = (count: number) => Array.from({ length: count - 2 }, (_, index) => `X-${index}: 1`);
    expect((await ask(head("GET /health", many(100)))).status).toBe(200);
    expect(await ask(head("GET /health", many(101)))).toMatchObject({ status: 431, error: "headers_too_large" });
  });

  test("far above that are rejected by the server itself, without a body, and the connection is closed", async () => {
    for (const headers of [ofSize(70_000), Array.from({ length: 210 }, (_, index) => `X-${index}: 1`)]) {
      const connection = await rawConnection(api.url);
      connection.write(head("GET /health", headers).replace("Connection: close", "Connection: keep-alive"));
      const { status, body } = parse(await connection.end());
      expect([status, body]).toEqual([431, ""]);
    }
  });
});

describe("a body", () => {
  const ofSize = (size: number) => {
    const rest = JSON.stringify({ workflow: "http", payload: {} });
    return rest + " ".repeat(size - rest.length);
  };
  const sized = (body: string, size = body.length) =>
    head("POST /api/v1/intake", [JSON_TYPE, `Content-Length: ${size}`]) + body;
  const chunked = (body: string) =>
    `${head("POST /api/v1/intake", [JSON_TYPE, "Transfer-Encoding: chunked"])}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;

  test("of 512 KB is accepted, one byte more is 413, with its length declared or not", async () => {
    expect((await ask(sized(ofSize(524_288)))).status).toBe(202);
    expect((await ask(chunked(ofSize(524_288)))).status).toBe(202);
    expect(await ask(sized(ofSize(524_289)))).toMatchObject({ status: 413, error: "body_too_large" });
    expect(await ask(chunked(ofSize(524_289)))).toMatchObject({ status: 413, error: "body_too_large" });
  });

  test("that is too large is rejected before it is sent", async () => {
    const connection = await rawConnection(api.url);
    connection.write(head("POST /api/v1/intake", [JSON_TYPE, "Content-Length: 600000", "Expect: 100-continue"]));
    // The server itself sends 100 Continue, and then the rejection.
    expect(await connection.until(/413/)).toStartWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 413 ");
    connection.close();
  });

  test("that never ends is rejected as soon as it is too long", async () => {
    const connection = await rawConnection(api.url);
    connection.write(head("POST /api/v1/intake", [JSON_TYPE, "Transfer-Encoding: chunked"]));
    const chunk = `4000\r\n${" ".repeat(0x4000)}\r\n`;
    for (let sent = 0; sent <= 524_288; sent += 0x4000) connection.write(chunk);
    expect(parse(await connection.until(/413.*\}$/s))).toMatchObject({ status: 413, error: "body_too_large" });
    connection.close();
  });

  test("is invited if the client waits for that", async () => {
    const connection = await rawConnection(api.url);
    connection.write(head("POST /api/v1/intake", [JSON_TYPE, `Content-Length: ${JOB.length}`, "Expect: 100-continue"]));
    await connection.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    connection.write(JOB);
    expect(await connection.end()).toContain("HTTP/1.1 202 Accepted");
  });

  test("above 64 MB is rejected by the server itself", async () => {
    const { status, body } = await ask(sized("", 64 * 1024 * 1024 + 1));
    expect([status, body]).toEqual([413, ""]);
  });

  test("that is longer than declared is not parsed as a request", async () => {
    const connection = await rawConnection(api.url);
    connection.write(sized(`${JOB}GET /health HTTP/1.1\r\n`, JOB.length).replace("Connection: close\r\n", ""));
    expect(await connection.until(/\}/)).toContain("HTTP/1.1 202 Accepted");
    connection.close();
  });

  test("that ends with its connection leaves no trace, and no fault in the log", async () => {
    const before = await api.log.head();
    const connection = await rawConnection(api.url);
    const named = [JSON_TYPE, "Content-Length: 500", "X-Request-Id: broken-off", "Expect: 100-continue"];
    connection.write(head("POST /api/v1/intake", named));
    await connection.until(/100 Continue/);
    connection.write(JOB);
    connection.close();
    const line = await until(() => api.logged.find((entry) => entry.request_id === "broken-off"));
    expect(line).toMatchObject({ level: "info", status: 400 });
    expect(await api.log.head()).toBe(before);
  });
});

describe("time", () => {
  let hurried: Harness;
  let proxy: BreakingProxy | undefined;
  beforeAll(async () => {
    hurried = await startApi({
      timing: { request_timeout_s: 1 },
      async openApiLog(url) {
        proxy = await startProxy(url);
        return openLog({ url: proxy.url });
      },
    });
  });
  afterAll(async () => {
    await hurried.stop();
    await proxy?.close();
  });

  test.each([
    ["says nothing", () => {}],
    ["drips", (write: (bytes: string) => void) => write(" ")],
  ])("a body that %s is 408 when the request's time is up, and the connection is closed", async (_, drip) => {
    const before = await hurried.log.head();
    for (const length of ["Content-Length: 500", "Transfer-Encoding: chunked"]) {
      const connection = await rawConnection(hurried.url);
      connection.write(head("POST /api/v1/intake", [JSON_TYPE, length]).replace("Connection: close\r\n", ""));
      const dripping = setInterval(
        () => drip((byte) => connection.write(length[0] === "T" ? `1\r\n${byte}\r\n` : byte)),
        50,
      );
      const answer = parse(await connection.end());
      clearInterval(dripping);
      connection.close();
      expect(answer).toMatchObject({ status: 408, error: "request_timeout" });
      expect(answer.headers).toContain("Connection: close");
    }
    expect(await hurried.log.head()).toBe(before);
    expect(hurried.logged.filter((line) => line.level === "error")).toEqual([]);
  });

  test("work that takes longer is 503, and its outcome can be found out with the same key", async () => {
    await hurried.submit();
    proxy?.stall(true);
    const keyed = { "idempotency-key": "late", "x-request-id": "late-1" };
    const late = await hurried.ask("/api/v1/intake", post(JOB, keyed));
    expect([late.status, late.body.error]).toEqual([503, "deadline_exceeded"]);
    expect(late.headers.get("retry-after")).toBe("1");
    expect(late.headers.get("strict-transport-security")).not.toBeNull();
    expect(hurried.logged.some((line) => line.level === "error" && line.request_id === "late-1")).toBe(true);
    proxy?.stall(false);
    const again = await until(async () => {
      const answer = await hurried.ask("/api/v1/intake", post(JOB, keyed));
      return answer.status === 202 ? answer : undefined;
    });
    expect(again.headers.get("idempotency-replayed")).toBe("true");
  });

  test("a claim waits as long as it says, and a stream has no time limit", async () => {
    const stop = new AbortController();
    const stream = await fetch(`${hurried.url}/api/v1/jobs/stream`, { signal: stop.signal });
    const claim = { worker: "patient", workflows: ["patience"], wait_seconds: 3 };
    const answer = await hurried.ask("/api/v1/workers/claim", post(claim));
    expect([answer.status, answer.body]).toEqual([200, { jobs: [] }]);
    const { job_id } = await hurried.submit();
    let text = "";
    for await (const chunk of stream.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      if (text.includes(job_id)) break;
    }
    expect(text).toContain(job_id);
    stop.abort();
  });

  test("headers have 10 seconds, however they arrive; then the server closes the connection", async () => {
    const began = performance.now();
    const silent = await rawConnection(api.url);
    const half = await rawConnection(api.url);
    half.write("GET /health HTTP/1.1\r\nHo");
    const dripping = await rawConnection(api.url);
    dripping.write("GET /health HTTP/1.1\r\nX-Drip: ");
    const drip = setInterval(() => dripping.write("a"), 250);
    expect(await Promise.all([silent.end(), half.end(), dripping.end()])).toEqual(["", "", ""]);
    clearInterval(drip);
    const took_s = (performance.now() - began) / 1000;
    expect(took_s).toBeGreaterThan(8);
    expect(took_s).toBeLessThan(25);
  }, 40_000);
});

async function until<T>(read: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (const deadline = performance.now() + 15_000; performance.now() < deadline; await Bun.sleep(20)) {
    const value = await read();
    if (value !== undefined) return value;
  }
  throw new Error("It did not happen within 15 s");
}
