/** What can go wrong with one job. */
import { defineProblems } from "../../http/problem.ts";

export const jobProblems = defineProblems({
  self_approval_refused: {
    status: 403,
    title: "Own job",
    help: "The step says not_by_submitter, and the caller submitted the job, or acts for whoever did: with a key that they issued or rotated, or that issued or rotated theirs. Have somebody else approve it.",
  },
  already_decided: {
    status: 409,
    title: "Already decided",
    help: "Somebody has approved or rejected the step before: `decision` says who, and what. Nothing of this request was recorded, its comment neither.",
  },
});
