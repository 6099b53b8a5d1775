/** What a process serves: the API, or a worker's `/health`. */
import { join } from "node:path";
import { connectors, createOutbound, listedHosts, refusedAddresses } from "../connectors/mod.ts";
import { startAccess, tokenVerifier } from "./access/mod.ts";
import { lookupBy, nameServerOf, systemNameServer } from "./dns/mod.ts";
import type { FeatureParts } from "./features/feature.ts";
import { pages, routesOf } from "./features/mod.ts";
import { rootRoutes } from "./features/service/root.ts";
import type { Foundation } from "./foundation.ts";
import { createApi, createHealthApi } from "./http/api.ts";
import { DOCS_PAGE } from "./http/document/docs.ts";
import type { CallbackSecrets } from "./jobs/mod.ts";
import { drain } from "./process/drain.ts";
import { startListening } from "./process/listening.ts";
import type { Stops } from "./process/stops.ts";
import { startLimiter } from "./rate/mod.ts";
import { openSite } from "./web/mod.ts";

const PUBLIC_DIR = join(import.meta.dir, "../public");

/** Serves the API and the pages, and returns the address. */
export function serveApi(
  foundation: Foundation,
  { stops, callback_secrets }: { stops: Stops; callback_secrets: CallbackSecrets },
): string | undefined {
  const { config, logger, about, instance, database, log, sql, bus, metrics } = foundation;
  const running = startLimiter({
    url: database.url,
    instance,
    logger: logger.child({ part: "rate" }),
    limits: config.rate_limits,
    on_refusal: (policy) => metrics.refused(policy),
  });
  stops.add("rate limits", () => running.stop());
  const site = openSite({
    dir: PUBLIC_DIR,
    base_url: () => config.public_url ?? url?.replace(/\/$/, "") ?? "",
    watch: !config.production,
    on_fault: (error) =>
      logger.error({ err: error }, "Cannot read public/ as it is now; serving what was there before"),
    other_pages: [DOCS_PAGE, ...pages],
  });
  const access = startAccess({
    log,
    bus,
    sql,
    keys: config.api_keys,
    // The operator configures the auth server, so any address is allowed.
    token: config.jwt && tokenVerifier({ ...config.jwt, fetch: createOutbound({ allow: ["0.0.0.0/0", "::/0"] }) }),
    production: config.production,
    logger: logger.child({ part: "access" }),
  });
  stops.add("access", () => access.stop());
  const reachable = outside({ allow: config.outbound_allow, resolver: config.mail.resolver });
  const streams = new AbortController();
  const options = {
    ...foundation,
    stops,
    access,
    limiter: running.limiter,
    config: { ...config, ...about, tiers: config.rate_limits.tiers },
    logger: logger.child({ part: "api" }),
    workflows: new Set(connectors.keys()),
    callback_secrets,
    refusedAddress: refusedAddresses(config.outbound_allow),
    site,
    signal: streams.signal,
  };
  const app = createApi(options, (parts) => routesOf({ ...parts, mail: foundation.mail, ...reachable }));
  const url = listen(app, foundation);
  stops.add("API", async () => {
    // Before waiting for all requests to be answered.
    streams.abort();
    if (app.server) await drain(app.server);
  });
  return url;
}

/** Serves a worker's `/health` if it has a port, and returns the address. */
export function serveHealth(foundation: Foundation, stops: Stops): string | undefined {
  const { config, about, metrics, tracing, logger } = foundation;
  if (config.port === undefined) return undefined;
  const { request_log } = config;
  const options = { config: { ...about, request_log }, metrics, tracing, logger: logger.child({ part: "health" }) };
  const app = createHealthApi(options, rootRoutes(about));
  const url = listen(app, foundation);
  stops.add("health", () => app.server && drain(app.server));
  return url;
}

function listen(app: ReturnType<typeof createApi>, { config }: Foundation): string | undefined {
  const { host: hostname, port = 0 } = config;
  const settings = { hostname: "HOST", port: "PORT" } as const;
  startListening({ hostname, port, settings }, () => app.listen({ hostname, port }));
  return app.server?.url.href;
}

/** What calls of the API may reach outside while they are made. `allow`: what may be called besides public addresses; `resolver`: by default the system's. */
export function outside({
  allow = [],
  resolver,
}: {
  allow?: readonly string[];
  resolver?: string | undefined;
}): Pick<FeatureParts, "outbound" | "lookup"> {
  return {
    outbound: {
      fetch: createOutbound({ allow }),
      isListed: listedHosts(allow),
      refusedAddress: refusedAddresses(allow),
    },
    lookup: lookupBy(resolver === undefined ? systemNameServer() : nameServerOf(resolver)),
  };
}
