/** External workers: programs in any language that run jobs. */
import type { Feature } from "../feature.ts";
import { workerRoutes } from "./routes.ts";

export const workers: Feature = { name: "workers", routes: workerRoutes };
