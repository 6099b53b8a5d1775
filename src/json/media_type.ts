/** Which media types are JSON, and in which encoding. */
import { MIMEType } from "node:util";

export interface MediaType {
  /** `application/json`, `text/json`, or one that ends in `+json`. */
  readonly is_json: boolean;
  /** As given, without quotes; `undefined` if there is none, or the name is empty. */
  readonly charset: string | undefined;
}

/** Parses a `Content-Type` as browsers do; `undefined` if it is invalid. */
export function parseMediaType(contentType: string): MediaType | undefined {
  let type: MIMEType;
  try {
    type = new MIMEType(contentType);
  } catch {
    return undefined;
  }
  const { essence, subtype } = type;
  const is_json = essence === "application/json" || essence === "text/json" || subtype.endsWith("+json");
  return { is_json, charset: type.params.get("charset") || undefined };
}

/**
 * The encoding that a charset's name stands for in the Encoding Standard, such as `utf-8`; `undefined` if it is
 * unknown.
 */
export function encodingOf(charset: string): Bun.Encoding | undefined {
  try {
    return new TextDecoder(charset as Bun.Encoding).encoding as Bun.Encoding;
  } catch {
    return undefined;
  }
}
