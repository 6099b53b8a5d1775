/** Something to be sent: its bytes, what they are, and the same bytes compressed. */
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip, zstdCompress } from "node:zlib";

/** The content encodings, the best first. */
export const ENCODINGS = ["br", "zstd", "gzip"] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** Larger content would take seconds to compress well, and is compressed faster. */
const SMALL_BYTES = 256 * 1024;
const COMPRESSIBLE = /^(?:text\/|application\/(?:[\w.-]+\+)?(?:json|xml)|application\/javascript|image\/svg\+xml)/;

const compressors: Record<Encoding, (bytes: Uint8Array) => Promise<Uint8Array>> = {
  br: (bytes) =>
    promisify(brotliCompress)(bytes, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: bytes.length <= SMALL_BYTES ? 11 : 7,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    }),
  zstd: (bytes) => promisify(zstdCompress)(bytes, { params: { [constants.ZSTD_c_compressionLevel]: 19 } }),
  gzip: (bytes) => promisify(gzip)(bytes, { level: 9 }),
};

export interface ContentOptions {
  /** A media type, with its charset. */
  readonly type: string;
  /** When it last changed, if known. */
  readonly modified?: Date;
  /** For an address without a version: `public, max-age=300`. */
  readonly cache_control: string;
}

export class Content implements ContentOptions {
  readonly bytes: Uint8Array;
  readonly type: string;
  readonly modified: Date | undefined;
  readonly cache_control: string;
  /** Changes with the bytes: 128 bits of their SHA-256 in base64url. */
  readonly version: string;
  readonly compressible: boolean;
  readonly #encoded = new Map<Encoding, Promise<Uint8Array | undefined>>();

  constructor(body: Uint8Array | string, { type, modified, cache_control }: ContentOptions) {
    this.bytes = typeof body === "string" ? Buffer.from(body) : body;
    this.type = type;
    this.modified = modified;
    this.cache_control = cache_control;
    this.version = createHash("sha256").update(this.bytes).digest("base64url").slice(0, 22);
    this.compressible = COMPRESSIBLE.test(type);
  }

  /** The encoded bytes, computed once; `undefined` if they are no smaller. */
  encoded(encoding: Encoding): Promise<Uint8Array | undefined> {
    let made = this.#encoded.get(encoding);
    if (!made) {
      made = compressors[encoding](this.bytes).then((bytes) => (bytes.length < this.bytes.length ? bytes : undefined));
      this.#encoded.set(encoding, made);
    }
    return made;
  }
}
