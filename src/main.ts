/** The composition root: reads the configuration, builds the parts, starts the chosen role, and stops it. */
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "pino";
import { connectors, createOutbound, refusedAddresses } from "../connectors/mod.ts";
import packageJson from "../package.json" with { type: "json" };
import { projections } from "../projections/mod.ts";
import { startAccess, tokenVerifier } from "./access/mod.ts";
import { openBus } from "./bus/mod.ts";
import { type Config, ConfigError, helpText, loadConfig, secretsOf } from "./config.ts";
import {
  clearLeases,
  closeToOthers,
  connect,
  DataDirInUseError,
  type Embedded,
  EmbeddedUnavailableError,
  MigrationError,
  migrate,
  startEmbedded,
} from "./db/mod.ts";
import { createApi, createHealthApi, OTHER_PAGES } from "./features/mod.ts";
import { startScheduler } from "./features/schedules/mod.ts";
import { addGauges, addRunnerGauges } from "./features/service/gauges.ts";
import { startHeartbeat } from "./features/service/heartbeat.ts";
import { CallbackSecrets, startRunner, startSweeper } from "./jobs/mod.ts";
import { mayChangeLog, openLog } from "./log/mod.ts";
import { createLogger, isForPeople, type LogFormat, speakForRuntime } from "./logger.ts";
import { migrations } from "./migrations.ts";
import { startProjector } from "./projector/mod.ts";
import { RateLimiter } from "./rate/mod.ts";
import { Metrics, openTracing, serveMetrics, traceAppends } from "./telemetry/mod.ts";
import { openSite } from "./web/mod.ts";

/** Everything is over within this time of a SIGTERM, or is cut off. */
const STOP_LIMIT_MS = 20_000;
/** Of it, how long running jobs may take to end by themselves. */
const DRAIN_MS = 12_000;
/** Where the runtime would look for a proxy, in capitals or not. */
const PROXY_VARIABLES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
/** What processes tell each other of rate limits is soon worth nothing. */
const RATE_TIMEOUTS = { answer_timeout_ms: 2_000, connect_timeout_ms: 2_000 };

export interface Service {
  /** Where the API listens; a worker's /health, if it has a port. */
  readonly url: string | undefined;
  /** Drains: takes no more, finishes or hands back, flushes. */
  stop(reason: string): Promise<void>;
}

