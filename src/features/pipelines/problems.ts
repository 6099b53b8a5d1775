/** What can go wrong with pipelines. */
import { defineProblems } from "../../http/problem.ts";

export const pipelineProblems = defineProblems({
  pipeline_not_found: {
    status: 404,
    title: "Pipeline not found",
    help: "No pipeline has this name, or none of its versions has this number. GET /api/v1/pipelines lists those that there are.",
  },
  pipeline_exists: {
    status: 409,
    title: "Pipeline exists",
    help: "The name is taken by another pipeline or by a connector. Choose another name, or make a new version with PUT.",
  },
});
