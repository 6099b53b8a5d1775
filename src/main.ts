/** The composition root: builds the foundation, starts what this process's role has, and stops it. */
import { connectors, createOutbound } from "../connectors/mod.ts";
import type { Config } from "./config.ts";
import { DataDirInUseError, DataDirUnusableError, EmbeddedUnavailableError, MigrationError } from "./db/mod.ts";
import { reactionsOf, startFeatures, systemWorkflows } from "./features/mod.ts";
import { addRunnerGauges } from "./features/service/gauges.ts";
import { buildFoundation, type Foundation } from "./foundation.ts";
import { type CallbackSecrets, openCallbackSecrets, startRunner, startSweeper } from "./jobs/mod.ts";
import { ListenError } from "./process/listening.ts";
import { run, type Service, type StartOptions } from "./process/run.ts";
import { Stops } from "./process/stops.ts";
import { serveApi, serveHealth } from "./serve.ts";
import { MasterKeyMissingError } from "./vault/mod.ts";

export type { Service } from "./process/run.ts";

/** How much of the time for stopping running jobs have to finish by themselves. */
const DRAIN_MS = 12_000;

/** Builds and starts the service. What was started is stopped again if a later part fails, or `signal` aborts early on. */
export async function startService(config: Config, { logger, signal }: StartOptions): Promise<Service> {
  const stops = new Stops(logger);
  const stop = (reason: string) => stops.stop(reason);
  try {
    const foundation = await buildFoundation(config, { logger, stops, reactions: reactionsOf(config), signal });
    startFeatures(foundation, stops);
    const sweeper = startSweeper({ ...foundation, logger: logger.child({ part: "sweeper" }) });
    stops.add("sweeper", () => sweeper.stop());
    const callback_secrets = openCallbackSecrets(config);
    // It responds while the runner drains.
    const health = config.role === "worker" ? serveHealth(foundation, stops) : undefined;
    if (config.role !== "api") startJobs(foundation, { stops, callback_secrets });
    const url = config.role === "worker" ? health : serveApi(foundation, { stops, callback_secrets });
    return { url, stop };
  } catch (error) {
    await stop("start failed");
    throw error;
  }
}

function startJobs(
  foundation: Foundation,
  { stops, callback_secrets }: { stops: Stops; callback_secrets: CallbackSecrets },
): void {
  const { config, metrics, database, logger } = foundation;
  const runner = startRunner({
    ...foundation,
    connectors,
    system_workflows: systemWorkflows(foundation),
    fetch: createOutbound({ allow: config.outbound_allow }),
    logger: logger.child({ part: "jobs" }),
    concurrency: config.worker_concurrency,
    lease_seconds: config.job_lease_seconds,
    sole: database.embedded !== undefined,
    callback_secrets,
    on_attempt: (ended) => metrics.attempt(ended),
    on_callback: (tried) => metrics.callback(tried),
  });
  stops.add("jobs", () => runner.stop({ drain_ms: DRAIN_MS }));
  addRunnerGauges(metrics, runner, config.worker_concurrency);
}

if (import.meta.main) {
  await run({
    start: startService,
    plain_faults: [
      DataDirInUseError,
      DataDirUnusableError,
      EmbeddedUnavailableError,
      ListenError,
      MasterKeyMissingError,
      MigrationError,
    ],
  });
}
