/** Support: threads between people who need help and operators. */
import type { Feature } from "../feature.ts";
import { supportWorkflows } from "./mail.ts";
import { forwardSupportMessage, mailSupportAnswer } from "./reactions.ts";
import { supportRoutes } from "./routes.ts";

export const support: Feature = {
  name: "support",
  routes: supportRoutes,
  reactions: (config) => [forwardSupportMessage(config), mailSupportAnswer(config)],
  workflows: ({ log, mail }) => supportWorkflows({ log, ...mail }),
};
