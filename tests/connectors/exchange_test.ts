import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import type { OutboundInit } from "../../connectors/connector.ts";
import {
  MAX_FRAMING_SURPLUS,
  MAX_HEADER_BYTES,
  MAX_HEADERS,
  MAX_INTERIM,
  toOutgoingRequest,
} from "../../connectors/exchange.ts";
import { ConnectorError, createOutbound } from "../../connectors/mod.ts";
import { type EarlyAnswers, startEarlyAnswers } from "../support/early_answers.ts";
import { type RawRequest, type RawServer, startRawServer, writeForever } from "../support/raw_http.ts";

const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

const CHUNKED = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
const TOO_MANY_HEADERS = "it has more than 200 headers, or 16384 bytes of them";
const TOO_MUCH_FRAMING = "its chunk framing exceeds its content by more than 65536 bytes";

const noise = randomBytes(100_000);
/** The same, in each coding. */
const PACKED: Readonly<Record<string, Uint8Array>> = {
  identity: noise,
  gzip: gzipSync(noise),
  deflate: deflateSync(noise),
  br: brotliCompressSync(noise),
  zstd: zstdCompressSync(noise),
};

let answer: (request: RawRequest) => void = ({ socket }) => socket.write(OK);
let server: RawServer;
beforeEach(async () => {
  answer = ({ socket }) => socket.write(OK);
  server = await startRawServer((request) => answer(request));
});
afterEach(() => server.close());

const fetch = createOutbound({ allow: ["127.0.0.1"] });
const get = (path = "/", init?: OutboundInit) => fetch(server.origin + path, init);

/** Responds to every request with this text, and leaves the connection open. */
function answering(text: string | Uint8Array): void {
  answer = ({ socket }) => socket.write(text);
}

async function fault(call: Promise<unknown>): Promise<{ code?: string; message: string }> {
  const outcome = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(outcome).toBeInstanceOf(Error);
  return outcome as { code?: string; message: string };
}

describe("the call goes exactly where the URL says", () => {
  test.each(["/", "//a//b", "//", "/%2F/%2f", "/a//?b=//c", "/?", "/a?", "/?a=%20&b=+&c", "/a;b=1/c:d@e", "/a%00b"])(
    "%s",
    async (path) => {
      expect(await (await get(path)).text()).toBe("ok");
      expect(server.requests.map(({ line }) => line)).toEqual([`GET ${path} HTTP/1.1`]);
    },
  );
  test.each([
    ["", "/"],
    ["?a", "/?a"],
    ["/a#b", "/a"],
    ["/?#b", "/?"],
    ["/ä?ö", "/%C3%A4?%C3%B6"],
  ])("%p, as %s", async (path, sent) => {
    await (await get(path)).text();
    expect(server.requests.map((request) => request.path)).toEqual([sent]);
  });
});

