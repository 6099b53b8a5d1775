/** What can go wrong with operating read models and reactions. */
import { defineProblems } from "../../http/problem.ts";

export const serviceProblems = defineProblems({
  projection_not_found: {
    status: 404,
    title: "Read model not found",
    help: "No read model has this name. GET /api/v1/ops/health lists the existing ones.",
  },
  projection_not_stopped: {
    status: 409,
    title: "Read model not stopped there",
    help: "The event to skip is not the one that stopped the read model: stopped_at names that event, if there is one. Nothing was done.",
  },
  reaction_not_found: {
    status: 404,
    title: "Reaction not found",
    help: "No reaction has this name. GET /api/v1/ops/health lists the existing ones.",
  },
  reaction_not_stopped: {
    status: 409,
    title: "Reaction not stopped there",
    help: "The event to skip is not the one that stopped the reaction: stopped_at names that event, if there is one. Nothing was done.",
  },
});
