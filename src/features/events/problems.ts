/** What can go wrong with reading the log. */
import { defineProblems } from "../../http/problem.ts";

export const eventProblems = defineProblems({
  event_not_found: {
    status: 404,
    title: "Event not found",
    help: "No event has this id. An event's id is its stream and its version, for example job-0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70@1. GET /api/v1/events lists them.",
  },
});
