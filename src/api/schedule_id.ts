/** Schedule ids in paths. */
import { UUID } from "./job_id.ts";
import { Problem } from "./problems.ts";

/** The id in its one spelling, lower case. Throws the problem `invalid_schedule_id`. */
export function scheduleId(text: string): string {
  if (!UUID.test(text)) throw new Problem("invalid_schedule_id", "The schedule id in the path is not a UUID.");
  return text.toLowerCase();
}

export function scheduleNotFound(id: string): Problem {
  return new Problem("schedule_not_found", `No schedule has the id ${id}.`);
}
