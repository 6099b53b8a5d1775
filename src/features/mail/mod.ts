/** Mail that the service sends: what became of it, for operators, and Resend's reports. */
import type { Feature } from "../feature.ts";
import { devMailPages } from "./dev_mails.tsx";
import { mailRoutes } from "./routes.ts";
import { webhookRoutes } from "./webhook_routes.ts";

export const mail: Feature = {
  name: "mail",
  routes: (parts) => [...mailRoutes(parts), ...webhookRoutes(parts), ...devMailPages(parts)],
};
