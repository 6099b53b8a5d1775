/** API keys and their scopes. */
import type { Feature } from "../feature.ts";
import { keyRoutes } from "./routes.ts";

export const keys: Feature = { name: "keys", routes: keyRoutes };
