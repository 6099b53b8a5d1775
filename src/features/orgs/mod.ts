/** Organisations: accounts that several users share. */
import type { Feature } from "../feature.ts";
import { orgRoutes } from "./routes.ts";

export const orgs: Feature = { name: "orgs", routes: orgRoutes };
