import { describe, expect, test } from "bun:test";
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import { Content, RangeNotSatisfiableError, respond } from "../../src/web/mod.ts";

const MODIFIED = new Date("2026-01-02T03:04:05.678Z");
const LAST_MODIFIED = "Fri, 02 Jan 2026 03:04:05 GMT";
const TEXT = "All work and no play makes a dull text. ".repeat(50);
const text = new Content(TEXT, { type: "text/plain;charset=utf-8", modified: MODIFIED, cache_control: "no-cache" });
const image = new Content(Buffer.from(TEXT), { type: "image/png", modified: MODIFIED, cache_control: "no-cache" });

async function ask(content: Content, headers: Record<string, string> = {}, path = "/a") {
  const response = await respond(new Request(`http://localhost${path}`, { headers }), content);
  return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) };
}

describe("Accept-Encoding", () => {
  const decode: Record<string, (bytes: Buffer) => Buffer> = {
    br: brotliDecompressSync,
    zstd: zstdDecompressSync,
    gzip: gunzipSync,
    identity: (bytes) => bytes,
  };

  test.each([
    [undefined, "identity"],
    ["", "identity"],
    ["identity", "identity"],
    ["gzip", "gzip"],
    ["GZIP", "gzip"],
    ["gzip, deflate, br, zstd", "br"],
    ["gzip, deflate, zstd", "zstd"],
    ["br;q=0.5, gzip;q=0.8", "gzip"],
    ["br;q=0, *", "zstd"],
    ["br;q=0, zstd;q=0, gzip;q=0", "identity"],
    ["*", "br"],
    ["*;q=0", "identity"],
    ["deflate, compress", "identity"],
    ["identity;q=1, gzip;q=0.5", "identity"],
    [" br ; q=1.0 , gzip;q=0.9", "br"],
    ["br;q=x, gzip", "gzip"],
  ])("%p gets %s", async (accepted, encoding) => {
    const { headers, body } = await ask(text, accepted === undefined ? {} : { "accept-encoding": accepted });
    expect(headers.get("content-encoding") ?? "identity").toBe(encoding);
    expect(headers.get("vary")).toBe("accept-encoding");
    expect(decode[encoding]?.(body).toString()).toBe(TEXT);
  });

  test("each encoding has its own strong tag", async () => {
    const tags = await Promise.all(
      ["br", "zstd", "gzip", "identity"].map(async (name) =>
        (await ask(text, { "accept-encoding": name })).headers.get("etag"),
      ),
    );
    expect(new Set(tags).size).toBe(4);
    for (const tag of tags) expect(tag).toMatch(/^"[\w-]{22}(?:-(?:br|zstd|gzip))?"$/);
  });

  test("content that is compressed already, or too short to benefit, is sent as it is", async () => {
    const short = new Content("ok", text);
    for (const content of [image, short]) {
      const { headers } = await ask(content, { "accept-encoding": "br, gzip" });
      expect(headers.get("content-encoding")).toBeNull();
    }
    expect((await ask(image)).headers.get("vary")).toBeNull();
    expect((await ask(short)).headers.get("vary")).toBe("accept-encoding");
  });

  test("something large is compressed in a moment", async () => {
    const large = new Content(TEXT.repeat(1_000), text);
    const { body } = await ask(large, { "accept-encoding": "br" });
    expect(brotliDecompressSync(body).length).toBe(2_000_000);
  });
});