/** Builds and starts the service. What was started is stopped again if a later part fails. */
export async function startService(config: Config, logger: Logger): Promise<Service> {
  const instance = Bun.randomUUIDv7();
  const about = { version: packageJson.version, build: config.build };
  /** What to stop, newest first. */
  const stops: Array<(reason: string) => unknown> = [];
  const stop = async (reason: string) => {
    for (const each of stops.splice(0).reverse()) await each(reason);
  };
  try {
    const database = await openDatabase(config, logger);
    stops.push(() => database.embedded?.stop());
    const sql = connect(database.url, { application_name: `levqor-${config.role}` });
    stops.push(() => sql.end({ timeout: 1 }));
    if (database.embedded) await clearLeases(sql);
    if (await mayChangeLog(sql)) {
      logger.warn(
        "The log is not safe from this service: DATABASE_URL's role could change what is recorded. " +
          "Let the log's owner be the role of DATABASE_ADMIN_URL alone, and give the service a role of its own.",
      );
    }

    const metrics = new Metrics({ ...about, role: config.role });
    stops.push(() => metrics.close());
    const tracing = await openTracing({
      endpoint: config.otlp_endpoint,
      headers: config.otlp_headers,
      service_name: config.otel_service_name,
      sample_ratio: config.otel_sample_ratio,
      about: { version: about.version, instance, role: config.role },
      on_fault: (reason) => logger.warn({ reason }, "The collector of traces takes none; they are dropped"),
      on_recovery: () => logger.info("The collector takes traces again"),
    });
    stops.push(() => tracing.close());
    const log = openLog({
      url: database.url,
      on_batch: (batch) => {
        metrics.batch(batch);
        if (tracing.active) traceAppends(tracing, batch);
      },
    });
    stops.push(() => log.close());
    log.onCommit(({ events }) => metrics.recorded(events));
    const heartbeat = startHeartbeat({
      log,
      instance,
      started: { ...about, role: config.role },
      on_fault: (error) => logger.warn({ err: error }, "Cannot record the heartbeat"),
    });
    stops.push((reason) => heartbeat.stop(reason));
    const bus = openBus({
      log,
      sql,
      holder: instance,
      nats_url: config.nats_url,
      nats_replicas: config.nats_replicas,
      logger: logger.child({ part: "bus" }),
    });
    stops.push(() => bus.close());
    const projector = startProjector({
      sql,
      log,
      bus,
      projections,
      instance,
      logger: logger.child({ part: "projector" }),
    });
    stops.push(() => projector.stop());
    addGauges(metrics, { log, sql, bus, projector });
    if (config.metrics_port !== undefined) {
      const server = serveMetrics(metrics, { hostname: config.metrics_host, port: config.metrics_port });
      stops.push(() => server.stop());
      logger.info({ url: server.url }, "Metrics are served");
    }
    const sweeper = startSweeper({ log, sql, instance, logger: logger.child({ part: "sweeper" }) });
    stops.push(() => sweeper.stop());

    /** Listens, and returns where. `end` is called before it is waited for that every request is answered. */
    const serve = (app: ReturnType<typeof createApi>, end?: () => void) => {
      app.listen({ hostname: config.host, port: config.port });
      stops.push(async () => {
        end?.();
        await app.server?.stop();
      });
      return app.server?.url.href;
    };
    const apiConfig = { ...about, request_log: config.request_log };
    let url: string | undefined;
    if (config.role === "worker" && config.port !== undefined) {
      url = serve(createHealthApi({ config: apiConfig, metrics, tracing, logger: logger.child({ part: "health" }) }));
    }

    const webhook_secret = config.webhook_secret ?? ownWebhookSecret(config.data_dir);
    const callback_secrets = new CallbackSecrets(webhook_secret, config.webhook_secret_next);
    if (config.role !== "api") {
      const runner = startRunner({
        log,
        bus,
        sql,
        connectors,
        fetch: createOutbound({ allow: config.outbound_allow }),
        instance,
        logger: logger.child({ part: "jobs" }),
        concurrency: config.worker_concurrency,
        lease_seconds: config.job_lease_seconds,
        sole: database.embedded !== undefined,
        callback_secrets,
        tracing,
        on_attempt: (ended) => metrics.attempt(ended),
        on_callback: (tried) => metrics.callback(tried),
      });
      stops.push(() => runner.stop({ drain_ms: DRAIN_MS }));
      addRunnerGauges(metrics, runner, config.worker_concurrency);
      const scheduler = startScheduler({ log, bus, sql, instance, logger: logger.child({ part: "schedules" }) });
      stops.push(() => scheduler.stop());
    }
    if (config.role === "worker") return { url, stop };

    // A connection of its own: what processes tell each other must not wait behind queries, nor these behind it.
    const rateSql = connect(database.url, { max: 1, application_name: "levqor-rate", ...RATE_TIMEOUTS });
    const limiter = new RateLimiter({
      sql: rateSql,
      instance,
      logger: logger.child({ part: "rate" }),
      limits: config.rate_limits,
      on_refusal: (policy) => metrics.refused(policy),
    });
    stops.push(async () => {
      await limiter.stop();
      await rateSql.end({ timeout: 1 });
    });

    const streams = new AbortController();
    const site = openSite({
      dir: join(import.meta.dir, "../public"),
      base_url: () => config.public_url ?? url?.replace(/\/$/, "") ?? "",
      watch: !config.production,
      on_fault: (error) =>
        logger.error({ err: error }, "Cannot read public/ as it is now; serving what was there before"),
      other_pages: OTHER_PAGES,
    });
    const access = startAccess({
      log,
      bus,
      sql,
      keys: config.api_keys,
      // Who configures the auth server may name any address.
      token: config.jwt && tokenVerifier({ ...config.jwt, fetch: createOutbound({ allow: ["0.0.0.0/0", "::/0"] }) }),
      production: config.production,
      logger: logger.child({ part: "access" }),
    });
    stops.push(() => access.stop());
    const app = createApi({
      access,
      limiter,
      log,
      sql,
      bus,
      projector,
      config: {
        cors_origins: config.cors_origins,
        public_url: config.public_url,
        production: config.production,
        trust_proxy: config.trust_proxy,
        tiers: config.rate_limits.tiers,
        max_queue_depth: config.max_queue_depth,
        max_streams: config.max_streams,
        caller_share: config.caller_share,
        ...apiConfig,
      },
      logger: logger.child({ part: "api" }),
      metrics,
      tracing,
      workflows: new Set(connectors.keys()),
      callback_secrets,
      refusedAddress: refusedAddresses(config.outbound_allow),
      site,
      signal: streams.signal,
    });
    url = serve(app, () => streams.abort());
    return { url, stop };
  } catch (error) {
    await stop("start failed");
    throw error;
  }
}

