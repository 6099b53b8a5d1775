import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import * as zlib from "node:zlib";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { urlFault } from "../../connectors/called_url.ts";
import { type HttpInput, http, MAX_BODY_BYTES } from "../../connectors/http.ts";
import { type ConnectorContext, ConnectorError, connectors, createOutbound } from "../../connectors/mod.ts";
import { startRawServer } from "../support/raw_http.ts";

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
}

const seen: Seen[] = [];
const routes: Record<string, (request: Request) => Response | Promise<Response>> = {
  "/json": () => Response.json({ id: 7, name: "ok" }, { headers: { "set-cookie": "session=hidden", "x-extra": "1" } }),
  "/problem": () => new Response('{"title":"x"}', { headers: { "content-type": "application/problem+json" } }),
  "/not-json": () => new Response("<oops>", { headers: { "content-type": "application/json" } }),
  "/text": () => new Response("grüezi"),
  "/latin1": () =>
    new Response(Uint8Array.of(0x67, 0x72, 0xfc), { headers: { "content-type": "text/plain; charset=iso-8859-1" } }),
  "/binary": () => new Response(Uint8Array.of(0, 255, 254, 1)),
  "/empty": () => new Response(null, { status: 204 }),
  "/redirect": () => Response.redirect("/json", 302),
  "/busy": () => new Response("x".repeat(5000), { status: 503, headers: { "retry-after": "7" } }),
  "/exact": () => new Response("e".repeat(MAX_BODY_BYTES)),
  "/slow": async () => {
    await Bun.sleep(5000);
    return new Response("late");
  },
  "/stalled-body": () => new Response(endless({ chunk: "y", pauseMs: 200 })),
  "/endless": () => new Response(endless({ chunk: "é".repeat(10_001), pauseMs: 0 })),
  "/echo": () => new Response(null, { status: 200 }),
};

/** A small body, and one of 100 MB, in each coding. */
const PACKED: Record<string, Record<string, Uint8Array>> = {
  small: packed(Buffer.from('{"a":"é"}')),
  huge: packed(Buffer.alloc(100_000_000, " ")),
};

function packed(bytes: Uint8Array): Record<string, Uint8Array> {
  const params = { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 };
  return {
    gzip: zlib.gzipSync(bytes, { level: 1 }),
    deflate: zlib.deflateSync(bytes, { level: 1 }),
    br: zlib.brotliCompressSync(bytes, { params }),
    zstd: zlib.zstdCompressSync(bytes),
  };
}

let produced = 0;
let cancelled = Promise.withResolvers<void>();

/** An endless body that counts what was read from it. */
function endless(options: { chunk: string; pauseMs: number }): ReadableStream<Uint8Array> {
  const chunk = new TextEncoder().encode(options.chunk);
  return new ReadableStream({
    async pull(controller) {
      if (options.pauseMs) await Bun.sleep(options.pauseMs);
      produced += chunk.byteLength;
      controller.enqueue(chunk);
    },
    cancel: () => cancelled.resolve(),
  });
}

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  async fetch(request) {
    const { pathname } = new URL(request.url);
    seen.push({ method: request.method, path: pathname, headers: request.headers, body: await request.text() });
    return routes[pathname]?.(request) ?? new Response("nothing here", { status: 404 });
  },
});
/** Responses by path, as bytes on the wire. */
const raw = await startRawServer(({ path, socket }) => {
  const [status, coding, kind = ""] = /^\/\d{3}\//.test(path)
    ? decodeURIComponent(path).slice(1).split("/")
    : ["200", "identity"];
  const head = `HTTP/1.1 ${status} X\r\ncontent-type: application/json\r\ncontent-encoding: ${coding}\r\n`;
  const bytes = PACKED[kind]?.[coding ?? ""];
  if (bytes) socket.write(Buffer.concat([Buffer.from(`${head}content-length: ${bytes.byteLength}\r\n\r\n`), bytes]));
  else if (kind === "broken") socket.write(`${head}content-length: 3\r\n\r\nabc`);
  else if (kind === "cut") socket.end(`${head}content-length: 10\r\n\r\n[1,2`);
  else if (kind === "stalled") socket.write(`${head}content-length: 10\r\n\r\n[1,2`);
  else socket.write(`${head}content-length: 2\r\n\r\n{}`);
});
afterAll(() => {
  server.stop(true);
  raw.close();
});
beforeEach(() => {
  seen.length = 0;
  produced = 0;
  cancelled = Promise.withResolvers<void>();
});

