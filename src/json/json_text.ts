/**
 * JSON values that are kept as text. A parsed value takes far more memory than its text: `[],` is three characters, and
 * 56 bytes. So whatever is large and long-lived is kept as text, and decoded where somebody looks into it.
 */

import { randomBytes } from "node:crypto";
import { LRUCache } from "lru-cache";
import { nestingOf } from "./depth.ts";
import { decodeJson } from "./parse.ts";

/** Lists and objects of up to this many UTF-16 units of JSON are kept as they are. */
const LITTLE_LENGTH = 64;
/** The length of a text that takes more than a millisecond or so to decode. */
const LONG_LENGTH = 50_000;
/** About how many bytes recently read decoded values may take in this process. */
const MAX_DECODED_WEIGHT = 96_000_000;

/** A placeholder for a text while it is written: nobody outside this process can have seen it. */
const MARK = randomBytes(15).toString("base64url");
/** The texts that {@link writeJson} has met so far; `undefined` if something else writes. */
let met: string[] | undefined;

/** A list or an object as its text: valid, written by this service. */
export class JsonText {
  constructor(readonly text: string) {}

  /** So that `JSON.stringify` writes the value itself; {@link writeJson} does so without decoding it. */
  toJSON(): unknown {
    if (!met) return decodeJson(this.text);
    met.push(this.text);
    return MARK;
  }
}

/** A value as it should be kept. `text`: its JSON, if available. */
export function keepAsText(value: unknown, text?: string): unknown {
  if (value === null || typeof value !== "object" || value instanceof JsonText) return value;
  const json = text ?? writeJson(value);
  return json.length > LITTLE_LENGTH ? new JsonText(json) : value;
}

/** The list of kept values. */
export function keepListAsText(values: readonly unknown[]): unknown {
  return keepAsText(values, `[${values.map((value) => writeJson(value ?? null)).join(",")}]`);
}

/** What is kept, decoded: not to be referenced for longer than needed, nor changed. */
export function decodeKept(value: unknown): unknown {
  return value instanceof JsonText ? open(value) : value;
}

/** Whether looking into it takes no more than a millisecond or so now. */
export function isCheapToDecode(value: unknown): boolean {
  return !(value instanceof JsonText) || value.text.length < LONG_LENGTH || decoded.has(value.text);
}

/** Like `JSON.stringify`, for what JSON can represent, without decoding kept texts. */
export function writeJson(value: unknown): string {
  if (value instanceof JsonText) return value.text;
  const outer = met;
  const texts: string[] = [];
  met = texts;
  try {
    const json = JSON.stringify(value);
    if (texts.length === 0) return json;
    return json
      .split(`"${MARK}"`)
      .map((part, index) => part + (texts[index] ?? ""))
      .join("");
  } finally {
    met = outer;
  }
}

const [QUOTE, COMMA, OPEN_BRACKET, OPEN_BRACE] = [0x22, 0x2c, 0x5b, 0x7b];

/** Of an array's places. */
const PLACE_BYTES = 8;

/** About how much memory the value of a JSON text takes, in bytes. */
export function weightOf(text: string): number {
  let weight = text.length + nestingOf(text).places * PLACE_BYTES;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === OPEN_BRACKET || unit === OPEN_BRACE) weight += 48;
    else if (unit === QUOTE || unit === COMMA) weight += 12;
  }
  return weight;
}

/** Recently read values, by text: several jobs may have the same. */
const decoded = new LRUCache<string, { readonly value: unknown; readonly weight: number }>({
  maxSize: MAX_DECODED_WEIGHT,
  sizeCalculation: ({ weight }) => weight,
});

function open({ text }: JsonText): unknown {
  const known = decoded.get(text);
  if (known) return known.value;
  const value = decodeJson(text);
  decoded.set(text, { value, weight: weightOf(text) + text.length });
  return value;
}
