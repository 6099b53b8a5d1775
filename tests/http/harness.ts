/** The API on a random port, over a real log and real read models, as an external client sees it. */

import { join } from "node:path";
import { refusedAddresses } from "../../connectors/mod.ts";
import { projections } from "../../projections/mod.ts";
import { startAccess, type TokenOptions, tokenVerifier } from "../../src/access/mod.ts";
import { inProcessBus } from "../../src/bus/mod.ts";
import { type Config, loadConfig } from "../../src/config.ts";
import { publishDocuments } from "../../src/features/consent/documents.ts";
import { pages, reactionsOf, routesOf } from "../../src/features/mod.ts";
import { createApi } from "../../src/http/api.ts";
import { DOCS_PAGE } from "../../src/http/document/docs.ts";
import type { ApiOptions } from "../../src/http/options.ts";
import { CallbackSecrets, submitSystemJob } from "../../src/jobs/mod.ts";
import type { EventLog } from "../../src/log/mod.ts";
import { createLogger } from "../../src/logger.ts";
import { type Mailing, NO_MAIL } from "../../src/mail/mod.ts";
import { Stops } from "../../src/process/stops.ts";
import { startProjector } from "../../src/projector/mod.ts";
import { type ProxyTrust, RateLimiter, type RateLimits } from "../../src/rate/mod.ts";
import { type Reaction, startReactor } from "../../src/reactor/mod.ts";
import { outside } from "../../src/serve.ts";
import { Metrics } from "../../src/telemetry/mod.ts";
import { personalLog, type Vault } from "../../src/vault/mod.ts";
import { openSite } from "../../src/web/mod.ts";
import { keepSecret, planted, searchLine } from "../support/secrets.ts";
import { openStore } from "../support/store.ts";
import { testVault } from "../support/vault.ts";