describe("a request is sent once", () => {
  test.each(["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "POST", "PATCH"])(
    "%s, if the connection closes without a response, on the first call or a later one",
    async (method) => {
      // The first response invites to keep the connection; then the next request finds it closed.
      answer = ({ socket, path }) => {
        if (path === "/first") socket.write("HTTP/1.1 200 OK\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n");
        else socket.destroy();
      };
      const body = ["GET", "HEAD", "OPTIONS"].includes(method) ? undefined : "once";
      for (const path of ["/first", "/second", "/first", "/third"]) {
        const call = get(path, { method, body }).then((response) => response.text());
        if (path === "/first") expect(await call).toBe("");
        else expect((await fault(call)).code).toBe("ECONNRESET");
      }
      await Bun.sleep(50);
      expect(server.requests.map(({ line }) => line.split(" ").slice(0, 2).join(" "))).toEqual([
        `${method} /first`,
        `${method} /second`,
        `${method} /first`,
        `${method} /third`,
      ]);
      expect(server.connections).toBe(4);
    },
  );
  test("if the peer closes kept-alive connections as a request arrives", async () => {
    for (let i = 0; i < 20; i++) {
      answer = ({ socket }) => socket.end(OK);
      expect(await (await get("/", { method: "PUT", body: "x" })).text()).toBe("ok");
    }
    expect(server.requests).toHaveLength(20);
  });
});

test.each(["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"])(
  "a proxy set in the environment is not used: %s",
  async (name) => {
    const proxy = await startRawServer(({ socket }) => socket.write(OK));
    const before = process.env[name];
    process.env[name] = proxy.origin;
    try {
      await (await get("/direct")).text();
    } finally {
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
      proxy.close();
    }
    expect(proxy.requests).toEqual([]);
    expect(server.requests.map(({ line }) => line)).toEqual(["GET /direct HTTP/1.1"]);
  },
);

describe("a request's head", () => {
  test("has what the client needs, and otherwise what the caller sets", async () => {
    await (await get("/")).text();
    expect(server.requests[0]?.head.split("\r\n").slice(1).sort()).toEqual([
      "accept-encoding: gzip, deflate, zstd",
      "accept: */*",
      "connection: close",
      `host: 127.0.0.1:${server.port}`,
      "user-agent: levqor",
    ]);
    const headers = {
      "User-Agent": "me",
      Accept: "text/csv",
      "accept-encoding": "br",
      "X-A": "ü",
      connection: "keep-alive",
    };
    await (await get("/", { headers })).text();
    expect(server.requests[1]?.head.split("\r\n").slice(1).sort()).toEqual([
      "accept-encoding: br",
      "accept: text/csv",
      "connection: close",
      `host: 127.0.0.1:${server.port}`,
      "user-agent: me",
      "x-a: ü",
    ]);
  });
  test("requests a part of a body as it is", async () => {
    await (await get("/", { headers: { range: "bytes=0-9" } })).text();
    expect(server.requests[0]?.head).toContain("accept-encoding: identity");
  });
  test("is rejected if HTTP does not allow it", async () => {
    await expect(get("/", { headers: { "x-a": "a\u0001" } })).rejects.toThrow(TypeError);
    expect(server.requests).toEqual([]);
  });
  test("never includes the URL's user name and password", async () => {
    await expect(fetch(`http://me:secret@127.0.0.1:${server.port}/`)).rejects.toThrow(TypeError);
    expect(server.requests).toEqual([]);
  });
});

const LONG = `${"😀".repeat(300_000)}\ud83d`;

describe("a request's body", () => {
  const echo = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async (request) =>
      Response.json({
        type: request.headers.get("content-type"),
        length: request.headers.get("content-length"),
        text: await request.text(),
      }),
  });
  afterAll(() => echo.stop(true));
  const form = new FormData();
  form.set("a", new Blob(["file"]), "a.txt");
  test.each<[string, RequestInit["body"], object]>([
    ["a text", "grüezi", { type: "text/plain;charset=UTF-8", length: "7", text: "grüezi" }],
    ["an empty text", "", { type: "text/plain;charset=UTF-8", length: "0", text: "" }],
    // A pair of surrogates at each index where the text may be cut, and an unpaired one.
    [
      "a long text",
      `a${LONG}`,
      { type: "text/plain;charset=UTF-8", length: "1200004", text: `a${LONG.slice(0, -1)}\ufffd` },
    ],
    ["a long text, one further", LONG, { length: "1200003", text: `${LONG.slice(0, -1)}\ufffd` }],
    ["bytes", Buffer.from("abc"), { type: null, length: "3", text: "abc" }],
    [
      "a part of a buffer",
      new Uint8Array(Buffer.from("abcdef").buffer.slice(0)).subarray(0, 0),
      { length: "0", text: "" },
    ],
    ["a blob", new Blob(["abc"], { type: "text/csv" }), { type: "text/csv", length: "3", text: "abc" }],
    ["a query", new URLSearchParams({ a: "1 2" }), { length: "5", text: "a=1+2" }],
    ["a stream", new Blob(["a", "b"]).stream(), { length: null, text: "ab" }],
    ["none", undefined, { type: null, length: "0", text: "" }],
  ])("is sent as it is: %s", async (_, body, expected) => {
    const response = await fetch(echo.url.href, { method: "POST", body });
    expect(await response.json()).toMatchObject(expected);
  });
  test("of a long text is encoded as it is sent, each time: nothing is kept besides the text", async () => {
    const { body, headers } = await toOutgoingRequest(new URL("http://127.0.0.1/"), { method: "POST", body: LONG });
    expect(headers.slice(headers.indexOf("content-length"))[1]).toBe("1200003");
    for (const _ of ["first", "second address"]) {
      const pieces = [...(body as Iterable<Uint8Array>)];
      expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(256 * 1024);
      expect(Buffer.concat(pieces).equals(Buffer.from(LONG))).toBe(true);
    }
  });
  test("may be a form", async () => {
    const { type, text } = await (await fetch(echo.url.href, { method: "POST", body: form })).json();
    expect(type).toStartWith("multipart/form-data; boundary=");
    expect(text).toContain('name="a"; filename="a.txt"');
  });
  test("of any size arrives", async () => {
    const body = randomBytes(3_000_000).toString("base64");
    expect((await (await fetch(echo.url.href, { method: "PUT", body })).json()).text).toBe(body);
  });
});

