/** Ids in paths. */
import { Problem } from "../problem.ts";

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The id in its one spelling, lower case. Throws the problem `invalid_<what>_id`. */
export function pathId(what: "incident" | "job" | "key" | "schedule", text: string): string {
  if (!UUID.test(text)) throw new Problem(`invalid_${what}_id`, `The ${what} id in the path is not a UUID.`);
  return text.toLowerCase();
}
