/**
 * Response bodies, decompressed while they are read (`Content-Encoding`; RFC 9110, section 8.4).
 *
 * A body is decompressed in pieces of 32 KB, off the event loop, and no further than it is read: a few bytes that
 * expand to gigabytes cost only what is read of them. A body that yields nothing is cut off, too: compressed, it may be
 * larger than decompressed by {@link MAX_SURPLUS_BYTES}.
 */
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
  type Gunzip,
} from "node:zlib";
import { inSlice } from "../src/async/mod.ts";
import { ConnectorError } from "./connector.ts";
import { ZstdFrames } from "./zstd_frames.ts";

/** How much is decompressed at a time. */
const PIECE_BYTES = 32 * 1024;
/** By how much the compressed bytes read may exceed the bytes that they yielded. */
export const MAX_SURPLUS_BYTES = 256 * 1024;
/** Nested codings. */
export const MAX_CODINGS = 2;

interface Coding {
  /** Some codings need the body's first byte to tell which of two formats it has. */
  readonly decoder: (firstByte: number) => Gunzip;
  /** Waits until the chunk may be decompressed; resolves to a function to call afterwards. */
  readonly acquire?: () => Promise<() => void>;
  /** Tells whether the body is complete, for decoders that do not. */
  readonly frames?: () => Pick<ZstdFrames, "add" | "complete">;
}

const chunkSize = PIECE_BYTES;
const gzip: Coding = { decoder: () => createGunzip({ chunkSize }) };
const CODINGS: ReadonlyMap<string, Coding> = new Map([
  ["gzip", gzip],
  ["x-gzip", gzip],
  // With zlib's header, as RFC 9110 requires, or without, as some servers send it.
  ["deflate", { decoder: (first) => ((first & 0x0f) === 8 ? createInflate : createInflateRaw)({ chunkSize }) }],
  [
    "zstd",
    {
      // No window above 8 MB (RFC 9659).
      decoder: () => createZstdDecompress({ chunkSize, params: { [constants.ZSTD_d_windowLogMax]: 23 } }),
      frames: () => new ZstdFrames(),
    },
  ],
  // Its decoder fills its whole window, up to 16 MB, before it yields the first byte: one chunk at a time, so that many
  // at once do not each take that much. Requests do not offer it.
  ["br", { decoder: () => createBrotliDecompress({ chunkSize }), acquire: mutex() }],
]);

/** What requests send in `Accept-Encoding`. */
export const ACCEPT_ENCODING = "gzip, deflate, zstd";

/**
 * Decodes a body. A body with an unknown coding is passed on as it is: the header contains all kinds of values that are
 * not codings (`aws-chunked`, `utf-8`). Throws a `ConnectorError` `malformed_answer` if the body cannot be
 * decompressed.
 */
export async function* decompress(
  body: AsyncIterable<Uint8Array>,
  contentEncoding: string | null,
): AsyncGenerator<Uint8Array> {
  const names = (contentEncoding ?? "")
    .toLowerCase()
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && name !== "identity");
  const known = names.every((name) => CODINGS.has(name));
  if (known && names.length > MAX_CODINGS) {
    throw malformed(`its body has ${names.length} content codings; at most ${MAX_CODINGS} are decoded`);
  }
  yield* known ? names.reduceRight(decompressOne, body) : body;
}

async function* decompressOne(compressed: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Uint8Array> {
  const { decoder: createDecoder, acquire, frames: createFrames } = CODINGS.get(name) as Coding;
  const chunks = compressed[Symbol.asyncIterator]();
  let next = await chunks.next();
  while (next.value?.byteLength === 0) next = await chunks.next();
  // An empty body is empty, whatever its coding.
  if (next.done) return;
  const decoder = createDecoder(next.value[0] as number);
  const frames = createFrames?.();
  let surplus = 0;
  /** Of the compressed content, not of its coding. */
  let fault: unknown;
  let closed = () => {};
  decoder.once("close", () => closed());

  /** Whether the decoder consumed the whole chunk: not if it ended before or was destroyed. */
  function write(chunk: Uint8Array): Promise<boolean> {
    return new Promise((resolve) => {
      closed = () => resolve(false);
      decoder.write(chunk, (error) => resolve(!error));
    });
  }

  async function feed(): Promise<void> {
    try {
      for (; !next.done; next = await chunks.next()) {
        const release = await acquire?.();
        // Resolves when the whole chunk is decompressed, and so not before its output is read.
        const chunk = next.value;
        const consumed = await write(chunk);
        release?.();
        if (!consumed) return;
        // It may consist of nothing but frames of a few bytes, and many such bodies may arrive at once.
        if (frames) await inSlice(() => frames.add(chunk));
        surplus += chunk.byteLength;
        if (surplus > MAX_SURPLUS_BYTES) throw malformed(`its ${name} body goes on and yields nothing`);
      }
      if (frames?.complete === false) throw malformed(`its ${name} body is incomplete`);
      decoder.end();
    } catch (error) {
      fault = error;
      decoder.destroy();
    }
  }

  void feed();
  try {
    for await (const piece of decoder as AsyncIterable<Uint8Array>) {
      surplus -= piece.byteLength;
      yield piece;
    }
  } catch (error) {
    throw fault ?? malformed(`its ${name} body is invalid`, error);
  } finally {
    decoder.destroy();
    void chunks.return?.().catch(() => {});
  }
}

/** Returns a function that waits for its turn, and resolves to the one that ends it. */
function mutex(): () => Promise<() => void> {
  let last = Promise.resolve();
  return async () => {
    const before = last;
    const { promise, resolve } = Promise.withResolvers<void>();
    last = promise;
    await before;
    return resolve;
  };
}

function malformed(reason: string, cause?: unknown): ConnectorError {
  return new ConnectorError("malformed_answer", `The response cannot be read: ${reason}.`, { cause });
}
