/** Users: people, found by their e-mail address, and what they can do about what is known of them. */
import type { Feature } from "../feature.ts";
import { erasureWorkflow } from "./erasure.ts";
import { eraseUser } from "./reactions.ts";
import { userRoutes } from "./routes.ts";

export const users: Feature = {
  name: "users",
  routes: userRoutes,
  reactions: () => [eraseUser],
  workflows: (foundation) => [erasureWorkflow(foundation)],
};