describe("a response", () => {
  test("is like fetch's, with its headers unchanged", async () => {
    const packed = gzipSync("unpacked");
    answering(
      Buffer.concat([
        Buffer.from(
          `HTTP/1.1 404 No Such Thing\r\nContent-Encoding: gzip\r\nContent-Length: ${packed.byteLength}\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nx-a: 1\r\nX-A: 2\r\n\r\n`,
        ),
        packed,
      ]),
    );
    const response = await get("/a?b");
    expect(response).toMatchObject({ status: 404, statusText: "No Such Thing", ok: false, redirected: false });
    expect(response.url).toBe(`${server.origin}/a?b`);
    expect(response.headers.get("content-encoding")).toBe("gzip");
    expect(response.headers.get("content-length")).toBe(String(packed.byteLength));
    expect(response.headers.get("x-a")).toBe("1, 2");
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(await response.text()).toBe("unpacked");
  });
  test.each([
    ["in chunks", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"],
    [
      "in chunks with extensions and trailers",
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\nx-t: 1\r\n\r\n",
    ],
    ["without a reason", "HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok"],
    ["after interim answers", `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n${OK}`],
    ["after as many of them as are taken", "HTTP/1.1 102 Processing\r\n\r\n".repeat(MAX_INTERIM) + OK],
    ["with more behind it", `${OK}HTTP/1.1 200 OK\r\n\r\nnot this`],
  ])("%s", async (_, text) => {
    answering(text);
    const response = await get();
    expect([response.status, await response.text()]).toEqual([200, "ok"]);
  });
  test("may end with the connection", async () => {
    answer = ({ socket }) => socket.end("HTTP/1.0 200 OK\r\n\r\nuntil the end");
    expect(await (await get()).text()).toBe("until the end");
  });
  test.each([
    ["GET", 204],
    ["GET", 304],
    ["GET", 205],
    ["HEAD", 200],
  ])("to %s with %i has no body, whatever its headers say", async (method, status) => {
    answering(`HTTP/1.1 ${status} X\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\n`);
    const response = await get("/", { method });
    expect(response.status).toBe(status);
    expect(response.body).toBeNull();
    expect(await response.text()).toBe("");
  });
});

describe("a response that cannot be read is malformed_answer", () => {
  test.each([
    ["no HTTP", "SSH-2.0-OpenSSH_9.9\r\n", "it is not HTTP/1.1"],
    ["broken chunks", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", "it is not HTTP/1.1"],
    [
      "a status that there is not",
      "HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n",
      "its status is 999; HTTP statuses go from 200 to 599",
    ],
    ["another", "HTTP/1.1 000 Odd\r\ncontent-length: 0\r\n\r\n", ""],
    [
      "one interim answer too many",
      "HTTP/1.1 100 Continue\r\n\r\n".repeat(MAX_INTERIM + 1) + OK,
      "more than 32 interim responses precede it",
    ],
    ["headers too long", `HTTP/1.1 200 OK\r\nx-a: ${"a".repeat(MAX_HEADER_BYTES)}\r\n\r\n`, TOO_MANY_HEADERS],
    ["too many headers", `HTTP/1.1 200 OK\r\n${"x:\r\n".repeat(201)}\r\n`, TOO_MANY_HEADERS],
    ["an interim answer of too many headers", `HTTP/1.1 103 X\r\n${"x:\r\n".repeat(201)}\r\n${OK}`, TOO_MANY_HEADERS],
    [
      "too many trailers",
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n${"x:\r\n".repeat(201)}\r\n`,
      TOO_MANY_HEADERS,
    ],
    ["a body of tiny pieces", CHUNKED + "1\r\na\r\n".repeat(MAX_FRAMING_SURPLUS), TOO_MUCH_FRAMING],
    ["a long chunk extension", `${CHUNKED}1;${"a".repeat(2 * MAX_FRAMING_SURPLUS)}\r\na\r\n`, TOO_MUCH_FRAMING],
    ["a chunk length of many zeros", `${CHUNKED}${"0".repeat(2 * MAX_FRAMING_SURPLUS)}1\r\na\r\n`, TOO_MUCH_FRAMING],
    [
      "trailers too long",
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx-a: ${"a".repeat(MAX_HEADER_BYTES)}\r\n\r\n`,
      TOO_MANY_HEADERS,
    ],
    [
      "a protocol that was not asked for",
      "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
      "",
    ],
  ])("%s", async (_, text, reason) => {
    answering(text);
    const error = await fault(get().then((response) => response.text()));
    expect(error).toBeInstanceOf(ConnectorError);
    expect(error.code).toBe("malformed_answer");
    if (reason) expect(error.message).toBe(`The response cannot be read: ${reason}.`);
  });
  test.each([
    ["headers", "x-a: 1\r\n"],
    ["one header", "a".repeat(1000)],
    ["headers without text", "x:\r\n"],
    ["interim answers", "\r\nHTTP/1.1 103 X\r\n\r\nHTTP/1.1 103 X\r\n"],
  ])("endless %s: no more is read than is allowed", async (_, text) => {
    let taken: Promise<number> | undefined;
    answer = ({ socket }) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      taken = writeForever(socket, text.repeat(100));
    };
    if (text.includes("103"))
      answer = ({ socket }) => {
        socket.write("HTTP/1.1 103 X\r\n");
        taken = writeForever(socket, text.repeat(100));
      };
    expect((await fault(get())).code).toBe("malformed_answer");
    expect(await taken).toBeGreaterThan(0);
  });
  test.each([
    ["a chunk extension", `${CHUNKED}1;`, "a".repeat(1000)],
    ["tiny pieces", CHUNKED, "1\r\na\r\n"],
  ])("an endless body of %s is cut off when its framing exceeds the limit", async (_, head, text) => {
    let taken: Promise<number> | undefined;
    answer = ({ socket }) => {
      socket.write(head);
      taken = writeForever(socket, text.repeat(100));
    };
    const response = await get();
    expect((await fault(response.text())).message).toContain(TOO_MUCH_FRAMING);
    // What the kernel buffers on both sides counts as well.
    expect(await taken).toBeLessThan(32e6);
  });
  test("headers at exactly the limit are accepted", async () => {
    answering(`HTTP/1.1 200 OK\r\n${"x:\r\n".repeat(MAX_HEADERS - 1)}content-length: 2\r\n\r\nok`);
    expect(await (await get()).text()).toBe("ok");
    answering(`HTTP/1.1 200 OK\r\nx-a: ${"a".repeat(MAX_HEADER_BYTES - 20)}\r\ncontent-length: 2\r\n\r\nok`);
    expect(await (await get()).text()).toBe("ok");
  });
});

describe("a response that comes before its request is read counts, if it is complete", () => {
  let early: EarlyAnswers;
  beforeAll(async () => {
    early = await startEarlyAnswers();
  });
  afterAll(() => early.stop());

  const LONG = "x".repeat(190_000);
  /** Blocks everything before each piece, so that the other side has closed when the next one is sent. */
  const held = () =>
    new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          await Bun.sleep(1);
          Bun.sleepSync(10);
          controller.enqueue(Buffer.alloc(50_000));
        },
      },
      { highWaterMark: 0 },
    );

  test.each([200, 401, 413])("status %i, with a long body, 40 times", async (status) => {
    const outcomes: string[] = [];
    for (let i = 0; i < 40; i++) {
      const response = await fetch(`${early.polite}/${status}`, { method: "POST", body: LONG });
      outcomes.push(`${response.status} ${await response.text()}`);
    }
    expect(outcomes).toEqual(Array(40).fill(`${status} done`));
  });

  test.each(["/whole", "/chunked"])("%s, and then a reset", async (path) => {
    for (const body of [LONG, held(), Buffer.from(LONG)]) {
      const response = await fetch(early.rude + path, { method: "POST", body });
      expect([response.status, await response.text()]).toEqual([200, "done"]);
    }
  });

  // If a body ends with its connection, nothing shows whether a reset cut it short.
  test.each(["/no-length", "/short", "/half-a-head", "/nothing"])("%s, and then a reset: it does not", async (path) => {
    for (const body of [LONG, held(), Buffer.from(LONG)]) {
      const call = fetch(early.rude + path, { method: "POST", body }).then((response) => response.text());
      expect((await fault(call)).code).toBe("ECONNRESET");
    }
  });
});

