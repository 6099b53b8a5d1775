/** What can go wrong with support threads. */
import { defineProblems } from "../../http/problem.ts";

export const supportProblems = defineProblems({
  invalid_thread_id: {
    status: 400,
    title: "Invalid thread id",
    help: "The thread id in the path is not a UUID. Use the thread_id from the response that opened the thread.",
  },
  thread_not_found: {
    status: 404,
    title: "Support thread not found",
    help: "No support thread has this id, or the Levqor-Reply-Token belongs to another. Use the thread_id and the reply_token from the same response.",
  },
});
