/** Consent: documents and their versions, who agreed to them, and who wants marketing mail. */
import { baseUrl } from "../../http/settings.ts";
import type { Feature } from "../feature.ts";
import { consentRoutes } from "./consent_routes.ts";
import { cookieRoutes } from "./cookie_routes.ts";
import { startPublishing } from "./documents.ts";
import { consentWorkflows } from "./mail.ts";
import { marketingRoutes } from "./marketing_routes.ts";
import { endMarketingOfErased, mailConfirmation, mailWelcome } from "./reactions.ts";
import { termsRoutes } from "./terms_routes.ts";

export const consent: Feature = {
  name: "consent",
  routes: (parts) => [
    ...termsRoutes(parts),
    ...cookieRoutes(parts),
    ...marketingRoutes(parts),
    ...consentRoutes(parts),
  ],
  reactions: (config) => [mailConfirmation(config), mailWelcome(config), endMarketingOfErased],
  workflows: ({ log, vault, mail, config }) =>
    consentWorkflows({ log, vault, mailer: mail.mailer, base_url: baseUrl(config) }),
  start: startPublishing,
  roles: ["all", "api"],
};