/** No call is handed to a proxy unseen: the guard on the way out settles which address is called. */
function leaveProxies(logger: Logger): void {
  const variables = PROXY_VARIABLES.flatMap((name) => [name, name.toLowerCase()]).filter((name) => process.env[name]);
  for (const name of variables) delete process.env[name];
  if (variables.length > 0)
    logger.warn({ variables }, "The environment names a proxy; it is not used: calls go out directly");
}

/** The database, migrated: the one that is configured, or our own. */
async function openDatabase(config: Config, logger: Logger): Promise<{ url: string; embedded?: Embedded }> {
  if (config.database_url) {
    await migrateDatabase(config.database_url, config.database_admin_url ?? config.database_url, logger);
    return { url: config.database_url };
  }
  const embedded = await startEmbedded({ dir: config.data_dir, logger: logger.child({ part: "postgres" }) });
  try {
    await migrateDatabase(embedded.url, embedded.admin_url, logger);
  } catch (error) {
    await embedded.stop();
    throw error;
  }
  return { url: embedded.url, embedded };
}

async function migrateDatabase(url: string, adminUrl: string, logger: Logger): Promise<void> {
  const admin = connect(adminUrl, { max: 1, application_name: "levqor-migrations" });
  try {
    const names = await migrate(admin, { migrations, role: decodeURIComponent(new URL(url).username) });
    if (names.length > 0) logger.info({ migrations: names }, "Brought the database up to date");
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === undefined) throw error;
    const { host, pathname } = new URL(adminUrl);
    throw new MigrationError(
      `Cannot prepare the database ${pathname.slice(1)} at ${host}: ${(error as Error).message} (${code}). ` +
        "DATABASE_URL must lead to a running Postgres; the role that owns the database goes into DATABASE_ADMIN_URL.",
      { cause: error },
    );
  } finally {
    await admin.end({ timeout: 1 });
  }
}

/** Signs callbacks where no secret is configured: made at the first start, and kept in the data folder. */
function ownWebhookSecret(dataDir: string): string {
  const path = join(dataDir, "webhook-secret");
  closeToOthers(path);
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const secret = `whsec_${randomBytes(32).toString("base64")}`;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  writeFileSync(path, `${secret}\n`, { mode: 0o600, flag: "wx" });
  return secret;
}

/** Faults whose message says all that a person needs: no stack. */
const PLAIN_FAULTS = [ConfigError, DataDirInUseError, EmbeddedUnavailableError, MigrationError];

/** Says why the service does not start: to people in plain text, else in the log, whatever its level. */
function refuse({ message }: Error, options: { log_format: LogFormat; secrets?: readonly string[] }): void {
  if (isForPeople(options.log_format)) process.stderr.write(`${message}\n`);
  else createLogger({ log_level: "fatal", ...options }).fatal(message);
}

async function main(): Promise<void> {
  // What the service keeps is nobody else's to read, whatever file it is.
  process.umask(0o077);
  const began = performance.now();
  let config: Config;
  try {
    const loaded = loadConfig(process.env, process.argv.slice(2));
    if (loaded === "help") {
      process.stdout.write(`${helpText()}\n`);
      return;
    }
    config = loaded;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { LOG_FORMAT } = process.env;
    refuse(error, { log_format: LOG_FORMAT === "json" || LOG_FORMAT === "pretty" ? LOG_FORMAT : "auto" });
    process.exit(2);
  }
  const { log_level, log_format } = config;
  const secrets = secretsOf(config);
  const logger = createLogger({ log_level, log_format, secrets });
  speakForRuntime(logger);
  for (const warning of config.warnings) logger.warn(warning);
  leaveProxies(logger);

  const starting = startService(config, logger);
  let stopping = false;
  // A terminal's Ctrl-C arrives twice under npm: both are the same wish.
  const onSignal = async (signal: string) => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, "Stopping");
    setTimeout(() => {
      logger.error({ limit_ms: STOP_LIMIT_MS }, "Could not stop in time; cutting off");
      process.exit(1);
    }, STOP_LIMIT_MS).unref();
    const service = await starting.catch(() => undefined);
    await service?.stop(signal);
    logger.info("Stopped");
    process.exit(0);
  };
  process.on("SIGTERM", () => onSignal("SIGTERM"));
  process.on("SIGINT", () => onSignal("SIGINT"));

  try {
    const { url } = await starting;
    logger.info({ url, role: config.role, ms: Math.round(performance.now() - began) }, "Levqor is ready");
  } catch (error) {
    if (PLAIN_FAULTS.some((fault) => error instanceof fault)) {
      refuse(error as Error, { log_format, secrets });
    } else {
      logger.fatal({ err: error }, "Cannot start");
    }
    process.exit(1);
  }
}

if (import.meta.main) await main();
