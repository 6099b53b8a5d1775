/** Job ids in paths. */

import { Problem } from "../problem.ts";
import { pathId } from "./path_id.ts";

/** The id in its one spelling, lower case. Throws the problem `invalid_job_id`. */
export function jobId(text: string): string {
  return pathId("job", text);
}

export function jobNotFound(id: string): Problem {
  return new Problem("job_not_found", `No job has the id ${id}.`);
}
