/** What can go wrong with schedules. */
import { defineProblems } from "../../http/problem.ts";

export const scheduleProblems = defineProblems({
  invalid_schedule_id: {
    status: 400,
    title: "Invalid schedule id",
    help: "The schedule id in the path is not a UUID. Use the schedule_id from the response that created it.",
  },
  schedule_not_found: {
    status: 404,
    title: "Schedule not found",
    help: "No schedule has this id, or it was deleted. The events of a deleted schedule can still be read.",
  },
});
