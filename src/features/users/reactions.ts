/** Reactions to events of users. */
import { entityId } from "../../../events/mod.ts";
import { defineReaction, submit } from "../../reactor/mod.ts";

/** The system workflow that erases a user: see `erasure.ts`. */
export const ERASE_USER = "levqor.erase_user";

/** Whatever becomes of the process that recorded the request, the user is erased. */
export const eraseUser = defineReaction({
  name: "erase_user",
  events: ["user.erasure_requested"],
  react: ({ stream_id }) => [submit({ workflow: ERASE_USER, payload: { user_id: entityId(stream_id) } })],
});
