/** The process around the service: its options and settings, its log, its signals, and how it exits. */
import type { Logger } from "pino";
import { type Config, ConfigError, helpText, loadConfig, secretsOf } from "../config.ts";
import { captureOutput, createLogger, isForPeople, type LogFormat } from "../logger.ts";

/** Everything stops within this time of a SIGTERM, or is cut off. */
const STOP_LIMIT_MS = 20_000;
/** The variables in which the runtime would look for a proxy, in either case. */
const PROXY_VARIABLES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];

export interface Service {
  /** Where the API listens; for a worker, its /health, if it has a port. */
  readonly url: string | undefined;
  /** Drains: accepts no more, finishes or releases, flushes. */
  stop(reason: string): Promise<void>;
}

export interface StartOptions {
  readonly logger: Logger;
  /** Aborts when the process is told to stop: a start that can end early then throws its reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface RunOptions {
  readonly start: (config: Config, options: StartOptions) => Promise<Service>;
  /** Faults whose message says all that a person needs: they are printed without a stack. */
  readonly plain_faults: readonly (new (
    ...args: never[]
  ) => Error)[];
}

/**
 * Runs the service until a signal ends it. Exit codes: 0 after a signal, or for `--help`; 1 if it cannot start, or does
 * not stop in time; 2 for invalid settings.
 */
export async function run({ start, plain_faults }: RunOptions): Promise<void> {
  // The service's files are for nobody else to read.
  process.umask(0o077);
  const began = performance.now();
  const config = configured();
  if (config === "help") {
    process.stdout.write(`${helpText()}\n`);
    return;
  }
  const { log_level, log_format, role } = config;
  const secrets = secretsOf(config);
  const logger = createLogger({ log_level, log_format, secrets });
  captureOutput(logger);
  for (const warning of config.warnings) logger.warn(warning);
  leaveProxies(logger);

  const interruption = new AbortController();
  const { signal } = interruption;
  const starting = start(config, { logger, signal });
  stopOnSignal(starting, { logger, interruption });
  try {
    const { url } = await starting;
    if (!signal.aborted) logger.info({ url, role, ms: Math.round(performance.now() - began) }, "Levqor is ready");
  } catch (error) {
    // `stopOnSignal` ends the process.
    if (signal.aborted && error === signal.reason) return;
    if (plain_faults.some((fault) => error instanceof fault)) refuse(error as Error, { log_format, secrets });
    else logger.fatal({ err: error }, "Cannot start");
    process.exit(1);
  }
}

/** The configuration; exits if it is invalid. */
function configured(): Config | "help" {
  try {
    return loadConfig(process.env, process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const { LOG_FORMAT } = process.env;
    refuse(error, { log_format: LOG_FORMAT === "json" || LOG_FORMAT === "pretty" ? LOG_FORMAT : "auto" });
    process.exit(2);
  }
}

/** Reports why the service does not start: as plain text to people, otherwise in the log, whatever its level. */
function refuse({ message }: Error, options: { log_format: LogFormat; secrets?: readonly string[] }): void {
  if (isForPeople(options.log_format)) process.stderr.write(`${message}\n`);
  else createLogger({ log_level: "fatal", ...options }).fatal(message);
}

/** No call silently uses a proxy: the guard on outbound calls chooses the address that is called. */
function leaveProxies(logger: Logger): void {
  const variables = PROXY_VARIABLES.flatMap((name) => [name, name.toLowerCase()]).filter((name) => process.env[name]);
  for (const name of variables) delete process.env[name];
  if (variables.length > 0)
    logger.warn({ variables }, "The proxy set in the environment is not used: calls go out directly");
}

function stopOnSignal(
  starting: Promise<Service>,
  { logger, interruption }: { readonly logger: Logger; readonly interruption: AbortController },
): void {
  // Under npm, a terminal's Ctrl-C arrives twice: both count as one.
  const stop = async (signal: string) => {
    if (interruption.signal.aborted) return;
    logger.info({ signal }, "Stopping");
    interruption.abort();
    setTimeout(() => {
      logger.error({ limit_ms: STOP_LIMIT_MS }, "Could not stop in time; cutting off");
      process.exit(1);
    }, STOP_LIMIT_MS).unref();
    const service = await starting.catch(() => undefined);
    await service?.stop(signal);
    logger.info("Stopped");
    process.exit(0);
  };
  process.on("SIGTERM", () => stop("SIGTERM"));
  process.on("SIGINT", () => stop("SIGINT"));
}
