/** Consent: documents and their versions, and who agreed to them. */
import type { Feature } from "../feature.ts";
import { startPublishing } from "./documents.ts";
import { consentRoutes } from "./routes.ts";

export const consent: Feature = {
  name: "consent",
  routes: consentRoutes,
  start: startPublishing,
  roles: ["all", "api"],
};