const at = (path: string) => new URL(path, server.url).href;

const outbound = createOutbound({ allow: ["127.0.0.1"] });

function run(input: HttpInput, context: Partial<ConnectorContext> = {}) {
  const { signal } = new AbortController();
  return http.run(input, { signal, idempotency_key: "key-1", fetch: outbound, ...context });
}

async function failure(input: HttpInput): Promise<ConnectorError> {
  const outcome = await run(input).then(
    () => "success",
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(ConnectorError);
  return outcome as ConnectorError;
}

test("it is registered under its workflow name", () => {
  expect(connectors.get("http")?.name).toBe("http");
});

describe("input", () => {
  const input = TypeCompiler.Compile(http.input);
  test.each([
    { url: "https://example.com/" },
    { url: "HTTP://example.com", method: "POST", body: { a: [1] }, headers: { "x-a": "b" } },
    { url: "http://example.com", expected_status: [200, "4xx"], timeout_ms: 300_000 },
    { url: "http://example.com", expected_status: 404, body: null },
  ])("accepts %j", (value) => expect(input.Check(value)).toBe(true));
  test.each([
    {},
    { url: "ftp://example.com" },
    { url: "http://example.com", methd: "POST" },
    { url: "http://example.com", method: "TRACE" },
    { url: "http://example.com", timeout_ms: 300_001 },
    { url: "http://example.com", expected_status: "6xx" },
    { url: "http://example.com", expected_status: [] },
    { url: "http://example.com", headers: { a: 1 } },
  ])("rejects %j", (value) => expect(input.Check(value)).toBe(false));
});

describe("request", () => {
  test("is a GET without body or key by default", async () => {
    await run({ url: at("/echo") });
    expect(seen).toMatchObject([{ method: "GET", body: "" }]);
    expect(seen[0]?.headers.has("idempotency-key")).toBe(false);
  });
  test("sends JSON values as JSON and strings as they are", async () => {
    await run({ url: at("/echo"), method: "POST", body: { a: [1, "é"] } });
    await run({
      url: at("/echo"),
      method: "PUT",
      body: "a=1",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
    });
    expect(seen.map(({ method, body }) => ({ method, body }))).toEqual([
      { method: "POST", body: '{"a":[1,"é"]}' },
      { method: "PUT", body: "a=1" },
    ]);
    expect(seen.map(({ headers }) => headers.get("content-type"))).toEqual([
      "application/json",
      "application/x-www-form-urlencoded",
    ]);
  });
  test("has the attempt's idempotency key, or the caller's own", async () => {
    await run({ url: at("/echo"), method: "POST" });
    await run({ url: at("/echo"), method: "POST", headers: { "Idempotency-Key": "mine" } });
    expect(seen.map(({ headers }) => headers.get("idempotency-key"))).toEqual(["key-1", "mine"]);
  });
});

describe("response", () => {
  test("has status, headers without cookies, and parsed JSON", async () => {
    const output = await run({ url: at("/json") });
    expect(output).toMatchObject({ status: 200, body: { id: 7, name: "ok" }, body_encoding: "json", truncated: false });
    expect(output.headers).toMatchObject({ "x-extra": "1" });
    expect(output.headers).not.toHaveProperty("set-cookie");
    expect((await run({ url: at("/problem") })).body).toEqual({ title: "x" });
    expect(TypeCompiler.Compile(http.output).Check(output)).toBe(true);
  });
  test("has text as text, by its charset, and anything else as base64", async () => {
    expect(await run({ url: at("/text") })).toMatchObject({ body: "grüezi", body_encoding: "text" });
    expect(await run({ url: at("/latin1") })).toMatchObject({ body: "grü", body_encoding: "text" });
    expect(await run({ url: at("/not-json") })).toMatchObject({ body: "<oops>", body_encoding: "text" });
    expect(await run({ url: at("/binary") })).toMatchObject({ body: "AP/+AQ==", body_encoding: "base64" });
    expect(await run({ url: at("/empty") })).toMatchObject({ status: 204, body: "", truncated: false });
  });
  test("reads no more of a body than it keeps, and closes the connection", async () => {
    const output = await run({ url: at("/endless") });
    await cancelled.promise;
    expect(output.truncated).toBe(true);
    expect(output.body_encoding).toBe("text");
    expect(Buffer.byteLength(output.body as string)).toBeLessThanOrEqual(MAX_BODY_BYTES);
    expect(Buffer.byteLength(output.body as string)).toBeGreaterThan(MAX_BODY_BYTES - 2);
    // What the sockets' buffers hold between the two processes, and no more.
    expect(produced).toBeLessThan(32 * MAX_BODY_BYTES);
  });
  test.each(["gzip", "deflate", "br", "zstd"])("is decompressed, to the same limit: %s", async (coding) => {
    expect(await run({ url: `${raw.origin}/200/${coding}/small` })).toMatchObject({
      body: { a: "é" },
      truncated: false,
    });
    const output = await run({ url: `${raw.origin}/200/${coding}/huge` });
    expect(output).toMatchObject({ status: 200, truncated: true, body_encoding: "text" });
    expect((output.body as string).length).toBe(MAX_BODY_BYTES);
  });
  test("keeps a body of exactly the limit completely", async () => {
    const output = await run({ url: at("/exact") });
    expect(output.truncated).toBe(false);
    expect(output.body as string).toHaveLength(MAX_BODY_BYTES);
  });
  test("does not follow redirects", async () => {
    const output = await run({ url: at("/redirect"), expected_status: "3xx" });
    expect(output.status).toBe(302);
    expect(output.headers.location).toBe("/json");
    expect(seen.map(({ path }) => path)).toEqual(["/redirect"]);
  });
  test("is expected by number, class or list", async () => {
    expect((await run({ url: at("/none"), expected_status: 404 })).status).toBe(404);
    expect((await run({ url: at("/none"), expected_status: "4xx" })).status).toBe(404);
    expect((await run({ url: at("/none"), expected_status: [200, "4xx"] })).status).toBe(404);
  });
});

describe("the URL is called as it is written", () => {
  function called(host: string): string {
    return `The URL has a host that would be called as ${host}; write that name or address.`;
  }
  test("with every slash of its path", async () => {
    await run({ url: `${raw.origin}//a//b?c=//d` });
    expect(raw.requests.at(-1)?.path).toBe("//a//b?c=//d");
  });
  test.each<[string, string]>([
    ["/a b", "The URL has a space; write it as %20, or leave it out."],
    ["/a ", "The URL has a space; write it as %20, or leave it out."],
    ["/a\n", "The URL has white space or a control character (U+000A); write it as %0A, or leave it out."],
    ["/a\tb", "The URL has white space or a control character (U+0009); write it as %09, or leave it out."],
    ["/a\0", "The URL has white space or a control character (U+0000); write it as %00, or leave it out."],
    ["/a\u3000b", "The URL has white space or a control character (U+3000); write it as %E3%80%80, or leave it out."],
    ["/a\\b", "The URL has a backslash; write it as %5C, or as / where it separates."],
    ["/a/../b", "The URL has the path segment .., which refers to another path; write that path."],
    ["/a/%2E./b?c", "The URL has the path segment %2E., which refers to another path; write that path."],
    ["/.", "The URL has the path segment ., which refers to another path; write that path."],
    ["/?\ud83d", "The URL has an unpaired surrogate (half of a UTF-16 character); leave it out."],
  ])("or rejected: %j", async (path, message) => {
    const before = raw.requests.length;
    const error = await failure({ url: raw.origin + path });
    expect(error.message).toBe(message);
    expect(error).toMatchObject({
      code: "invalid_payload",
      options: { detail: { errors: [{ pointer: "/url", message }] } },
    });
    expect(raw.requests).toHaveLength(before);
  });
  test.each<[url: string, message: string]>([
    ["http://2130706433:PORT/", called("127.0.0.1")],
    ["http://127.1:PORT/", called("127.0.0.1")],
    ["http://0x7F.0.0.1:PORT/", called("127.0.0.1")],
    ["http://0177.0.0.1:PORT/", called("127.0.0.1")],
    ["http://127.0.0.1.:PORT/", called("127.0.0.1")],
    ["http://127\u30020\u30020\u30021:PORT/", called("127.0.0.1")],
    ["http://\uff11\uff12\uff17.0.0.1:PORT/", called("127.0.0.1")],
    ["http://%31%32%37.0.0.1:PORT/", called("127.0.0.1")],
    ["http://b\u00fccher.example/", called("xn--bcher-kva.example")],
    ["http://[0:0:0:0:0:0:0:1]:PORT/", called("[::1]")],
    ["http://127.0.0.1:0PORT/", "The URL has a port that starts with 0; leave the 0 out."],
    ["http://127.0.0.1:00/", "The URL has a port that starts with 0; leave the 0 out."],
    ["http://127.0.0.1:?a", "The URL has a colon without a port; leave it out."],
  ])("or rejected, if its host or port would be another: %s", async (url, message) => {
    const before = raw.requests.length;
    const error = await failure({ url: url.replace("PORT", String(raw.port)) });
    expect([error.message, error.code]).toEqual([message, "invalid_payload"]);
    expect(raw.requests).toHaveLength(before);
  });
  test.each(
    [
      ["http://EXAMPLE.com/a", "http://xn--bcher-kva.example:80", "https://a_b.example.:443/?a@b:01"],
      ["HTTP://[::1]/", "http://[2001:DB8::1]:8080/", "http://127.0.0.1:0/#:"],
    ].flat(),
  )("and is accepted if only the case differs, or the port is the scheme's default: %s", (url) => {
    expect(urlFault(url)).toBeUndefined();
  });
  test.each(["/...", "/.a/b..", "/a?b=/../", "/?a=\\", "/a#/../ü"])(
    "and is accepted if it means what it says: %s",
    async (path) => {
      expect((await run({ url: raw.origin + path })).status).toBe(200);
    },
  );
});

describe("failure", () => {
  test.each(["gzip", "deflate", "br", "zstd", "gzip, gzip, gzip"])(
    "malformed_answer if the status is expected and the body cannot be decompressed: %s",
    async (coding) => {
      const error = await failure({ url: `${raw.origin}/200/${encodeURIComponent(coding)}/broken` });
      expect(error).toMatchObject({ code: "malformed_answer", options: { detail: { status: 200 } } });
      expect(error.message).toStartWith("The response cannot be read: its ");
    },
  );
  test.each(["broken", "cut", "stalled"])(
    "unexpected_status if it is not, whatever happens to the body: %s",
    async (kind) => {
      const error = await failure({
        url: `${raw.origin}/503/${kind === "broken" ? "gzip" : "identity"}/${kind}`,
        timeout_ms: 300,
      });
      expect(error).toMatchObject({
        code: "unexpected_status",
        options: { detail: { status: 503, truncated: true, body: kind === "broken" ? "" : "[1,2" } },
      });
    },
  );
  test("connection_failed if the body of an expected response breaks off, timeout if it stalls", async () => {
    expect(await failure({ url: `${raw.origin}/200/identity/cut` })).toMatchObject({
      code: "connection_failed",
      options: { detail: { reason: "ECONNRESET" } },
    });
    expect((await failure({ url: `${raw.origin}/200/identity/stalled`, timeout_ms: 100 })).code).toBe("timeout");
  });
  test("unexpected_status shows the status and the beginning of the body", async () => {
    const error = await failure({ url: at("/busy") });
    expect(error.code).toBe("unexpected_status");
    expect(error.options.detail).toEqual({
      status: 503,
      body: "x".repeat(2048),
      body_encoding: "text",
      truncated: true,
      retry_after: "7",
    });
  });
  test("timeout covers a silent service and a stalled body", async () => {
    expect((await failure({ url: at("/slow"), timeout_ms: 50 })).code).toBe("timeout");
    expect((await failure({ url: at("/stalled-body"), timeout_ms: 300 })).code).toBe("timeout");
  });
  test("connection_failed if nobody listens, or the host does not exist", async () => {
    const port = Bun.serve({ port: 0, fetch: () => new Response() });
    const url = `http://127.0.0.1:${port.port}/`;
    await port.stop(true);
    expect((await failure({ url })).code).toBe("connection_failed");
    expect((await failure({ url: "http://no-such-host.invalid/" })).code).toBe("connection_failed");
  });
  test("address_refused for an address that is not public, and nothing is sent", async () => {
    const { signal } = new AbortController();
    const context = { signal, idempotency_key: "key-1", fetch: createOutbound({ allow: [] }) };
    await expect(http.run({ url: at("/json") }, context)).rejects.toMatchObject({
      code: "address_refused",
      message: "The address 127.0.0.1 is not public, and this service may not call it.",
    });
    expect(seen).toEqual([]);
  });
  test.each<[string, HttpInput]>([
    ["a URL that cannot be parsed", { url: "http://[" }],
    ["a URL with a password", { url: "http://user:hunter2@127.0.0.1/" }],
    ["a GET with a body", { url: "http://127.0.0.1/", body: "x" }],
    ["a header that HTTP does not allow", { url: "http://127.0.0.1/", headers: { "x-a": "b\r\nx-c: hunter2" } }],
    ["a header whose value ends with a space", { url: "http://127.0.0.1/", headers: { "x-a": "hunter2 " } }],
    ["a header whose value begins with a tab", { url: "http://127.0.0.1/", headers: { "x-a": "\thunter2" } }],
    ["a header twice", { url: "http://127.0.0.1/", headers: { "x-a": "hunter2", "X-A": "hunter2" } }],
    ["a header with a control character", { url: "http://127.0.0.1/", headers: { "x-a": "hunter2\u0001" } }],
    [
      "a header with a character that a byte cannot hold",
      { url: "http://127.0.0.1/", headers: { "x-a": "hunter2 ☃" } },
    ],
    [
      "headers of more bytes than are sent, together",
      { url: "http://127.0.0.1/", headers: { a: "hunter2".repeat(1170), b: "hunter2".repeat(1171) } },
    ],
    ["a body with half of a character", { method: "POST", url: "http://127.0.0.1/", body: "hunter2 \ud83d" }],
    ["a header whose name is none", { url: "http://127.0.0.1/", headers: { "x a": "hunter2" } }],
    [
      "an expectation that the client would have to wait for",
      { url: "http://127.0.0.1/", headers: { Expect: "100-continue" } },
    ],
    ["a header that only the client may set", { url: "http://127.0.0.1/", headers: { Host: "example.com" } }],
  ])("invalid_payload for %s", async (_, input) => {
    const error = await failure(input);
    expect(error.code).toBe("invalid_payload");
    expect(JSON.stringify(error.options) + error.message).not.toContain("hunter2");
  });
  test("never shows the request's headers or the URL's query", async () => {
    const secret = "sk-not-to-be-seen";
    const headers = { authorization: `Bearer ${secret}` };
    for (const path of ["/busy", "/none", "/slow"]) {
      const error = await failure({ url: `${at(path)}?token=${secret}`, headers, timeout_ms: 100 });
      expect(Bun.inspect(error)).not.toContain(secret);
      expect(JSON.stringify(error.options)).not.toContain(secret);
    }
    const refused = await failure({ url: `http://127.0.0.1:1/?token=${secret}`, headers });
    expect(Bun.inspect(refused)).not.toContain(secret);
  });
  test("stops when the attempt must stop, with the attempt's own reason", async () => {
    const attempt = new AbortController();
    const reason = new Error("worker is stopping");
    setTimeout(() => attempt.abort(reason), 30);
    await expect(run({ url: at("/slow") }, { signal: attempt.signal })).rejects.toBe(reason);
  });
});
