/** Serves content to a GET or HEAD: encodings, validators, ranges (RFC 9110). */
import Negotiator from "negotiator";
import { parse as parseRange, type Range } from "range-parser";
import { isCurrent, notModified } from "./conditional.ts";
import { type Content, ENCODINGS, type Encoding } from "./content.ts";

/** For addresses that include the version of their content. */
const FOR_EVER = "public, max-age=31536000, immutable";

/** What `range-parser` returns for a well-formed range that starts after the end of the content. */
const UNSATISFIABLE = 2;

/** The requested range starts after the end of the content: status 416. */
export class RangeNotSatisfiableError extends Error {
  override readonly name = "RangeNotSatisfiableError";
  constructor(
    range: string,
    /** The size of the content, in bytes. */
    readonly size: number,
  ) {
    super(`Cannot send the range ${range}: there are ${size} bytes`);
  }
}

interface RespondOptions {
  readonly status?: number;
  /** In addition to those of the content. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Responds with 200, 206 or 304, depending on the request's headers; with another `status`, always that one. A range is
 * one of the uncompressed bytes. Throws `RangeNotSatisfiableError`.
 */
export async function respond(
  request: Request,
  content: Content,
  { status = 200, headers: more = {} }: RespondOptions = {},
): Promise<Response> {
  const range = status === 200 ? rangeOf(request, content) : undefined;
  const { encoding, bytes } = range ? { bytes: content.bytes } : await encode(request, content);
  const headers: Record<string, string> = {
    "content-type": content.type,
    "cache-control": cacheControl(request, content),
    // Strong: each encoding has its own bytes, so its own tag.
    etag: `"${content.version}${encoding ? `-${encoding}` : ""}"`,
    ...(content.modified && { "last-modified": content.modified.toUTCString() }),
    "accept-ranges": "bytes",
    ...(content.compressible && { vary: "accept-encoding" }),
    ...(encoding && { "content-encoding": encoding }),
    ...more,
  };
  // Before the range: a client that has everything needs no part of it.
  if (status === 200 && isCurrent(conditionsOf(request), headers)) return notModified(headers);
  if (!range) return send(bytes, { status, headers });
  if (range === "unsatisfiable") throw new RangeNotSatisfiableError(request.headers.get("range") ?? "", bytes.length);
  const { start, end } = range;
  headers["content-range"] = `bytes ${start}-${end}/${bytes.length}`;
  return send(bytes.subarray(start, end + 1), { status: 206, headers });
}

/** A HEAD gets the bytes, too: the server drops them, and needs them to know their length. */
function send(bytes: Uint8Array, init: { status: number; headers: Record<string, string> }): Response {
  return new Response(bytes as Uint8Array<ArrayBuffer>, init);
}

function cacheControl({ url }: Request, { version, cache_control }: Content): string {
  return url.endsWith(`?v=${version}`) ? FOR_EVER : cache_control;
}

async function encode(request: Request, content: Content): Promise<{ encoding?: Encoding; bytes: Uint8Array }> {
  const accepted = request.headers.get("accept-encoding");
  if (!content.compressible || accepted === null) return content;
  const negotiator = new Negotiator({ headers: { "accept-encoding": accepted } }) as Negotiator & {
    // Missing in its types: if the client prefers several alike, our order decides.
    encodings(available: readonly string[], options: { preferred: readonly string[] }): string[];
  };
  for (const encoding of negotiator.encodings([...ENCODINGS, "identity"], { preferred: ENCODINGS })) {
    if (encoding === "identity") break;
    const bytes = await content.encoded(encoding as Encoding);
    if (bytes) return { encoding: encoding as Encoding, bytes };
  }
  return { bytes: content.bytes };
}

function conditionsOf({ headers }: Request) {
  return {
    "if-none-match": headers.get("if-none-match") ?? undefined,
    "if-modified-since": headers.get("if-modified-since") ?? undefined,
  };
}

/** The one range to send; `undefined` for everything: several ranges, another unit, or changed content. */
function rangeOf(request: Request, { bytes, version, modified }: Content): Range | "unsatisfiable" | undefined {
  const header = request.headers.get("range");
  if (header === null || request.method !== "GET" || header.includes(",")) return undefined;
  const condition = request.headers.get("if-range");
  if (condition !== null && condition !== `"${version}"` && condition !== modified?.toUTCString()) return undefined;
  const { code, type, ranges } = parseRange(bytes.length, header);
  if (type !== "bytes") return undefined;
  return code === UNSATISFIABLE ? "unsatisfiable" : ranges[0];
}
