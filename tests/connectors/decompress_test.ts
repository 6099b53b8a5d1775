import { describe, expect, spyOn, test } from "bun:test";
import { randomBytes } from "node:crypto";
import * as zlib from "node:zlib";
import { decompress, MAX_CODINGS, MAX_SURPLUS_BYTES } from "../../connectors/decompress.ts";
import { ConnectorError } from "../../connectors/mod.ts";
import { ZstdFrames } from "../../connectors/zstd_frames.ts";

const { BROTLI_PARAM_LGWIN, BROTLI_PARAM_QUALITY, ZSTD_c_checksumFlag, ZSTD_c_contentSizeFlag, ZSTD_c_windowLog } =
  zlib.constants;

type Pack = (bytes: Uint8Array) => Buffer;
const brotli: Pack = (bytes) =>
  zlib.brotliCompressSync(bytes, { params: { [BROTLI_PARAM_QUALITY]: 1, [BROTLI_PARAM_LGWIN]: 24 } });
/** What `Content-Encoding` says, and what it means. */
const CODINGS: readonly (readonly [string, Pack])[] = [
  ["gzip", zlib.gzipSync],
  ["x-gzip", zlib.gzipSync],
  ["GZip", zlib.gzipSync],
  ["deflate", zlib.deflateSync],
  ["deflate", zlib.deflateRawSync],
  ["br", brotli],
  ["zstd", (bytes) => zlib.zstdCompressSync(bytes)],
  ["identity, gzip,", zlib.gzipSync],
  ["gzip, br", (bytes) => brotli(zlib.gzipSync(bytes))],
];

/** A body in chunks of a given size; reports how much of it was read. */
function body(bytes: Uint8Array, chunkBytes = 64 * 1024) {
  const source = {
    taken: 0,
    async *[Symbol.asyncIterator]() {
      for (let at = 0; at < bytes.byteLength; at += chunkBytes) {
        source.taken = Math.min(at + chunkBytes, bytes.byteLength);
        yield bytes.subarray(at, at + chunkBytes);
      }
    },
  };
  return source;
}

async function read(chunks: AsyncIterable<Uint8Array>, limit = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const all: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    all.push(chunk);
    size += chunk.byteLength;
    if (size > limit) break;
  }
  return Buffer.concat(all);
}

async function refusal(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const error = await read(chunks).then(
    (bytes) => `${bytes.byteLength} bytes`,
    (fault: unknown) => fault,
  );
  expect(error).toBeInstanceOf(ConnectorError);
  expect((error as ConnectorError).code).toBe("malformed_answer");
  return (error as ConnectorError).message;
}

describe("a compressed body", () => {
  test.each(CODINGS)("in %s yields the original, however it is cut up", async (coding, pack) => {
    for (const size of [0, 1, 100_000, 3_000_000]) {
      const bytes = randomBytes(size);
      const packed = pack(bytes);
      for (const chunk of size > 100_000 ? [64 * 1024, packed.byteLength] : [1000, packed.byteLength]) {
        expect((await read(decompress(body(packed, chunk), coding))).equals(bytes)).toBe(true);
      }
    }
    const text = Buffer.from("each byte by itself");
    expect((await read(decompress(body(pack(text), 1), coding))).equals(text)).toBe(true);
  });
  test.each(["gzip", "deflate", "br", "zstd"])("is empty if it has no bytes: %s", async (coding) => {
    expect(await read(decompress(body(Buffer.alloc(0)), coding))).toHaveLength(0);
  });
  test("of several members is all of them", async () => {
    const packed = Buffer.concat([zlib.gzipSync("one"), zlib.gzipSync("two")]);
    expect((await read(decompress(body(packed, 7), "gzip"))).toString()).toBe("onetwo");
  });
  test.each([null, "", "identity", "aws-chunked", "utf-8", "gzip, compress", "__proto__"])(
    "is passed on unchanged if the header is %p",
    async (header) => {
      const packed = zlib.gzipSync("as it is");
      expect((await read(decompress(body(packed), header))).equals(packed)).toBe(true);
    },
  );
});

