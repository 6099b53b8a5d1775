/** Subjects: persons whose data an account's jobs have, and how they are forgotten. */
import type { Feature } from "../feature.ts";
import { erasureWorkflow } from "./erasure.ts";
import { completeErasure } from "./reactions.ts";
import { startRetention } from "./retention.ts";
import { subjectRoutes } from "./routes.ts";

export const subjects: Feature = {
  name: "subjects",
  routes: subjectRoutes,
  reactions: () => [completeErasure],
  workflows: (foundation) => [erasureWorkflow(foundation)],
  start: ({ config, ...parts }) => startRetention({ ...parts, periods: config.vault_periods }),
};
