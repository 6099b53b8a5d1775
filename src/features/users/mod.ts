/** Users: people, found by their e-mail address, and what they can do about what is known of them. */
import { baseUrl } from "../../http/settings.ts";
import type { Feature } from "../feature.ts";
import { emailChangeWorkflows } from "./email_change.ts";
import { erasureWorkflow } from "./erasure.ts";
import { forgettingWorkflow } from "./forgetting.ts";
import { emailChangePage } from "./pages.tsx";
import { eraseUser, forgetUnclaimed, mailEmailChange, mailEmailChanged } from "./reactions.ts";
import { userRoutes } from "./routes.ts";

export const users: Feature = {
  name: "users",
  routes: (parts) => [...userRoutes(parts), emailChangePage(parts)],
  reactions: () => [eraseUser, forgetUnclaimed, mailEmailChange, mailEmailChanged],
  workflows: (foundation) => [
    erasureWorkflow(foundation),
    forgettingWorkflow(foundation),
    ...emailChangeWorkflows({ ...foundation, ...foundation.mail, base_url: baseUrl(foundation.config) }),
  ],
};
