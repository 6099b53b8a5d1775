/** What can go wrong with support threads. */
import { defineProblems } from "../../http/problem.ts";

export const supportProblems = defineProblems({
  invalid_thread_id: {
    status: 400,
    title: "Invalid thread id",
    help: "The thread id in the path is not a UUID. Use the thread_id from the response that opened the thread.",
  },
  too_many_threads: {
    status: 429,
    title: "Too many support threads",
    help: "More support threads are being opened without a key than the service accepts at the moment, so this one was not opened. Open it again after the number of seconds in Retry-After, or with a key.",
  },
  thread_of_user: {
    status: 409,
    title: "Thread of a user",
    help: "The support thread was opened by a user, and is erased with them, not by itself. As the user, erase your account; as an operator, erase the user.",
  },
  thread_not_found: {
    status: 404,
    title: "Support thread not found",
    help: "No support thread has this id, or the Levqor-Reply-Token belongs to another. Use the thread_id and the reply_token from the same response.",
  },
});
