/** Workflows: limits for all jobs of one. */
import type { Feature } from "../feature.ts";
import { workflowLimitRoutes } from "./routes.ts";

export const workflows: Feature = { name: "workflows", routes: workflowLimitRoutes };