export interface Harness extends Pick<ApiOptions, "sql" | "bus" | "projector"> {
  /** As it is recorded. */
  readonly log: EventLog;
  /** It seals and opens. */
  readonly personal_log: EventLog;
  readonly vault: Vault;
  readonly url: string;
  /** Where its database is. */
  readonly database_url: string;
  /** The same, as the owner of all tables. */
  readonly admin_url: string;
  /** What was logged, line by line. */
  readonly logged: Record<string, unknown>[];
  /** Calls the API; the response's body is parsed if it is JSON. */
  ask(path: string, init?: RequestInit): Promise<Answer>;
  /** Submits a job and returns its id and position. */
  submit(body?: object, headers?: Record<string, string>): Promise<{ job_id: string; position: number }>;
  /** What is served, by method and pattern. */
  routes(): { method: string; path: string }[];
  /** Requests in progress, including streams. */
  connections(): number;
  /** Makes the service stop: streams end. */
  shutDown(): void;
  stop(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // Tests look into answers of every shape.
  // biome-ignore lint/suspicious/noExplicitAny: an external client knows no types
  readonly body: any;
}

export interface HarnessOptions extends Pick<ApiOptions, "timing"> {
  /** By default no mail is sent. */
  readonly mail?: (parts: Pick<ApiOptions, "log" | "vault">) => Mailing;
  /** Opens the log that the API appends to; what else there is uses the database's own. */
  readonly openApiLog?: (url: string) => Promise<EventLog> | EventLog;
  /** The API follows the log on a bus of its own, whose followers are then its alone. */
  readonly own_bus?: boolean;
  readonly api_keys?: readonly string[];
  /** Publishes the terms and notices of `public/legal`: users must accept them first. */
  readonly documents?: boolean;
  /** Accepts users' sessions. */
  readonly jwt?: TokenOptions;
  readonly production?: boolean;
  readonly tiers?: Readonly<Record<string, number | null>>;
  readonly cors_origins?: readonly string[];
  readonly max_queue_depth?: number;
  readonly max_streams?: number;
  readonly caller_share?: number;
  readonly stored_max?: number;
  readonly scan_positions?: number;
  /** None by default. */
  readonly rate_limits?: RateLimits;
  readonly trust_proxy?: ProxyTrust;
  /** Served in place of `public/`. */
  readonly public_dir?: string;
  readonly workflows?: readonly string[];
  readonly callback_secrets?: CallbackSecrets;
  readonly request_log?: ApiOptions["config"]["request_log"];
  /** What may be called besides public addresses; absent: nothing is rejected before it is called. */
  readonly outbound_allow?: readonly string[];
  /** The name server that is asked; by default the system's. */
  readonly resolver?: string;
  /** Replaces the features' own. */
  readonly reactions?: readonly Reaction[];
}

export async function startApi(options: HarnessOptions = {}): Promise<Harness> {
  const store = await openStore();
  const { log, sql } = store;
  const vault = testVault(sql);
  const recorded = options.openApiLog ? await options.openApiLog(store.url()) : log;
  const apiLog = personalLog(recorded, vault);
  const bus = inProcessBus({ log, poll_ms: 50 });
  if (options.documents) await publishDocuments(log, { actor: "system:test" });
  const logged: Record<string, unknown>[] = [];
  for (const key of options.api_keys ?? []) keepSecret(key);
  const logger = createLogger(
    { log_level: "debug", log_format: "json", secrets: options.api_keys },
    {
      write(line: string) {
        searchLine(line, "the API's log");
        logged.push(JSON.parse(line));
      },
    },
  );
  const production = options.production ?? false;
  const defaults = loadConfig({}, []) as Config;
  const config = {
    ...defaults,
    tiers: { free: 60, pro: 600, enterprise: null },
    max_streams: 1_000,
    request_log: "all" as const,
    version: "1.2.3",
    build: "test",
    // The host that raw requests name.
    public_url: "http://api",
    ...options,
    production,
  };
  const projector = startProjector({ sql, log, bus, logger, projections });
  const reactor = startReactor({
    sql,
    log: apiLog,
    bus,
    logger,
    submitJob: (job) => submitSystemJob(apiLog, job),
    since: await log.head(),
    reactions: options.reactions ?? reactionsOf(defaults),
  });
  const stopping = new AbortController();
  const stops = new Stops(logger);
  const limits = options.rate_limits;
  const limiter = limits && new RateLimiter({ sql, instance: crypto.randomUUID(), logger, limits });
  const metrics = new Metrics({ version: "1.2.3", build: "test", role: "api" });
  const apiBus = options.own_bus ? inProcessBus({ log, poll_ms: 50 }) : bus;
  const access = startAccess({
    log: apiLog,
    bus,
    sql,
    keys: options.api_keys ?? [],
    token: options.jwt && tokenVerifier(options.jwt),
    production,
    logger,
  });
  const parts: ApiOptions = {
    stops,
    access,
    limiter,
    log: apiLog,
    vault,
    sql,
    bus: apiBus,
    projector,
    reactor,
    config,
    logger,
    metrics,
    workflows: new Set(options.workflows ?? ["http"]),
    callback_secrets: options.callback_secrets ?? new CallbackSecrets(`whsec_${Buffer.alloc(32).toString("base64")}`),
    refusedAddress: options.outbound_allow && refusedAddresses(options.outbound_allow),
    site: openSite({
      dir: options.public_dir ?? join(import.meta.dir, "../../public"),
      base_url: () => url,
      watch: !(options.production ?? false),
      other_pages: [DOCS_PAGE, ...pages],
    }),
    signal: stopping.signal,
    stored_max: options.stored_max,
    scan_positions: options.scan_positions,
    timing: options.timing,
  };
  const app = createApi(parts, (api) =>
    routesOf({
      ...api,
      mail: options.mail?.({ log: apiLog, vault }) ?? NO_MAIL,
      ...outside({ allow: options.outbound_allow, resolver: options.resolver }),
    }),
  ).listen({ port: 0, hostname: "127.0.0.1" });
  const url: string = `http://127.0.0.1:${app.server?.port}`;

  async function ask(path: string, init?: RequestInit): Promise<Answer> {
    // By default sends headers that must not be logged.
    const headers = init?.headers ?? { cookie: planted.cookie, referer: planted.referrer };
    const response = await fetch(url + path, { ...init, headers });
    const text = await response.text();
    const isJson = /[/+]json/.test(response.headers.get("content-type") ?? "");
    return { status: response.status, headers: response.headers, text, body: isJson && text ? JSON.parse(text) : text };
  }

  return {
    url,
    get database_url() {
      return store.url();
    },
    get admin_url() {
      return store.admin_url();
    },
    log,
    personal_log: apiLog,
    vault,
    projector,
    sql,
    bus: apiBus,
    logged,
    ask,
    async submit(body = {}, headers = {}) {
      const answer = await ask("/api/v1/intake", post({ workflow: "http", payload: {}, ...body }, headers));
      if (answer.status !== 202) throw new Error(`The intake answered ${answer.status}: ${answer.text}`);
      return { job_id: answer.body.job_id, position: Number(answer.headers.get("levqor-position")) };
    },
    routes: () => app.routes.map(({ method, path }) => ({ method, path })),
    connections: () => app.server?.pendingRequests ?? 0,
    shutDown: () => stopping.abort(),
    async stop() {
      stopping.abort();
      metrics.close();
      await app.server?.stop(true);
      await stops.stop("the test ends");
      await limiter?.stop();
      await access.stop();
      await reactor.stop();
      await projector.stop();
      await apiBus.close();
      await bus.close();
      if (recorded !== log) await recorded.close();
      vault.close();
      await store.close();
    },
  };
}

/** A POST of JSON: text is sent verbatim. */
export function post(body: unknown, headers: Record<string, string> = {}): RequestInit {
  return {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
}
