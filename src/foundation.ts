/**
 * What everything in a process depends on: the database, the log, the bus, the read models, reactions, metrics and
 * traces.
 */
import type { Logger } from "pino";
import packageJson from "../package.json" with { type: "json" };
import { projections } from "../projections/mod.ts";
import { type Bus, openBus } from "./bus/mod.ts";
import type { Config } from "./config.ts";
import { clearLeases, connect, type Database, openDatabase, type Sql } from "./db/mod.ts";
import { submitSystemJob } from "./jobs/mod.ts";
import { type EventLog, mayChangeLog, openLog } from "./log/mod.ts";
import { type Mailing, openMailing } from "./mail/mod.ts";
import { migrations } from "./migrations.ts";
import { startListening } from "./process/listening.ts";
import type { Stops } from "./process/stops.ts";
import { type Projector, startProjector } from "./projector/mod.ts";
import { type Reaction, type Reactor, startReactor } from "./reactor/mod.ts";
import { Metrics, openTracing, serveMetrics, type Tracing, traceAppends } from "./telemetry/mod.ts";
import { checkWrapping, type MasterKeys, openMasterKeys, personalLog, Vault } from "./vault/mod.ts";

export interface Foundation {
  readonly config: Config;
  readonly logger: Logger;
  /** Identifies this process, different at every start. */
  readonly instance: string;
  /** What runs here. */
  readonly about: { readonly version: string; readonly build: string; readonly role: Config["role"] };
  readonly database: Database;
  readonly sql: Sql;
  /** It seals and opens personal data. */
  readonly log: EventLog;
  readonly vault: Vault;
  readonly master_keys: MasterKeys;
  readonly bus: Bus;
  readonly projector: Projector;
  readonly reactor: Reactor;
  readonly mail: Mailing;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
}

export interface FoundationOptions {
  readonly logger: Logger;
  readonly stops: Stops;
  readonly reactions: readonly Reaction[];
  /** Ends the start of the embedded database, however long that takes. */
  readonly signal?: AbortSignal | undefined;
}

/** Builds the foundation; how each part is stopped goes into `stops`, even if a later part fails. */
export async function buildFoundation(
  config: Config,
  { logger, stops, reactions, signal }: FoundationOptions,
): Promise<Foundation> {
  const instance = Bun.randomUUIDv7();
  const about = { version: packageJson.version, build: config.build, role: config.role };
  const database = await openDatabase({ ...config, migrations, logger, signal });
  stops.add("embedded Postgres", () => database.embedded?.stop());
  const sql = connect(database.url, { application_name: `levqor-${config.role}` });
  stops.add("connections", () => sql.end({ timeout: 1 }));
  if (database.embedded) await clearLeases(sql);
  if (await mayChangeLog(sql)) {
    logger.warn(
      "The log is not protected from this service: DATABASE_URL's role could change recorded events. " +
        "Let only the role of DATABASE_ADMIN_URL own the log, and give the service its own role.",
    );
  }

  const metrics = new Metrics(about);
  stops.add("figures", () => metrics.close());
  const tracing = await openTracing({
    endpoint: config.otlp_endpoint,
    headers: config.otlp_headers,
    service_name: config.otel_service_name,
    sample_ratio: config.otel_sample_ratio,
    about: { version: about.version, instance, role: config.role },
    on_fault: (reason) => logger.warn({ reason }, "The trace collector is not accepting traces; they are dropped"),
    on_recovery: () => logger.info("The trace collector is accepting traces again"),
  });
  stops.add("traces", () => tracing.close());
  const recorded = openLog({
    url: database.url,
    on_batch: (batch) => {
      metrics.batch(batch);
      if (tracing.active) traceAppends(tracing, batch);
    },
  });
  stops.add("log", () => recorded.close());
  recorded.onCommit(({ events }) => metrics.recorded(events));
  const master_keys = await openMasterKeys({ sql, ...config });
  await checkWrapping({ sql, master_keys, logger });
  const vault = new Vault({ sql, master_keys, periods: config.vault_periods });
  stops.add("vault", () => vault.close());
  const log = personalLog(recorded, vault);
  const { nats_url, nats_replicas } = config;
  const bus = await openBus({
    log: recorded,
    sql,
    holder: instance,
    nats_url,
    nats_replicas,
    logger: logger.child({ part: "bus" }),
  });
  stops.add("bus", () => bus.close());
  const projector = startProjector({
    sql,
    log,
    bus,
    projections,
    instance,
    logger: logger.child({ part: "projector" }),
  });
  stops.add("projector", () => projector.stop());
  const reactor = startReactor({
    sql,
    log,
    bus,
    submitJob: (job) => submitSystemJob(log, job),
    since: await log.head(),
    reactions,
    instance,
    logger: logger.child({ part: "reactor" }),
  });
  stops.add("reactor", () => reactor.stop());
  if (config.metrics_port !== undefined) {
    const address = { hostname: config.metrics_host, port: config.metrics_port };
    const settings = { hostname: "METRICS_HOST", port: "METRICS_PORT" } as const;
    const server = startListening({ ...address, settings }, () => serveMetrics(metrics, address));
    stops.add("metrics server", () => server.stop());
    logger.info({ url: server.url }, "Metrics are served");
  }
  const mail = openMailing({ log, vault, config: config.mail, logger: logger.child({ part: "mail" }) });
  return {
    config,
    logger,
    instance,
    about,
    database,
    sql,
    log,
    vault,
    master_keys,
    bus,
    projector,
    reactor,
    mail,
    metrics,
    tracing,
  };
}
