/** What can go wrong with keys. */
import { defineProblems } from "../../http/problem.ts";

export const keyProblems = defineProblems({
  invalid_key_id: {
    status: 400,
    title: "Invalid key id",
    help: "The key id in the path is not a UUID. Use the key_id from the response that created it; never put the key itself in a path.",
  },
  grant_exceeded: {
    status: 403,
    title: "Grant exceeded",
    help: "A key cannot have more grants than the key that creates or rotates it: each entry in errors names what exceeds it. Grant less, or use a key with these grants.",
  },
  key_not_found: {
    status: 404,
    title: "Key not found",
    help: "No issued key has this id. GET /api/v1/keys lists the existing ones.",
  },
});
