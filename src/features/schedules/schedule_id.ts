/** Schedule ids in paths. */
import { Problem } from "../../http/problem.ts";
import { idParam } from "../../http/request/params.ts";
import { scheduleProblems } from "./problems.ts";
import { ScheduleId } from "./schemas.ts";

export const scheduleIdParam = idParam({
  schema: ScheduleId,
  what: "schedule",
  invalid: scheduleProblems.invalid_schedule_id,
  missing: scheduleProblems.schedule_not_found,
});

export function scheduleNotFound(id: string): Problem {
  return new Problem(scheduleProblems.schedule_not_found, `No schedule has the id ${id}.`);
}
