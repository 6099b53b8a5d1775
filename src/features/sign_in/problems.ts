/** What can go wrong with sessions and signing in. */
import { defineProblems } from "../../http/problem.ts";

export const signInProblems = defineProblems({
  invalid_session_id: {
    status: 400,
    title: "Invalid session id",
    help: "The session id in the path is not a UUID. Use the session_id from GET /auth/sessions.",
  },
  session_not_found: {
    status: 404,
    title: "Session not found",
    help: "No valid session of the account has this id. GET /auth/sessions lists those that there are.",
  },
});
