/** What can go wrong with reported errors. */
import { defineProblems } from "../../http/problem.ts";

export const errorProblems = defineProblems({
  error_not_found: {
    status: 404,
    title: "Error not found",
    help: "No reported error has this id. GET /api/v1/errors lists the existing ones.",
  },
  too_many_errors: {
    status: 429,
    title: "Too many different errors",
    help: "More different errors were reported than the service records at the moment, so this one was neither recorded nor counted. Report it again after the number of seconds in Retry-After.",
  },
});