describe("a body that costs more than it should", () => {
  test.each(CODINGS)("in %s is decompressed only as far as it is read", async (coding, pack) => {
    const packed = body(pack(Buffer.alloc(50_000_000)), 1024);
    const bytes = await read(decompress(packed, coding), 256 * 1024);
    expect(bytes.byteLength).toBeLessThanOrEqual(256 * 1024 + 32 * 1024);
    // At a ratio of 1 : 1000, 256 KB come from some hundred bytes: of a longer body, little more than a chunk is read.
    expect(packed.taken).toBeLessThanOrEqual(4 * 1024);
  });
  test("of many nested codings is rejected before it is decompressed", async () => {
    const packed = body(Buffer.alloc(1000));
    const header = Array(MAX_CODINGS + 1)
      .fill("gzip")
      .join(", ");
    expect(await refusal(decompress(packed, header))).toBe(
      "The response cannot be read: its body has 3 content codings; at most 2 are decoded.",
    );
    expect(packed.taken).toBe(0);
  });
  test.each([
    ["gzip", zlib.gzipSync("")],
    ["zstd", zlib.zstdCompressSync("")],
    // Empty stored blocks, none of them the last.
    ["deflate", Buffer.from([0, 0, 0, 0xff, 0xff])],
    // An empty metadata block.
    ["br", Buffer.from([0x0c])],
  ])("and yields nothing ends: %s", async (coding, nothing) => {
    const chunk = Buffer.concat(Array(Math.ceil(10_000 / nothing.byteLength)).fill(nothing));
    let taken = 0;
    async function* forever() {
      // Not endless, so that the test ends if the limit does not work.
      while (taken < 64 * MAX_SURPLUS_BYTES) {
        taken += chunk.byteLength;
        yield coding === "br" && taken === chunk.byteLength ? Buffer.concat([Buffer.from([0x0b]), chunk]) : chunk;
      }
    }
    await read(decompress(forever(), coding)).catch((fault) =>
      expect(fault).toMatchObject({ code: "malformed_answer" }),
    );
    expect(taken).toBeLessThanOrEqual(MAX_SURPLUS_BYTES + 3 * chunk.byteLength);
  });
  test("and yields nothing of what another coding decompresses ends, too", async () => {
    const nothing = Buffer.concat(Array(200_000).fill(zlib.gzipSync("")));
    expect(await refusal(decompress(body(zlib.gzipSync(nothing)), "gzip, gzip"))).toBe(
      "The response cannot be read: its gzip body goes on and yields nothing.",
    );
  });
  test("of tiny frames, many at once: the frames of one are parsed per turn of the event loop", async () => {
    const looked = new Map<number, number>();
    let turn = 0;
    const add = spyOn(ZstdFrames.prototype, "add").mockImplementation(() => {
      looked.set(turn, (looked.get(turn) ?? 0) + 1);
      // Longer than a slice.
      const until = performance.now() + 6;
      while (performance.now() < until);
    });
    try {
      const packed = zlib.zstdCompressSync("");
      let isDone = false;
      const all = Promise.all(Array.from({ length: 30 }, () => read(decompress(body(packed), "zstd"))));
      void all.finally(() => {
        isDone = true;
      });
      for (; !isDone; turn++) await new Promise(setImmediate);
      await all;
      expect(add).toHaveBeenCalledTimes(30);
      expect(Math.max(...looked.values())).toBe(1);
    } finally {
      add.mockRestore();
    }
  });

  test("requires a window of more than 8 MB: zstd rejects it", async () => {
    const packed = zlib.zstdCompressSync(Buffer.alloc(9_000_000), { params: { [ZSTD_c_windowLog]: 25 } });
    expect(await refusal(decompress(body(packed), "zstd"))).toBe(
      "The response cannot be read: its zstd body is invalid.",
    );
  });
  test.skipIf(process.platform !== "linux")(
    "sixty-four in br at once do not need sixty-four windows",
    async () => {
      const file = `${import.meta.dir}/decompress_process.ts`;
      const child = Bun.spawn([process.execPath, file], { stdout: "pipe", stderr: "inherit" });
      const { peak_mb } = JSON.parse(await new Response(child.stdout).text());
      // One after the other 50 to 100; all at once 1,100.
      expect(peak_mb).toBeLessThan(400);
    },
    60_000,
  );
});

describe("an invalid body", () => {
  test.each(CODINGS)("is reported, in %s", async (coding, pack) => {
    expect(await refusal(decompress(body(Buffer.from("abc")), coding))).toMatch(/its [\w-]+ body is invalid\.$/);
    const packed = pack(randomBytes(10_000));
    for (const end of [1, 5, 20, 5_000, -1]) {
      const cut = refusal(decompress(body(packed.subarray(0, end), 1_000), coding));
      expect(await cut).toMatch(/its [\w-]+ body is (?:invalid|incomplete)\.$/);
    }
  });
  test.each([
    ["a checksum", { [ZSTD_c_checksumFlag]: 1 }],
    ["no size", { [ZSTD_c_contentSizeFlag]: 0 }],
    ["a small window", { [ZSTD_c_windowLog]: 10 }],
  ])(
    "in zstd: complete and truncated at each byte are distinguished, with %s, of several frames",
    async (_, params) => {
      const frame = (size: number) =>
        zlib.zstdCompressSync(Buffer.concat([randomBytes(size), Buffer.alloc(size)]), { params });
      const ends = [0];
      // Skippable frames, too, and an empty one.
      const skippable = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
      const packed = Buffer.concat(
        [frame(300), frame(0), skippable, frame(70)].map((bytes) => {
          ends.push((ends.at(-1) as number) + bytes.byteLength);
          return bytes;
        }),
      );
      for (let end = 0; end <= packed.byteLength; end++) {
        const got = await read(decompress(body(packed.subarray(0, end), 50), "zstd")).then(
          () => "whole",
          () => "cut",
        );
        expect([end, got]).toEqual([end, ends.includes(end) ? "whole" : "cut"]);
      }
      // Blocks of 128 KB, compressed, raw and repeated.
      const large = Buffer.concat([randomBytes(400_000), Buffer.alloc(400_000), Buffer.from("text ".repeat(80_000))]);
      const whole = zlib.zstdCompressSync(large, { params });
      expect((await read(decompress(body(whole), "zstd"))).equals(large)).toBe(true);
      expect(await refusal(decompress(body(whole.subarray(0, -1)), "zstd"))).toMatch(/incomplete|invalid/);
    },
  );
  test("is blamed on its connection if that is at fault, not on its coding", async () => {
    const fault = new Error("connection lost");
    async function* lost() {
      yield zlib.gzipSync(randomBytes(10_000)).subarray(0, 5_000);
      throw fault;
    }
    await expect(read(decompress(lost(), "gzip"))).rejects.toBe(fault);
  });
});
