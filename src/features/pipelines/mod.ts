/** Pipelines: jobs with several steps, stored under a name. */
import type { Feature } from "../feature.ts";
import { pipelineRoutes } from "./routes.ts";

export const pipelines: Feature = { name: "pipelines", routes: pipelineRoutes };
