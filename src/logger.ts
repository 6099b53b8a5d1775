/** Structured logs: one JSON object per line, or lines for people on a terminal. No secret gets through. */
import { format } from "node:util";
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from "pino";
import { scrubber } from "./scrub.ts";

export interface LoggerOptions {
  readonly log_level: string;
  /** `auto`: `pretty` on a terminal, else `json`. */
  readonly log_format: LogFormat;
  /** Never appear in the log, in any notation. */
  readonly secrets?: readonly string[];
}

export type LogFormat = "auto" | "json" | "pretty";

/**
 * The service's logger; parts use a child of it: `logger.child({ part: "api" })`. Lines are written synchronously, so
 * that the last ones before a crash are there, and without worker threads. `stream` is standard output by default.
 */
export function createLogger(
  { log_level, log_format, secrets = [] }: LoggerOptions,
  stream?: DestinationStream,
): Logger {
  const { line } = scrubber(secrets);
  const destination = stream ?? pino.destination({ dest: 1, sync: true });
  return pino(
    {
      level: log_level,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: toldError },
      // The complete line: a secret may be in an error's message or stack as well.
      hooks: { streamWrite: line },
    },
    isForPeople(log_format) ? forPeople(destination, { colorize: !stream }) : destination,
  );
}

function forPeople(destination: DestinationStream, { colorize }: { colorize: boolean }): DestinationStream {
  // Loaded only when it is needed: most services log JSON.
  const { build } = require("pino-pretty") as typeof import("pino-pretty");
  return build({ destination, translateTime: "HH:MM:ss.l", ignore: "pid,hostname", colorize });
}

/** Whether lines are for people to read, not for programs. */
export function isForPeople(format: LogFormat): boolean {
  return format === "pretty" || (format === "auto" && process.stdout.isTTY === true);
}

/**
 * Routes all other output through the logger: uncaught errors, which end the process as they would anyway; the
 * runtime's warnings; `console`. By itself the runtime writes these as plain text, and redacts no secrets.
 */
export function captureOutput(logger: Pick<Logger, "fatal" | "warn" | "info" | "error" | "debug">): void {
  const end = (err: unknown) => {
    logger.fatal({ err }, "A fault that nobody caught; the process ends");
    process.exit(1);
  };
  process.on("uncaughtException", end);
  process.on("unhandledRejection", end);
  // The runtime's own listener prints.
  process.removeAllListeners("warning");
  process.on("warning", (err) => logger.warn({ err }, "Runtime warning"));
  for (const [method, level] of Object.entries(CONSOLE)) {
    const say = (...said: unknown[]) => logger[level]({ console: method }, format(...said));
    Object.defineProperty(console, method, { value: say, writable: true, configurable: true });
  }
  for (const method of SILENT) Object.defineProperty(console, method, { value: () => {}, configurable: true });
  const assert = (holds: unknown, ...said: unknown[]) => {
    if (!holds) logger.error({ console: "assert" }, format("Assertion failed", ...said));
  };
  Object.defineProperty(console, "assert", { value: assert, configurable: true });
}

/** The level at which console output is logged. */
const CONSOLE = {
  debug: "debug",
  log: "info",
  info: "info",
  warn: "warn",
  error: "error",
  trace: "debug",
  dir: "info",
  dirxml: "info",
  table: "info",
  write: "info",
} as const;
/** Only formats, counts or times. */
const SILENT = ["clear", "count", "countReset", "group", "groupCollapsed", "groupEnd", "time", "timeEnd", "timeLog"];

/** Which fields of an error may be logged besides its message: others may contain data, as `detail` and `path` do. */
const TOLD = ["code", "errno", "syscall", "severity", "routine", "constraint_name", "table_name"] as const;
/** For causes, and for aggregate errors. */
const MAX_DEPTH = 8;
const MAX_ERRORS = 10;

interface ToldError extends Partial<Record<(typeof TOLD)[number], unknown>> {
  readonly type: string;
  /** Including its causes. */
  readonly message: string;
  readonly stack: string;
  readonly errors?: readonly unknown[];
}

function toldError(error: unknown, depth = 0): ToldError | unknown {
  if (!(error instanceof Error)) return error;
  const chain: Error[] = [];
  for (let one: unknown = error; one instanceof Error && !chain.includes(one) && chain.length < MAX_DEPTH; ) {
    chain.push(one);
    one = one.cause;
  }
  const fields = TOLD.flatMap((name) => {
    const value: unknown = (error as unknown as Record<string, unknown>)[name];
    return ["string", "number"].includes(typeof value) ? [[name, value]] : [];
  });
  const errors = error instanceof AggregateError && depth < MAX_DEPTH ? error.errors.slice(0, MAX_ERRORS) : undefined;
  return {
    type: error.name === "Error" ? error.constructor.name : error.name,
    ...Object.fromEntries(fields),
    message: chain.map(messageOf).join(": "),
    stack: chain.map(stackOf).join("\ncaused by: "),
    ...(errors && { errors: errors.map((one: unknown) => toldError(one, depth + 1)) }),
  };
}

/** Messages about unreadable data quote it: of those errors only the kind is logged. */
function messageOf(error: Error): string {
  const { name, message } = error;
  const { code, routine } = error as { code?: unknown; routine?: unknown };
  if (name === "PostgresError" && typeof code === "string" && code.startsWith("22")) {
    return `Postgres does not take the data (${code}, ${routine ?? "no routine named"})`;
  }
  return name === "SyntaxError" && message.startsWith("JSON Parse error") ? "JSON cannot be parsed" : message;
}

function stackOf(error: Error): string {
  const message = messageOf(error);
  const stack = error.stack ?? `${error.name}: ${error.message}`;
  return error.message === "" ? stack : stack.replace(error.message, () => message);
}
