/** What can go wrong with keys. */
import { defineProblems } from "../../http/problem.ts";

export const keyProblems = defineProblems({
  invalid_key_id: {
    status: 400,
    title: "Invalid key id",
    help: "The key id in the path is not a UUID. Use the key_id that the creation answered: the key itself belongs in no path.",
  },
  grant_exceeded: {
    status: 403,
    title: "More than the caller has",
    help: "A key can give no more than the key that issues or rotates it has: each entry of errors names what exceeds it. Give less, or use a key that may do as much.",
  },
  key_not_found: {
    status: 404,
    title: "Key not found",
    help: "No issued key has this id. GET /api/v1/keys lists those that there are.",
  },
});
