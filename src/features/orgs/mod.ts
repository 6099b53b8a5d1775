/** Organisations: accounts that several users share. */
import { baseUrl } from "../../http/settings.ts";
import type { Feature } from "../feature.ts";
import { startExpiring } from "./expiry.ts";
import { invitationRoutes } from "./invitation_routes.ts";
import { invitationWorkflows } from "./mail.ts";
import { invitationPage } from "./pages.tsx";
import { forgetInvitation, mailInvitation } from "./reactions.ts";
import { orgRoutes } from "./routes.ts";

export const orgs: Feature = {
  name: "orgs",
  routes: (parts) => [...orgRoutes(parts), ...invitationRoutes(parts), invitationPage(parts)],
  reactions: (config) => [mailInvitation(config), forgetInvitation],
  workflows: ({ log, vault, mail: { mailer }, config }) =>
    invitationWorkflows({ log, vault, mailer, public_url: baseUrl(config) }),
  start: startExpiring,
};
