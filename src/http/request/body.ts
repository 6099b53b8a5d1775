/** Reads a request's body once, as text, within its limit. */

import { encodingOf, firstCharacters, parseMediaType } from "../../json/mod.ts";
import { contextOf, type RequestContext } from "../context.ts";
import { BODY_LIMIT_BYTES } from "../limits.ts";
import { Problem } from "../problem.ts";
import { problems } from "../problems.ts";
import { BodyTurns } from "./body_turns.ts";
import { bodyHoldsCredential, credentialExposed } from "./credential.ts";
import { readJsonText } from "./json.ts";

export interface JsonBody {
  /** The request's own text, without a byte order mark. */
  readonly text: string;
  /** Of the text, in UTF-8. */
  readonly byte_length: number;
  readonly value: unknown;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

const turns = new BodyTurns();

/**
 * Reads a JSON body. Throws the problems `unsupported_media_type`, `body_too_large`, `unavailable` (see `body_turns.ts`)
 * and those of `readJsonText`.
 */
export async function readJson(request: Request): Promise<JsonBody> {
  const { headers } = contextOf(request);
  const contentType = headers["content-type"];
  if (contentType !== "application/json") checkMediaType(contentType);
  checkCoding(headers["content-encoding"]);
  const bytes = await readBytes(request);
  return await turns.parse(callerOf(request), { length: bytes.byteLength, parse: () => parseBody(bytes, headers) });
}

function parseBody(bytes: Uint8Array, headers: RequestContext["headers"]): JsonBody {
  const text = decode(bytes);
  if (text === undefined) throw new Problem(problems.malformed_json, "The body is not valid UTF-8.");
  const body = { text, byte_length: bytes.byteLength, value: readJsonText(text) };
  if (bodyHoldsCredential(body, headers)) throw credentialExposed("body");
  return body;
}

/** In whose turn: bodies are read only for known callers. */
function callerOf(request: Request): string {
  const { identity } = contextOf(request);
  return identity?.kind === "known" ? identity.caller.counted_as : "";
}

/** Reads a JSON body if there is one; without one its value is `{}`. Throws as {@link readJson} does. */
export async function readJsonIfAny(request: Request): Promise<JsonBody> {
  const { headers } = contextOf(request);
  const length = headers["content-length"] ?? (headers["transfer-encoding"] === undefined ? "0" : "");
  return length === "0" ? { text: "{}", byte_length: 0, value: {} } : readJson(request);
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function checkMediaType(contentType: string | undefined): void {
  if (contentType === undefined) {
    throw new Problem(
      problems.unsupported_media_type,
      "The request has no Content-Type; application/json is expected.",
    );
  }
  const type = parseMediaType(contentType);
  if (!type?.is_json) {
    throw new Problem(
      problems.unsupported_media_type,
      `The Content-Type ${shown(contentType)} is not JSON; application/json is expected.`,
    );
  }
  if (type.charset !== undefined && encodingOf(type.charset) !== "utf-8") {
    throw new Problem(
      problems.unsupported_media_type,
      `The charset ${shown(type.charset)} is not UTF-8; send the JSON in UTF-8, and name no other charset.`,
    );
  }
}

/** Compressed bodies are rejected: nothing in them bounds their decompressed size. */
function checkCoding(coding: string | undefined): void {
  if (coding === undefined || coding.toLowerCase() === "identity") return;
  throw new Problem(
    problems.unsupported_media_type,
    `The Content-Encoding ${shown(coding)} is not supported; send a body without one.`,
    { headers: { "accept-encoding": "identity" } },
  );
}

function shown(text: string): string {
  return JSON.stringify(firstCharacters(text, 100));
}

async function readBytes(request: Request): Promise<Uint8Array> {
  const context = contextOf(request);
  context.reading = true;
  try {
    return await readAll(request);
  } catch (error) {
    throw error instanceof Problem ? error : incomplete(error);
  } finally {
    context.reading = false;
  }
}

async function readAll(request: Request): Promise<Uint8Array> {
  const length = contextOf(request).headers["content-length"];
  if (length !== undefined) {
    if (Number(length) > BODY_LIMIT_BYTES) throw tooLarge(`${length} bytes long`);
    return await request.bytes();
  }
  // Chunked: its length is known only as it is read.
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > BODY_LIMIT_BYTES) throw tooLarge("longer");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function incomplete(cause: unknown): Problem {
  return new Problem(problems.incomplete_body, "The connection ended before the body did.", { cause });
}

function tooLarge(length: string): Problem {
  return new Problem(problems.body_too_large, `The body is ${length}; at most ${BODY_LIMIT_BYTES} bytes are accepted.`);
}
