/** Schedule ids in paths. */

import { Problem } from "../../http/problem.ts";
import { pathId } from "../../http/request/path_id.ts";

/** The id in its one spelling, lower case. Throws the problem `invalid_schedule_id`. */
export function scheduleId(text: string): string {
  return pathId("schedule", text);
}

export function scheduleNotFound(id: string): Problem {
  return new Problem("schedule_not_found", `No schedule has the id ${id}.`);
}
