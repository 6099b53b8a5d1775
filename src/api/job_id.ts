/** Job ids in paths. */
import { Problem } from "./problems.ts";

export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The id in its one spelling, lower case. Throws the problem `invalid_job_id`. */
export function jobId(text: string): string {
  if (!UUID.test(text)) throw new Problem("invalid_job_id", "The job id in the path is not a UUID.");
  return text.toLowerCase();
}

export function jobNotFound(id: string): Problem {
  return new Problem("job_not_found", `No job has the id ${id}.`);
}
