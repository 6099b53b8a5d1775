/** Interprets the body of a response. */
import { type Static, Type } from "@sinclair/typebox";
import {
  encodingOf,
  excerpt,
  type ForeignJson,
  JSON_DEPTH_LIMIT,
  JsonError,
  parseForeignJson,
  parseMediaType,
  pointerTo,
} from "../src/json/mod.ts";

/** The body is a field of the result, which may be as deep as any JSON. */
const DEPTH_LIMIT = JSON_DEPTH_LIMIT - 1;

/** Of a key in a note. */
const MAX_KEY_CHARACTERS = 100;

export const BodyNote = Type.Object({
  pointer: Type.String({ description: "JSON pointer into the output." }),
  code: Type.Union([
    Type.Literal("number_kept_as_text"),
    Type.Literal("json_kept_as_text"),
    Type.Literal("repeated_key"),
    Type.Literal("decoded_as_utf_8"),
  ]),
  message: Type.String(),
});
type BodyNote = Static<typeof BodyNote>;

export interface Body {
  readonly body: unknown;
  readonly body_encoding: "json" | "text" | "base64";
  /** What in `body` differs from the response. */
  readonly notes?: BodyNote[];
}

/** Never throws. `truncated`: the bytes are only the beginning of the body. */
export function decodeBody(
  bytes: Uint8Array,
  { contentType = "", truncated }: { contentType: string | undefined; truncated: boolean },
): Body {
  // Whatever its type: a response to HEAD, or with 204 or 304, may name the type of the body that it omits.
  if (bytes.length === 0) return { body: "", body_encoding: "text" };
  const type = parseMediaType(contentType);
  const decoded = decode(bytes, { charset: type?.charset, truncated });
  if (decoded === undefined) return { body: Buffer.from(bytes).toString("base64"), body_encoding: "base64" };
  const { text, notes } = decoded;
  if (!type?.is_json || truncated) return { body: text, body_encoding: "text", ...given(notes) };
  try {
    const { value, kept_as_text, repeated_key } = parseForeignJson(text, { what: "body", depth: DEPTH_LIMIT });
    notes.push(...numberNotes(kept_as_text));
    if (repeated_key !== undefined) notes.push(keyNote(repeated_key));
    return { body: value, body_encoding: "json", ...given(notes) };
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    // The text speaks for itself.
    const note = { pointer: "/body", code: "json_kept_as_text", message: error.message } as const;
    return { body: text, body_encoding: "text", ...given([...notes, note]) };
  }
}

function given(notes: BodyNote[]): Pick<Body, "notes"> {
  return notes.length > 0 ? { notes } : {};
}

function numberNotes({ count, pointers }: ForeignJson["kept_as_text"]): BodyNote[] {
  const code = "number_kept_as_text";
  const notes: BodyNote[] = pointers.map((pointer) => ({
    pointer: pointerTo("", "body") + pointer,
    code,
    message: "The number is not a 64-bit integer, and no double has exactly its value: it is returned as a string.",
  }));
  const others = count - notes.length;
  if (others > 0) notes.push({ pointer: "/body", code, message: `So are ${others} other numbers.` });
  return notes;
}

function keyNote(key: string): BodyNote {
  const named = JSON.stringify(excerpt(key, MAX_KEY_CHARACTERS));
  const message = `An object in the body repeats the key ${named}: its last value is returned.`;
  return { pointer: "/body", code: "repeated_key", message };
}

/** `undefined` for what is not text: bytes that are invalid in both the charset and UTF-8, or a NUL. */
function decode(
  bytes: Uint8Array,
  { charset, truncated }: { charset: string | undefined; truncated: boolean },
): { text: string; notes: BodyNote[] } | undefined {
  const named = charset === undefined ? "utf-8" : encodingOf(charset);
  const text = named && tryDecode(bytes, { encoding: named, truncated });
  if (text !== undefined) return text.includes("\0") ? undefined : { text, notes: [] };
  const asUtf8 = named === "utf-8" ? undefined : tryDecode(bytes, { encoding: "utf-8", truncated });
  if (asUtf8 === undefined || asUtf8.includes("\0")) return undefined;
  const message = `The response has the charset ${JSON.stringify(charset)}, which ${named ? "it is not in" : "is unknown"}; it was read as UTF-8.`;
  return { text: asUtf8, notes: [{ pointer: "/body", code: "decoded_as_utf_8", message }] };
}

function tryDecode(
  bytes: Uint8Array,
  { encoding, truncated }: { encoding: Bun.Encoding; truncated: boolean },
): string | undefined {
  try {
    // The cut may fall within a character: `stream` drops the incomplete rest.
    return new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: truncated });
  } catch {
    return undefined;
  }
}
