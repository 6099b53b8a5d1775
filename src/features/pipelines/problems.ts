/** What can go wrong with pipelines. */
import { defineProblems } from "../../http/problem.ts";

export const pipelineProblems = defineProblems({
  pipeline_not_found: {
    status: 404,
    title: "Pipeline not found",
    help: "No pipeline has this name, or none of its versions has this number. GET /api/v1/pipelines lists the existing ones.",
  },
  pipeline_exists: {
    status: 409,
    title: "Pipeline already exists",
    help: "Another pipeline or a connector has this name. Choose another name, or create a new version with PUT.",
  },
});