describe("a condition", () => {
  const tag = `"${text.version}"`;
  test.each([
    ["its tag", { "if-none-match": tag }, 304],
    ["its tag, weak", { "if-none-match": `W/${tag}` }, 304],
    ["any tag", { "if-none-match": "*" }, 304],
    ["its tag among others", { "if-none-match": `"a", ${tag}` }, 304],
    ["another tag", { "if-none-match": '"a"' }, 200],
    ["the tag of another encoding", { "if-none-match": tag, "accept-encoding": "gzip" }, 200],
    ["the tag of the encoding", { "if-none-match": `"${text.version}-gzip"`, "accept-encoding": "gzip" }, 304],
    ["the time of its change", { "if-modified-since": LAST_MODIFIED }, 304],
    ["a later time", { "if-modified-since": "Sat, 03 Jan 2026 00:00:00 GMT" }, 304],
    ["an earlier time", { "if-modified-since": "Thu, 01 Jan 2026 00:00:00 GMT" }, 200],
    ["a time that is none", { "if-modified-since": "yesterday" }, 200],
    ["another tag, which counts before the time", { "if-none-match": '"a"', "if-modified-since": LAST_MODIFIED }, 200],
  ])("of %s", async (_, conditions, status) => {
    const answer = await ask(text, conditions);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("last-modified")).toBe(LAST_MODIFIED);
    expect(answer.headers.get("etag")).toStartWith(`"${text.version}`);
    expect(answer.headers.get("vary")).toBe("accept-encoding");
    expect(answer.headers.get("cache-control")).toBe("no-cache");
    if (status === 304) {
      expect(answer.body).toHaveLength(0);
      expect(answer.headers.get("content-type")).toBeNull();
      expect(answer.headers.get("content-encoding")).toBeNull();
    }
  });

  test("does not change a response with another status", async () => {
    const request = new Request("http://localhost/a", { headers: { "if-none-match": "*", range: "bytes=0-1" } });
    const response = await respond(request, text, { status: 404 });
    expect(response.status).toBe(404);
    expect(await response.text()).toBe(TEXT);
  });
});

describe("a range", () => {
  test.each([
    ["bytes=0-4", 0, 4],
    ["bytes=5-5", 5, 5],
    ["bytes=1990-", 1990, 1999],
    ["bytes=1990-5000", 1990, 1999],
    ["bytes=-10", 1990, 1999],
    ["bytes=-5000", 0, 1999],
    ["bytes=0-", 0, 1999],
  ])("%s", async (range, start, end) => {
    const { status, headers, body } = await ask(text, { range, "accept-encoding": "br" });
    expect(status).toBe(206);
    expect(headers.get("content-range")).toBe(`bytes ${start}-${end}/2000`);
    expect(headers.get("content-encoding")).toBeNull();
    expect(headers.get("etag")).toBe(`"${text.version}"`);
    expect(body.toString()).toBe(TEXT.slice(start, end + 1));
  });

  test.each(["bytes=2000-", "bytes=5000-6000", "bytes=-0"])("%s starts after the end", async (range) => {
    const refused = ask(text, { range });
    await expect(refused).rejects.toThrow(RangeNotSatisfiableError);
    await expect(refused).rejects.toMatchObject({ size: 2_000 });
  });

  test.each([
    "bytes=0-1,4-5",
    "lines=0-1",
    "bytes",
    "bytes=a-b",
    "bytes=4-1",
    "bytes=1",
    "0-4",
    "bytes=-",
    "bytes=-1-2",
    "bytes=0x1-2",
  ])("%s is not sent by itself: all is sent", async (range) => {
    const { status, headers, body } = await ask(text, { range });
    expect(status).toBe(200);
    expect(headers.get("accept-ranges")).toBe("bytes");
    expect(body.toString()).toBe(TEXT);
  });

  test.each([
    [`"${text.version}"`, 206],
    [LAST_MODIFIED, 206],
    [`W/"${text.version}"`, 200],
    [`"${text.version}-br"`, 200],
    ['"another"', 200],
    ["Sat, 03 Jan 2026 00:00:00 GMT", 200],
  ])("with If-Range %s gets %d", async (condition, status) => {
    expect((await ask(text, { range: "bytes=0-4", "if-range": condition })).status).toBe(status);
  });

  test("of a HEAD is ignored", async () => {
    const request = new Request("http://localhost/a", { method: "HEAD", headers: { range: "bytes=0-4" } });
    expect((await respond(request, text)).status).toBe(200);
  });

  test("is ignored if the client has all of it already", async () => {
    for (const range of ["bytes=0-4", "bytes=5000-"]) {
      expect((await ask(text, { range, "if-none-match": `"${text.version}"` })).status).toBe(304);
    }
  });
});

test("an address with a version may be cached for ever, and one with another version may not", async () => {
  const control = async (path: string) => (await ask(text, {}, path)).headers.get("cache-control");
  expect(await control(`/a?v=${text.version}`)).toBe("public, max-age=31536000, immutable");
  expect(await control("/a?v=another")).toBe("no-cache");
  expect(await control("/a")).toBe("no-cache");
});
