/** Reads the events that contain a step's or job's output, which can be megabytes, without decoding the output. */
import { decodeJson, JsonText } from "../src/json/mod.ts";
import type { StoredEvent } from "./envelope.ts";

/** Shorter ones are decoded like all others. */
const LONG_LENGTH = 500;

/** The text before and after it, as this service writes it. No more than that is searched. */
const STARTS: Readonly<Record<string, RegExp>> = {
  "job.step_reused": /^\{"step":"\w{1,64}","status":"\w{1,20}","output":/,
  "job.step_succeeded": /^\{"attempt":\d{1,9},"step":"\w{1,64}",(?:"item":\d{1,9},)?"step_attempt":\d{1,9},"output":/,
  "job.succeeded": /^\{"attempt":\d{1,9},"result":/,
};
const START_LENGTH = 200;
const END = /(?:,"output_length":\d{1,9})?\}$/;
const END_LENGTH = 40;

/** An event's data, with a large output or result as its text; `undefined` if it has none. */
export function decodeWithRawOutput({ type, data_json }: Pick<StoredEvent, "type" | "data_json">): object | undefined {
  if (data_json.length < LONG_LENGTH) return undefined;
  const start = STARTS[type]?.exec(data_json.slice(0, START_LENGTH))?.[0];
  const end = END.exec(data_json.slice(-END_LENGTH))?.[0];
  if (start === undefined || end === undefined) return undefined;
  const text = data_json.slice(start.length, -end.length);
  const brackets = `${text.at(0)}${text.at(-1)}`;
  if (brackets !== "{}" && brackets !== "[]") return undefined;
  const raw = new JsonText(text);
  const data = decodeJson<object>(`${start}null${end}`);
  return { ...data, ...(type === "job.succeeded" ? { result: raw } : { output: raw }) };
}
