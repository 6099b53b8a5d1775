/** Signing in, and sessions. */
import type { Feature } from "../feature.ts";
import { sessionRoutes } from "./session_routes.ts";

export const signIn: Feature = { name: "sign_in", routes: sessionRoutes };
