/**
 * How a hostile peer responds: deeply nested, compressed, endless, slow, broken, or labelled as JSON without being it.
 */
import { brotliCompressSync, constants, gzipSync, zstdCompressSync } from "node:zlib";
import type { Random } from "./random.ts";

const DEEP = 30_000;
/** Of zeros: a few KB, compressed. */
const UNPACKED = Buffer.alloc(64 * 1024 * 1024);
const EVERY_MS = 250;
/**
 * How much one response sends at most, and how long it lasts, so that the service suffers from it, and not this
 * machine.
 */
const ENDLESS = { bytes: 32 * 1024 * 1024, chunk: 64 * 1024 };
const SLOW_MS = 30_000;

const json = { "content-type": "application/json" };
const packed = (encoding: string, bytes: Uint8Array) => () =>
  new Response(bytes as Uint8Array<ArrayBuffer>, { headers: { ...json, "content-encoding": encoding } });

const ANSWERS: Readonly<Record<string, () => Response>> = {
  deep: () => new Response("[".repeat(DEEP) + "]".repeat(DEEP), { headers: json }),
  deep_objects: () => new Response(`${'{"a":'.repeat(DEEP)}1${"}".repeat(DEEP)}`, { headers: json }),
  unclosed: () => new Response("[".repeat(200_000), { headers: json }),
  numbers: () => new Response('{"id":7615917337495251231,"n":1e400,"__proto__":{"x":1}}', { headers: json }),
  gzip: packed("gzip", gzipSync(UNPACKED)),
  brotli: packed("br", brotliCompressSync(UNPACKED, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } })),
  zstd: packed("zstd", zstdCompressSync(UNPACKED)),
  broken: packed("gzip", Buffer.from("abc")),
  endless: () => endless({ pause_ms: 0, until: ENDLESS.bytes / ENDLESS.chunk, chunk: " ".repeat(ENDLESS.chunk) }),
  slow: () => endless({ pause_ms: EVERY_MS, until: SLOW_MS / EVERY_MS, chunk: " " }),
  silent: () => endless({ pause_ms: SLOW_MS, until: 1, chunk: "" }),
  round: () => new Response(null, { status: 307, headers: { location: "?again" } }),
};

const UNDELIVERED: ReadonlySet<string> = new Set(["silent", "round"]);

/** A response of a kind; `undefined` if there is no such kind. */
export function hostileAnswer(kind: string): Response | undefined {
  return ANSWERS[kind]?.();
}

/** One of the kinds; `delivered`: of those whose status means delivered at once. */
export function hostileKind(random: Random, { delivered = false } = {}): string {
  return random.pick(Object.keys(ANSWERS).filter((kind) => !delivered || !UNDELIVERED.has(kind)));
}

function endless({ pause_ms, until, chunk }: { pause_ms: number; until: number; chunk: string }): Response {
  const bytes = new TextEncoder().encode(chunk);
  let left = until;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await Bun.sleep(pause_ms);
      if (left-- <= 0) return controller.close();
      controller.enqueue(bytes);
    },
  });
  return new Response(body, { headers: json });
}
