/** What can go wrong with one job. */
import { defineProblems } from "../../http/problem.ts";

export const jobProblems = defineProblems({
  self_approval_refused: {
    status: 403,
    title: "Self-approval not allowed",
    help: "The step sets not_by_submitter, and the caller submitted the job or acts for the submitter: they issued or rotated the key that did, or that key issued or rotated theirs. Have somebody else approve it.",
  },
  already_decided: {
    status: 409,
    title: "Already decided",
    help: "Somebody has already approved or rejected the step: `decision` says who, and how. Nothing from this request was recorded, including its comment.",
  },
});
