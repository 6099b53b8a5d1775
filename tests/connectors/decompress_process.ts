/**
 * Decompresses the same hostile body sixty-four times at once, 256 KB of each; prints by how many MB that made the
 * process grow.
 */
import { brotliCompressSync, constants } from "node:zlib";
import { decompress } from "../../connectors/decompress.ts";

const { BROTLI_PARAM_LGWIN, BROTLI_PARAM_QUALITY } = constants;
const bomb = brotliCompressSync(Buffer.alloc(64_000_000), {
  params: { [BROTLI_PARAM_QUALITY]: 5, [BROTLI_PARAM_LGWIN]: 24 },
});
Bun.gc(true);
const before = process.memoryUsage().rss;

async function* body() {
  yield bomb;
}

async function readSome(): Promise<void> {
  let size = 0;
  for await (const piece of decompress(body(), "br")) {
    size += piece.byteLength;
    if (size > 256 * 1024) break;
  }
}

let peak = before;
const timer = setInterval(() => {
  peak = Math.max(peak, process.memoryUsage().rss);
}, 1);
await Promise.all(Array.from({ length: 64 }, readSome));
clearInterval(timer);
process.stdout.write(JSON.stringify({ peak_mb: Math.round((peak - before) / 1e6) }));