describe("a connection that breaks is ECONNRESET", () => {
  test.each([
    ["before the answer", ""],
    ["within its head", "HTTP/1.1 200 OK\r\ncontent-"],
    ["within its body", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort"],
    ["within a chunk", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab"],
    ["between chunks", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n"],
    [
      "within a packed body",
      Buffer.concat([
        Buffer.from("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 1000\r\n\r\n"),
        gzipSync(randomBytes(500)).subarray(0, 200),
      ]),
    ],
  ])("%s", async (_, text) => {
    answer = ({ socket }) => socket.end(text);
    expect((await fault(get().then((response) => response.text()))).code).toBe("ECONNRESET");
  });
});

describe("a response's body", () => {
  test("of tiny pieces is passed on in as many pieces as it arrives in, not one by one", async () => {
    const text = Array.from({ length: 10_000 }, (_, i) => String.fromCharCode(97 + (i % 26))).join("");
    answering(`${CHUNKED}${[...text].map((piece) => `1\r\n${piece}\r\n`).join("")}0\r\n\r\n`);
    const pieces: Uint8Array[] = [];
    for await (const piece of (await get()).body ?? []) pieces.push(piece);
    expect(Buffer.concat(pieces).toString()).toBe(text);
    expect(pieces.length).toBeLessThan(100);
  });
  test("is the same however it is framed and cut", async () => {
    for (let round = 0; round < 20; round++) {
      const framed: Buffer[] = [Buffer.from(CHUNKED)];
      for (let at = 0; at < noise.length; ) {
        const size = 1 + Math.floor(Math.random() ** 4 * 20_000);
        const piece = noise.subarray(at, at + size);
        framed.push(Buffer.from(`${piece.length.toString(16)};x="y"\r\n`), piece, Buffer.from("\r\n"));
        at += size;
      }
      framed.push(Buffer.from("0\r\nx-trailer: 1\r\n\r\n"));
      const whole = Buffer.concat(framed);
      answer = async ({ socket }) => {
        for (let at = 0; at < whole.length; ) {
          const size = 1 + Math.floor(Math.random() * 30_000);
          socket.write(whole.subarray(at, at + size));
          at += size;
          await Bun.sleep(0);
        }
      };
      expect(noise.equals(await (await get()).bytes())).toBe(true);
    }
  });
  test("is received as it is read, and its connection closes when it is abandoned", async () => {
    let taken: Promise<number> | undefined;
    answer = ({ socket }) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      taken = writeForever(socket, Buffer.alloc(64 * 1024));
    };
    const response = await get();
    await Bun.sleep(300);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    expect((await reader.read()).value?.byteLength).toBeGreaterThan(0);
    await reader.cancel();
    // What the sockets' buffers hold between the two ends; in that time it could be gigabytes.
    expect(await taken).toBeLessThan(32 * 1024 * 1024);
  });
  test.each(["identity", "gzip", "deflate", "br", "zstd"])(
    "ends with the signal, read or not, and so does its connection: %s",
    async (coding) => {
      const packed = PACKED[coding] as Uint8Array;
      for (const reads of [true, false]) {
        const closed = Promise.withResolvers<void>();
        answer = ({ socket }) => {
          socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: ${coding}\r\n\r\n`);
          socket.write(packed.subarray(0, packed.byteLength - 8));
          socket.once("close", closed.resolve);
        };
        const stop = new AbortController();
        const reason = new Error("enough");
        const response = await get("/", { signal: stop.signal });
        const read = reads ? fault(response.text()) : undefined;
        setTimeout(() => stop.abort(reason), 20);
        await closed.promise;
        expect(await (read ?? fault(response.text()))).toBe(reason);
      }
    },
  );
  test("does not wait for an endless body of small pieces", async () => {
    answer = ({ socket }) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      const timer = setInterval(() => socket.write("."), 5);
      socket.once("close", () => clearInterval(timer));
    };
    const response = await get("/", { signal: AbortSignal.timeout(100) });
    expect((await fault(response.text())) as unknown as DOMException).toMatchObject({ name: "TimeoutError" });
  });
});

describe("the signal ends a call", () => {
  test("that waits for the head, however slowly it drips", async () => {
    const closed = Promise.withResolvers<void>();
    answer = ({ socket }) => {
      socket.write("HTTP/1.1 200 OK\r\nx: ");
      const timer = setInterval(() => socket.write("."), 5);
      socket.once("close", () => {
        clearInterval(timer);
        closed.resolve();
      });
    };
    const stop = new AbortController();
    const reason = new Error("enough");
    setTimeout(() => stop.abort(reason), 50);
    expect(await fault(get("/", { signal: stop.signal }))).toBe(reason);
    await closed.promise;
  });
  test("before it begins", async () => {
    const reason = new Error("enough");
    expect(await fault(get("/", { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(server.connections).toBe(0);
  });
});

describe("before_sending", () => {
  test("is called when the connection stands, once", async () => {
    const seen: number[] = [];
    await (await get("/", { before_sending: () => void seen.push(server.requests.length) })).text();
    expect(seen).toEqual([0]);
    expect(server.requests).toHaveLength(1);
  });
  test("what it throws rejects the call, and nothing is sent", async () => {
    const reason = new Error("too late");
    const before_sending = () => {
      throw reason;
    };
    expect(await fault(get("/", { method: "POST", body: "x", before_sending }))).toBe(reason);
    // One after it, so that what was sent has arrived.
    await (await get("/next")).text();
    expect(server.requests.map(({ line }) => line)).toEqual(["GET /next HTTP/1.1"]);
  });
});

test("a hostile peer delays nobody else's call", async () => {
  // 1 GB of zeros in 800 bytes, from sixteen calls at once, and 16 peers that send without end.
  const bomb = brotliCompressSync(Buffer.alloc(200_000_000), {
    params: { [constants.BROTLI_PARAM_QUALITY]: 1, [constants.BROTLI_PARAM_LGWIN]: 24 },
  });
  answer = ({ socket, path }) => {
    if (path === "/bomb") {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: br\r\ncontent-length: ${bomb.byteLength}\r\n\r\n`);
      socket.write(bomb);
    } else if (path === "/endless") {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      void writeForever(socket, Buffer.alloc(64 * 1024));
    } else {
      const packed = gzipSync("ok");
      socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${packed.byteLength}\r\n\r\n`);
      socket.write(packed);
    }
  };
  const hostile = ["/bomb", "/endless"].flatMap((path) =>
    Array.from({ length: 16 }, async () => {
      const response = await get(path);
      let size = 0;
      for await (const chunk of response.body as ReadableStream<Uint8Array>) {
        size += chunk.byteLength;
        if (size > 256 * 1024) break;
      }
      return size;
    }),
  );
  const times: number[] = [];
  for (let i = 0; i < 20; i++) {
    const began = performance.now();
    expect(await (await get("/good")).text()).toBe("ok");
    times.push(performance.now() - began);
  }
  for (const size of await Promise.all(hostile)) expect(size).toBeLessThan(1024 * 1024);
  // Each takes a millisecond or two; if bodies were decompressed whole, each of the bombs would take the one thread for
  // a second.
  expect(times.toSorted((a, b) => a - b)[10]).toBeLessThan(500);
});
