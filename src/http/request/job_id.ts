/** Job ids in paths. */
import { Problem } from "../problem.ts";
import { problems } from "../problems.ts";
import { JobId } from "../schema.ts";
import { idParam } from "./params.ts";

export const jobIdParam = idParam({
  schema: JobId,
  what: "job",
  invalid: problems.invalid_job_id,
  missing: problems.job_not_found,
});

export function jobNotFound(id: string): Problem {
  return new Problem(problems.job_not_found, `No job has the id ${id}.`);
}
