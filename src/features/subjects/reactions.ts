/** Reactions to the erasure of a subject: its unfinished jobs are cancelled, and its keys destroyed again. */
import { subjectNameOf } from "../../../events/subject.ts";
import { defineReaction, submit } from "../../reactor/mod.ts";

/** The system workflow that completes an erasure: see `erasure.ts`. */
export const COMPLETE_ERASURE = "levqor.complete_erasure";

export const completeErasure = defineReaction({
  name: "complete_erasure",
  events: ["subject.erased"],
  react: ({ stream_id }) => [submit({ workflow: COMPLETE_ERASURE, payload: { subject: subjectNameOf(stream_id) } })],
});
