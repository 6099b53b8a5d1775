/** What can go wrong with sessions and signing in. */
import { defineProblems } from "../../http/problem.ts";

export const signInProblems = defineProblems({
  invalid_session_id: {
    status: 400,
    title: "Invalid session id",
    help: "The session id in the path is not a UUID. Use the session_id from GET /auth/sessions.",
  },
  wrong_code: {
    status: 403,
    title: "Wrong code",
    help: "The code is not the one in the newest mail. Look again: after five wrong codes none is accepted, and the link in the mail still is.",
  },
  link_used: {
    status: 410,
    title: "Link used",
    help: "The link, or the code beside it, was used already: each works once. Ask for another with POST /auth/sign-in.",
  },
  link_expired: {
    status: 410,
    title: "Link expired",
    help: "The link or code is not valid: it is older than ten minutes, a newer one was sent since, the user has another address now, or it was changed on the way; or the code comes from another browser, or after five wrong ones. Ask for another with POST /auth/sign-in.",
  },
  session_not_found: {
    status: 404,
    title: "Session not found",
    help: "No valid session of the account has this id. GET /auth/sessions lists those that there are.",
  },
});
