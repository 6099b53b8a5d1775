/**
 * Responses that can be megabytes: each is written in its own slice, so that many at once let others take their turn.
 */
import { inSlice } from "../../async/mod.ts";
import { writeJson } from "../../json/mod.ts";

/** From this many UTF-16 units on, a response is encoded here, in one of many slices, and not by the server. */
const LONG_LENGTH = 100_000;

const encoder = new TextEncoder();

/** Writes a value as a response's JSON, without decoding kept text. */
export function respondWithJson(value: unknown, set: { headers: Record<string, unknown> }): Promise<Response | string> {
  return respondWithWrittenJson(() => writeJson(value), set);
}

/** The same, for JSON that is written when its turn has come. */
export async function respondWithWrittenJson(
  write: () => string,
  set: { headers: Record<string, unknown> },
): Promise<Response | string> {
  set.headers["content-type"] = "application/json";
  const body = await inSlice(() => {
    const json = write();
    return json.length < LONG_LENGTH ? json : encoder.encode(json);
  });
  return typeof body === "string" ? body : new Response(body);
}
