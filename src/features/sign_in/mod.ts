/** Signing in, and sessions. */
import { baseUrl } from "../../http/settings.ts";
import type { Feature } from "../feature.ts";
import { signInWorkflows } from "./mail.ts";
import { signInPages } from "./pages.tsx";
import { mailSignInLink } from "./reactions.ts";
import { sessionRoutes } from "./session_routes.ts";
import { signInRoutes } from "./sign_in_routes.ts";

export const signIn: Feature = {
  name: "sign_in",
  routes: (parts) => [...signInRoutes(parts), ...sessionRoutes(parts), ...signInPages(parts)],
  reactions: () => [mailSignInLink],
  workflows: ({ log, vault, mail: { mailer }, config }) =>
    signInWorkflows({ log, vault, mailer, public_url: baseUrl(config) }),
};
