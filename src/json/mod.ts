/**
 * JSON as this service reads and writes it, in one place.
 *
 * - {@link parseJson} reads what callers send and rejects what cannot be represented; {@link parseForeignJson} reads
 *   what other services send, and keeps what can be; {@link decodeJson} reads back what this service wrote.
 * - Integers of up to 64 bits pass unchanged: those beyond ±(2^53 − 1) are `bigint` in parsed values, all other numbers
 *   are `number`. `JSON.stringify` writes both.
 * - {@link JsonText}: large and long-lived values are kept as text.
 */
import "./bigint.ts";

export { type Check, compileCheck } from "./check.ts";
export { isDeeperThan, JSON_DEPTH_LIMIT } from "./depth.ts";
export { decodeKept, isCheapToDecode, JsonText, keepAsText, keepListAsText, weightOf, writeJson } from "./json_text.ts";
export { encodingOf, parseMediaType } from "./media_type.ts";
export { exactNumber } from "./numbers.ts";
export { decodeJson, type ForeignJson, JsonError, type JsonErrorCode, parseForeignJson, parseJson } from "./parse.ts";
export { cutPointer, pointerTo } from "./pointer.ts";
export { isSameJson } from "./same.ts";
export { excerpt, firstCharacters } from "./text.ts";
export { faultOfValue } from "./value.ts";
