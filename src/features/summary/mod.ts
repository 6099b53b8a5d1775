/** Summaries of days and weeks, which operators read, and get by mail. */
import type { Feature } from "../feature.ts";
import { mailSummary, startSubmitting } from "./mail.ts";
import { summaryRoutes } from "./routes.ts";

export const summary: Feature = {
  name: "summary",
  routes: summaryRoutes,
  roles: ["all", "worker"],
  start: startSubmitting,
  workflows: ({ mail, ...parts }) => [mailSummary({ ...parts, ...mail })],
};
