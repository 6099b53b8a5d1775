/** Structured logs: one JSON object a line, or lines for people on a terminal. No secret gets through. */
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from "pino";
import { build as prettyStream } from "pino-pretty";

export interface LoggerOptions {
  readonly log_level: string;
  /** `auto`: `pretty` on a terminal, else `json`. */
  readonly log_format: "auto" | "json" | "pretty";
  /** Never appear in the log, wherever they stand. */
  readonly api_keys?: readonly string[];
  /** Never appears in the log, wherever it stands. */
  readonly webhook_secret?: string;
  /** Its secret never appears in the log, wherever it stands. */
  readonly jwt?: { readonly verify_with: object };
  /** Their values never appear in the log, wherever they stand. */
  readonly otlp_headers?: Readonly<Record<string, string>>;
}

const REDACTED = "[redacted]";

/** Fields whose values are secrets, whatever holds them. */
const SECRET_FIELDS =
  /"(x-api-key|(?:proxy-)?authorization|(?:set-)?cookie|\w*password|\w*secret|api_?keys?|\w*token)":(?:"(?:[^"\\]|\\.)*"|\[[^\]]*\])/gi;
/** `postgres://user:password@host`: what stands between `://` and `@`. */
const URL_CREDENTIALS = /(\w:\/\/)[^\s/@"'\\]*:[^\s/@"'\\]*@/g;
/** Issued API keys, and what is left of one: not how they begin, by which they are recognised. */
const ISSUED_KEYS = /lvq_(?:live|test)_[A-Za-z0-9]{12,}/g;
const WEBHOOK_SECRETS = /whsec_[A-Za-z0-9+/=]+/g;
/** Their header is a JSON object in base64url, and `{"` is `eyJ` there. */
const TOKENS = /\beyJ[\w-]+\.[\w-]+\.[\w-]+/g;

/**
 * The service's logger; parts take a child of it: `logger.child({ part: "api" })`. Lines are written at once, so
 * that the last ones before a crash are there, and without worker threads. `stream` is standard output by default.
 */
export function createLogger(options: LoggerOptions, stream?: DestinationStream): Logger {
  const { log_level, log_format, api_keys = [], webhook_secret, jwt, otlp_headers = {} } = options;
  const pretty = log_format === "pretty" || (log_format === "auto" && process.stdout.isTTY === true);
  const known = [...api_keys, ...Object.values(otlp_headers), webhook_secret, secretOf(jwt?.verify_with)].filter(
    (secret) => secret !== undefined,
  );
  const knownSecrets =
    known.length > 0 ? new RegExp(known.map((secret) => RegExp.escape(secret)).join("|"), "g") : undefined;

  const scrub = (line: string) => {
    const clean = line
      .replace(SECRET_FIELDS, `"$1":"${REDACTED}"`)
      .replace(URL_CREDENTIALS, `$1${REDACTED}@`)
      .replace(WEBHOOK_SECRETS, REDACTED)
      .replace(TOKENS, REDACTED)
      .replace(ISSUED_KEYS, REDACTED);
    return knownSecrets ? clean.replace(knownSecrets, REDACTED) : clean;
  };

  const destination = stream ?? pino.destination({ dest: 1, sync: true });
  return pino(
    {
      level: log_level,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // The whole line, after everything is in it: a secret may stand in an error's message or stack as well.
      hooks: { streamWrite: scrub },
    },
    pretty
      ? prettyStream({ destination, translateTime: "HH:MM:ss.l", ignore: "pid,hostname", colorize: !stream })
      : destination,
  );
}

/**
 * Lets what nobody caught end the process, as it would by itself, but told in the log: what the runtime writes of it is no
 * JSON, and holds secrets back from nobody.
 */
export function endOnFault(logger: Pick<Logger, "fatal">): void {
  const end = (err: unknown) => {
    logger.fatal({ err }, "A fault that nobody caught; the process ends");
    process.exit(1);
  };
  process.on("uncaughtException", end);
  process.on("unhandledRejection", end);
}

function secretOf(verifyWith: object | undefined): string | undefined {
  return verifyWith && "secret" in verifyWith ? String(verifyWith.secret) : undefined;
}
