/** Answers that can be megabytes: each is written in a slice of its own, so that many at once leave all else its turns. */
import { inSlice } from "../../async/mod.ts";
import { writeJson } from "../../json/mod.ts";

/** From so many UTF-16 units on an answer is made bytes here, where it is one slice of many, and not by the server. */
const LONG_LENGTH = 100_000;

const encoder = new TextEncoder();

/** Writes a value as an answer's JSON, what is kept as text without decoding it. */
export function answerWith(value: unknown, set: { headers: Record<string, unknown> }): Promise<Response | string> {
  return answerWritten(() => writeJson(value), set);
}

/** The same, of JSON that is written when its turn has come. */
export async function answerWritten(
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
