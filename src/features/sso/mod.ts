/** Single sign-on: members of an organisation sign in at its own OpenID Connect provider. */
import type { Feature } from "../feature.ts";
import { ssoPages } from "./pages.tsx";
import { Provider } from "./provider.ts";
import { ssoRoutes } from "./routes.ts";

export const sso: Feature = {
  name: "sso",
  routes(parts) {
    const provider = new Provider(parts.outbound);
    return [...ssoRoutes(parts, provider), ...ssoPages(parts, provider)];
  },
};
