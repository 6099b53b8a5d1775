/** The environment as one typed, validated, frozen object. Every variable is described in the table below. */
import { isIP } from "node:net";
import { resolve } from "node:path";
import { distance } from "fastest-levenshtein";
import { isAddressRange } from "./ip/mod.ts";

/** What is wrong with a value and how to mend it, to follow `PORT is "abc": `. Never contains the value. */
class Unfit extends Error {
  override readonly name = "Unfit";
}

interface Variable<Value, Default extends Value | undefined> {
  /** For `--help`. */
  readonly about: string;
  readonly example: string;
  readonly default: Default;
  /** For `--help`, where the default itself does not say it. */
  readonly default_text?: string;
  /** Never shown. */
  readonly secret?: boolean;
  /** Throws `Unfit`. */
  readonly parse: (text: string) => Value;
}

function variable<Value, const Default extends Value | undefined>(
  described: Variable<Value, Default>,
): Variable<Value, Default> {
  return described;
}

/** What a development service may call beside public addresses: services on the same machine. */
const LOOPBACK = "127.0.0.0/8,::1";

const API_PORT = 5000;

/** Requests a minute. */
const RATE_DEFAULTS = { burst: 20, global: 200, tiers: { free: 60, pro: 600, enterprise: 6_000 } } as const;
/** Nine digits. */
const RATE_MAX = 999_999_999;
/** Other policies of rate limits: a tier of such a name would be taken for them. */
const RATE_POLICIES = ["address", "global", "pages", "failed-keys", "new-tokens", "billing", "sign-in", "releases"];

/** Headers to which each proxy appends. */
const ADDRESS_LIST_HEADERS = ["x-forwarded-for", "forwarded"];
/** Headers that a proxy sets anew. */
const SINGLE_ADDRESS_HEADERS = [
  "cf-connecting-ip",
  "fastly-client-ip",
  "fly-client-ip",
  "true-client-ip",
  "x-envoy-external-address",
  "x-real-ip",
];
const PUBLIC_URL = "https://api.levqor.ai";

const VARIABLES = {
  PORT: variable({
    about: "Port of the API; of a worker, port where /health answers. 0 takes a free one.",
    example: "8080",
    default: undefined,
    default_text: `${API_PORT}; a worker listens only where it is set`,
    parse: integer(0, 65_535),
  }),
  HOST: variable({
    about:
      "Address the API listens on. Without API_KEYS everyone who reaches the service may do everything: then one of this machine's own alone is accepted.",
    example: "0.0.0.0",
    default: undefined,
    default_text: "0.0.0.0 with API_KEYS, 127.0.0.1 without",
    parse: matching(/^[\w.:-]+$/, "it must be an address or a host name"),
  }),
  API_KEYS: variable({
    about: "The operator's keys, separated by commas: they may do everything. Without keys (development) everyone may.",
    example: "$(openssl rand -hex 24)",
    default: [] as readonly string[],
    default_text: "none",
    secret: true,
    parse: apiKeys,
  }),
  API_KEYS_NEXT: variable({
    about: "Keys that are taken as well, while API_KEYS are being replaced.",
    example: "$(openssl rand -hex 24)",
    default: [] as readonly string[],
    default_text: "none",
    secret: true,
    parse: apiKeys,
  }),
  JWT_SECRET: variable({
    about: "Takes sessions of users: the secret with which an auth server such as Supabase signs its JWTs (HS256).",
    example: "$(openssl rand -base64 48)",
    default: undefined,
    default_text: "none",
    secret: true,
    parse: jwtSecret,
  }),
  JWKS_URL: variable({
    about: "The same, where it signs with a key pair (ES256, RS256, EdDSA): where it publishes its public keys.",
    example: "https://PROJECT.supabase.co/auth/v1/.well-known/jwks.json",
    default: undefined,
    default_text: "none",
    parse: jwksUrl,
  }),
  JWT_ISSUER: variable({
    about: "Who must have issued the JWTs (iss). Needed with JWT_SECRET or JWKS_URL.",
    example: "https://PROJECT.supabase.co/auth/v1",
    default: undefined,
    default_text: "none",
    parse: matching(/^[\x21-\x7e]{1,512}$/, "it must be 1 to 512 visible ASCII characters"),
  }),
  JWT_AUDIENCE: variable({
    about: "For whom the JWTs must be (aud).",
    example: "levqor",
    default: "authenticated",
    parse: matching(/^[\x21-\x7e]{1,512}$/, "it must be 1 to 512 visible ASCII characters"),
  }),
  CORS_ORIGINS: variable({
    about: "Origins whose pages may call the API, beside https://levqor.ai, separated by commas.",
    example: "https://app.example.com,http://localhost:3000",
    default: [] as readonly string[],
    default_text: "none",
    parse: corsOrigins,
  }),
  NODE_ENV: variable({
    about: "production requires API_KEYS and hides what is for development only.",
    example: "production",
    default: "development",
    parse: oneOf("development", "production", "test"),
  }),
  PUBLIC_URL: variable({
    about:
      "Where the service is seen from outside: in the pages' own addresses, sitemap.xml and security.txt. Without API_KEYS the service answers for this host, beside those of its own machine.",
    example: "https://api.example.com",
    default: undefined,
    default_text: "https://api.levqor.ai in production, else the address the service listens on",
    parse: publicUrl,
  }),
  DATABASE_URL: variable({
    about: "Postgres 14 or newer, for the service's own role. Without it the service runs a Postgres of its own.",
    example: "postgres://levqor:PASSWORD@db.internal:5432/levqor",
    default: undefined,
    default_text: "an embedded Postgres in LEVQOR_DATA_DIR",
    secret: true,
    parse: postgresUrl,
  }),
  DATABASE_ADMIN_URL: variable({
    about:
      "The same database, for the role that owns it: used for migrations only, so that the service's own role cannot change the log.",
    example: "postgres://owner:PASSWORD@db.internal:5432/levqor",
    default: undefined,
    default_text: "DATABASE_URL",
    secret: true,
    parse: postgresUrl,
  }),
  NATS_URL: variable({
    about: "NATS servers with JetStream, separated by commas. Without it events are spread over the database alone.",
    example: "nats://nats.internal:4222",
    default: undefined,
    default_text: "none",
    secret: true,
    parse: natsUrl,
  }),
  NATS_REPLICAS: variable({
    about: "NATS nodes that each hold a copy of the events: 3 in a cluster, so that it survives the end of one.",
    example: "3",
    default: undefined,
    default_text: "1 for a stream that is made, else what it has",
    parse: integer(1, 5),
  }),
  LEVQOR_DATA_DIR: variable({
    about: "Folder for what the service keeps itself: the embedded Postgres, secrets it made.",
    example: "/var/lib/levqor",
    default: resolve(".levqor"),
    default_text: ".levqor",
    parse: (text) => resolve(text),
  }),
  LEVQOR_ROLE: variable({
    about: "api takes requests, worker runs jobs, all does both. api and worker need DATABASE_URL.",
    example: "worker",
    default: "all",
    parse: oneOf("all", "api", "worker"),
  }),
  WORKER_CONCURRENCY: variable({
    about: "Jobs that one process runs at once.",
    example: "200",
    default: 64,
    parse: integer(1, 10_000),
  }),
  JOB_LEASE_SECONDS: variable({
    about: "How long a job stays with a worker that gives no sign of life; then another takes it.",
    example: "60",
    default: 30,
    parse: integer(1, 3_600),
  }),
  MAX_STREAMS: variable({
    about:
      "Event streams (SSE) that one process keeps open at once, and as many WebSockets: further ones get a 503. An idle one takes some 16 KB.",
    example: "20000",
    default: 5_000,
    parse: integer(1, 1_000_000),
  }),
  CALLER_SHARE: variable({
    about:
      "What one caller (a user, an issued key) may hold of MAX_STREAMS, of MAX_QUEUE_DEPTH, of waiting claims, of 10,000 claimed jobs, and of 10,000 schedules, pipelines, issued keys and workflows with limits, from 0 to 1: one at least. The keys in API_KEYS may hold all of it.",
    example: "0.25",
    default: 0.1,
    parse: share,
  }),
  MAX_QUEUE_DEPTH: variable({
    about:
      "Jobs that may wait: from so many on intake and replay answer 429 until there are fewer, and bulk replays pause. Schedules fire all the same.",
    example: "50000",
    default: 1_000_000,
    parse: integer(1, 100_000_000),
  }),
  RATE_BURST: variable({
    about:
      "Requests a minute of one address (of IPv6, one /64) without a key: a whole number, or none. Half as many with keys that do not hold.",
    example: "60",
    default: undefined,
    default_text: `${RATE_DEFAULTS.burst}; none in development, where everyone may do everything`,
    parse: perMinute,
  }),
  RATE_GLOBAL: variable({
    about: "Requests a minute of all callers without a key together: a whole number, or none.",
    example: "1000",
    default: undefined,
    default_text: `${RATE_DEFAULTS.global}; none in development`,
    parse: perMinute,
  }),
  RATE_TIERS: variable({
    about:
      "Requests a minute of one key, by its tier, separated by commas: what is not named keeps its default, other names are new tiers. The keys in API_KEYS are of the tier enterprise.",
    example: "pro=1200,enterprise=none",
    default: {},
    default_text: Object.entries(RATE_DEFAULTS.tiers)
      .map(([tier, quota]) => `${tier}=${quota}`)
      .join(","),
    parse: rateTiers,
  }),
  TRUST_PROXY: variable({
    about: `Where the service is behind proxies: the header that says whom a request is from, and whose word it is. x-forwarded-for:2 or forwarded:2, where exactly two proxies append to it; ${SINGLE_ADDRESS_HEADERS.join(", ")}, where a proxy sets it; and the proxies' addresses and CIDR ranges, from which alone it is believed, separated by commas. Addresses alone mean x-forwarded-for, up to the last hop that is none of theirs. Without addresses nobody but the proxies must reach the service.`,
    example: "x-forwarded-for:1,10.0.0.0/8",
    default: undefined,
    default_text: "no header is believed",
    parse: trustProxy,
  }),
  WEBHOOK_SECRET: variable({
    about:
      "What the secrets are derived from that callbacks are signed with (Standard Webhooks), one for each account and receiver: whsec_ and the base64 of 24 to 64 random bytes. The same in every process.",
    example: "whsec_$(openssl rand -base64 32)",
    default: undefined,
    default_text: "made at the first start and kept in LEVQOR_DATA_DIR; the roles api and worker need one",
    secret: true,
    parse: webhookSecret,
  }),
  WEBHOOK_SECRET_NEXT: variable({
    about: "The one that follows, while WEBHOOK_SECRET is being replaced: callbacks carry a signature of each.",
    example: "whsec_$(openssl rand -base64 32)",
    default: undefined,
    default_text: "none",
    secret: true,
    parse: webhookSecret,
  }),
  OUTBOUND_ALLOW: variable({
    about:
      "What jobs and callbacks may call beside public addresses: addresses, CIDR ranges and host names, separated by commas; or none. The same for every process: the API refuses a callback_url by it.",
    example: "10.20.0.0/16,hooks.internal",
    default: undefined,
    default_text: `${LOOPBACK} without API_KEYS, in the role all and outside production; else none`,
    parse: outboundAllow,
  }),
  LOG_LEVEL: variable({
    about: "The least that is logged: trace, debug, info, warn, error, fatal or silent.",
    example: "debug",
    default: "info",
    parse: oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent"),
  }),
  REQUEST_LOG: variable({
    about:
      "Requests that are logged, at info. off: none. errors: those answered with 400 or more or after a second, 20 lines a second at most. all: every one.",
    example: "all",
    default: "errors",
    parse: oneOf("off", "errors", "all"),
  }),
  METRICS_PORT: variable({
    about:
      "Port of its own for Prometheus: /metrics, without a key, and /health. 0 takes a free one. Not for the world.",
    example: "9464",
    default: undefined,
    default_text: "none; /metrics at PORT needs a key",
    parse: integer(0, 65_535),
  }),
  METRICS_HOST: variable({
    about: "Address that METRICS_PORT listens on: where Prometheus comes from elsewhere, one of an inner network.",
    example: "0.0.0.0",
    default: "127.0.0.1",
    parse: matching(/^[\w.:-]+$/, "it must be an address or a host name"),
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: variable({
    about: "Collector of traces (OpenTelemetry, OTLP over HTTP), without /v1/traces. Without it no traces are kept.",
    example: "http://collector.internal:4318",
    default: undefined,
    default_text: "none",
    secret: true,
    parse: httpUrl,
  }),
  OTEL_EXPORTER_OTLP_HEADERS: variable({
    about: "Headers for the collector: name=value, separated by commas, percent-encoded.",
    example: "authorization=Bearer%20TOKEN",
    default: {} as Readonly<Record<string, string>>,
    default_text: "none",
    secret: true,
    parse: otlpHeaders,
  }),
  OTEL_SERVICE_NAME: variable({
    about: "What this service is called in traces.",
    example: "levqor-staging",
    default: "levqor",
    parse: matching(/^[\w.-]{1,100}$/, "it must be 1 to 100 letters, digits, dots, hyphens and underscores"),
  }),
  OTEL_TRACES_SAMPLER_ARG: variable({
    about: "Share of the traces that are kept, from 0 to 1. Callers that bring a trace of their own get no more.",
    example: "0.01",
    default: 1,
    parse: share,
  }),
  LOG_FORMAT: variable({
    about: "json: one object a line. pretty: for people. auto: pretty on a terminal, json elsewhere.",
    example: "json",
    default: "auto",
    parse: oneOf("auto", "json", "pretty"),
  }),
  BUILD_ID: variable({
    about: "Names this build in GET / and in the log, for example by its commit.",
    example: "$(git rev-parse --short HEAD)",
    default: "dev",
    parse: matching(/^[\w.:+/-]{1,128}$/, "it must be 1 to 128 letters, digits and . : + / _ -"),
  }),
} as const;

type Name = keyof typeof VARIABLES;
type Values = { [N in Name]: ReturnType<(typeof VARIABLES)[N]["parse"]> | (typeof VARIABLES)[N]["default"] };

/** Requests a minute; `null`: as many as they like. */
type PerMinute = number | null;

/** What the service was told, checked. URLs, keys and secrets in here must never be logged. */
export interface Config {
  /** Absent: a worker that listens nowhere. */
  readonly port: number | undefined;
  readonly host: string;
  /** None: everyone may write. */
  readonly api_keys: readonly string[];
  /** As browsers write them: `https://example.com:8443`. */
  readonly cors_origins: readonly string[];
  /** Sessions of users; absent: none are taken. */
  readonly jwt:
    | {
        readonly verify_with: { readonly secret: string } | { readonly jwks_url: string };
        readonly issuer: string;
        readonly audience: string;
      }
    | undefined;
  readonly production: boolean;
  /** An origin, without a slash at the end; absent: the address that the service listens on. */
  readonly public_url: string | undefined;
  /** Absent: an embedded Postgres in `data_dir`. */
  readonly database_url: string | undefined;
  /** Absent: `database_url`. */
  readonly database_admin_url: string | undefined;
  /** Absent: the in-process bus. May name several servers, separated by commas. */
  readonly nats_url: string | undefined;
  /** Copies of the stream; absent: 1 where it is made, else what it has. */
  readonly nats_replicas: number | undefined;
  /** An absolute path. */
  readonly data_dir: string;
  readonly role: "all" | "api" | "worker";
  /** Attempts at once. */
  readonly worker_concurrency: number;
  readonly job_lease_seconds: number;
  /** Queued jobs at which intake takes no more. */
  readonly max_queue_depth: number;
  readonly max_streams: number;
  readonly caller_share: number;
  readonly rate_limits: {
    /** Of an address without a key. */
    readonly burst: PerMinute;
    /** Of all callers without a key. */
    readonly global: PerMinute;
    /** Of a key, by its tier: free, pro, enterprise and what else was named. */
    readonly tiers: Readonly<Record<string, PerMinute>>;
  };
  /** The header that says whom a request is from; absent: none is believed. */
  readonly trust_proxy: TrustProxy | undefined;
  /** `whsec_…`; absent: the service makes its own. */
  readonly webhook_secret: string | undefined;
  /** The one that follows it. */
  readonly webhook_secret_next: string | undefined;
  /** Addresses, CIDR ranges and host names that jobs and callbacks may call although they are not public. */
  readonly outbound_allow: readonly string[];
  readonly log_level: "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";
  readonly log_format: "auto" | "json" | "pretty";
  readonly request_log: "off" | "errors" | "all";
  /** Where Prometheus is answered; absent: at the API's own port alone. */
  readonly metrics_port: number | undefined;
  readonly metrics_host: string;
  /** Absent: no traces. */
  readonly otlp_endpoint: string | undefined;
  readonly otlp_headers: Readonly<Record<string, string>>;
  readonly otel_service_name: string;
  /** From 0 to 1. */
  readonly otel_sample_ratio: number;
  readonly build: string;
  /** To be logged once there is a logger: variables that look like ours and are not. */
  readonly warnings: readonly string[];
}

interface TrustProxy {
  /** In lower case. */
  readonly header: string;
  /** Proxies that append to it. */
  readonly hops: number | undefined;
  /** Addresses and CIDR ranges from which it is believed; none: from all. */
  readonly proxies: readonly string[];
}

/** The message lists all that is wrong and how to mend it, and no secret. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  constructor(
    readonly problems: readonly string[],
    warnings: readonly string[] = [],
  ) {
    super(
      [
        `Cannot start: ${problems.length === 1 ? "one setting is" : `${problems.length} settings are`} wrong.`,
        ...problems.map((problem) => `  ${problem}`),
        ...warnings.map((warning) => `Also: ${warning}`),
        "All settings: npm start -- --help",
      ].join("\n"),
    );
  }
}

/**
 * Reads the environment; an empty variable counts as absent. `args` are the command line's, without the program.
 * Returns `"help"` where they ask for it. Throws `ConfigError`.
 */
export function loadConfig(
  env: Readonly<Record<string, string | undefined>>,
  args: readonly string[],
): Config | "help" {
  if (args.includes("--help") || args.includes("-h")) return "help";
  const problems = args.map(
    (arg) => `${arg} is not an option; settings are environment variables: PORT=8080 npm start`,
  );
  const values = readAll(env, problems);
  checkTogether(values, problems, (name) => Boolean(env[name]?.trim()));
  const warnings = unknownVariables(env);
  if (problems.length > 0) throw new ConfigError(problems, warnings);
  return Object.freeze({
    port: values.PORT ?? (values.LEVQOR_ROLE === "worker" ? undefined : API_PORT),
    host: values.HOST ?? (isOpen(values) ? "127.0.0.1" : "0.0.0.0"),
    api_keys: Object.freeze([...values.API_KEYS, ...values.API_KEYS_NEXT]),
    cors_origins: Object.freeze(values.CORS_ORIGINS),
    jwt: jwt(values),
    production: values.NODE_ENV === "production",
    public_url: values.PUBLIC_URL ?? (values.NODE_ENV === "production" ? PUBLIC_URL : undefined),
    database_url: values.DATABASE_URL,
    database_admin_url: values.DATABASE_ADMIN_URL,
    nats_url: values.NATS_URL,
    nats_replicas: values.NATS_REPLICAS,
    data_dir: values.LEVQOR_DATA_DIR,
    role: values.LEVQOR_ROLE,
    worker_concurrency: values.WORKER_CONCURRENCY,
    job_lease_seconds: values.JOB_LEASE_SECONDS,
    max_queue_depth: values.MAX_QUEUE_DEPTH,
    max_streams: values.MAX_STREAMS,
    caller_share: values.CALLER_SHARE,
    rate_limits: rateLimits(values),
    trust_proxy: values.TRUST_PROXY,
    webhook_secret: values.WEBHOOK_SECRET,
    webhook_secret_next: values.WEBHOOK_SECRET_NEXT,
    outbound_allow: Object.freeze(values.OUTBOUND_ALLOW ?? (isDevelopment(values) ? LOOPBACK.split(",") : [])),
    log_level: values.LOG_LEVEL,
    log_format: values.LOG_FORMAT,
    request_log: values.REQUEST_LOG,
    metrics_port: values.METRICS_PORT,
    metrics_host: values.METRICS_HOST,
    otlp_endpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT,
    otlp_headers: values.OTEL_EXPORTER_OTLP_HEADERS,
    otel_service_name: values.OTEL_SERVICE_NAME,
    otel_sample_ratio: values.OTEL_TRACES_SAMPLER_ARG,
    build: values.BUILD_ID,
    warnings: Object.freeze(warnings),
  });
}

/** What must never be logged, each secret by itself: keys, passwords, tokens. */
export function secretsOf(config: Config): readonly string[] {
  const { api_keys, webhook_secret, webhook_secret_next, jwt, otlp_headers } = config;
  const urls = [
    config.database_url,
    config.database_admin_url,
    config.otlp_endpoint,
    ...(config.nats_url?.split(",") ?? []),
  ];
  const signing = [webhook_secret, webhook_secret_next].flatMap((secret) =>
    secret ? [secret, secret.slice("whsec_".length)] : [],
  );
  const verifying = jwt && "secret" in jwt.verify_with ? [jwt.verify_with.secret] : [];
  // `Bearer TOKEN`: the token may stand alone.
  const headers = Object.values(otlp_headers).flatMap((value) => [value, value.split(" ").at(-1) ?? value]);
  return [...api_keys, ...signing, ...verifying, ...headers, ...urls.flatMap((url) => passwordsOf(url))];
}

/** A URL's password, or NATS's token in its place, as it is written and as it is meant. */
function passwordsOf(text: string | undefined): string[] {
  const { protocol, username, password, host, pathname } = (text && URL.parse(text.trim())) || {};
  const secret = password || (protocol === "nats:" || protocol === "tls:" ? username : undefined);
  // One that is also a name in the URL is no secret, and would take every other mention of that name with it.
  if (!secret || secret === (password && username) || host === secret || pathname === `/${secret}`) return [];
  try {
    return [secret, decodeURIComponent(secret)];
  } catch {
    return [secret];
  }
}

/** A variable as people read of it. */
interface Setting {
  readonly name: string;
  readonly about: string;
  readonly default_text: string;
  readonly example: string;
}

/** Every variable: what it is for, its default, an example. */
export function settings(): readonly Setting[] {
  return Object.entries(VARIABLES).map(([name, described]) => {
    const { about, example, default: standard, default_text }: Variable<unknown, unknown> = described;
    return { name, about, default_text: default_text ?? String(standard), example };
  });
}

/** {@link settings} for the command line. */
export function helpText(): string {
  return [
    "Levqor: runs AI-automation jobs, on an append-only event log.",
    "Usage: npm start [-- --help]",
    "Settings are environment variables, or lines of a file .env:",
    ...settings().map(
      ({ name, about, default_text, example }) =>
        `  ${name}\n      ${about}\n      Default: ${default_text}. Example: ${name}=${example}`,
    ),
  ].join("\n\n");
}

function readAll(env: Readonly<Record<string, string | undefined>>, problems: string[]): Values {
  const read = ([name, described]: [string, Variable<unknown, unknown>]) => {
    const text = env[name]?.trim();
    if (!text) return [name, described.default];
    try {
      return [name, described.parse(text)];
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      problems.push(`${name} ${described.secret ? "(not shown)" : `is ${JSON.stringify(text)}`}: ${error.message}.`);
      return [name, described.default];
    }
  };
  return Object.fromEntries(Object.entries(VARIABLES).map(read)) as Values;
}

/** What no variable can tell alone. What is given counts as such also where its value is wrong, which is told already. */
function checkTogether(values: Values, problems: string[], given: (name: Name) => boolean): void {
  const { LEVQOR_ROLE, HOST = "127.0.0.1", NODE_ENV } = values;
  if (LEVQOR_ROLE !== "all" && !given("DATABASE_URL")) {
    problems.push(`LEVQOR_ROLE is "${LEVQOR_ROLE}": it shares a database with other processes; set DATABASE_URL.`);
  }
  if (LEVQOR_ROLE !== "all" && !given("WEBHOOK_SECRET")) {
    problems.push(
      `LEVQOR_ROLE is "${LEVQOR_ROLE}": workers sign callbacks with what the api tells their receivers; set WEBHOOK_SECRET, the same in all. Make one: echo "whsec_$(openssl rand -base64 32)"`,
    );
  }
  if (given("WEBHOOK_SECRET_NEXT") && !given("WEBHOOK_SECRET")) {
    problems.push(
      "WEBHOOK_SECRET_NEXT (not shown): it goes with WEBHOOK_SECRET, which is not set; the one in use belongs there.",
    );
  }
  if (given("DATABASE_ADMIN_URL") && !given("DATABASE_URL")) {
    problems.push("DATABASE_ADMIN_URL (not shown): it goes with DATABASE_URL, which is not set; set both or neither.");
  }
  if (given("API_KEYS_NEXT") && !given("API_KEYS")) {
    problems.push("API_KEYS_NEXT (not shown): it goes with API_KEYS, which is not set; the keys in use belong there.");
  }
  if (given("JWT_SECRET") && given("JWKS_URL")) {
    problems.push("JWT_SECRET (not shown): it is one way to check JWTs, JWKS_URL the other; set one of them.");
  }
  const takesSessions = given("JWT_SECRET") || given("JWKS_URL");
  if (takesSessions && !given("JWT_ISSUER")) {
    problems.push(
      "JWT_ISSUER is missing: a JWT of just any issuer must not be taken; set it to the iss of your auth server.",
    );
  }
  if (LEVQOR_ROLE === "worker" || given("API_KEYS") || given("API_KEYS_NEXT")) return;
  if (!takesSessions && !isOwnAddress(HOST)) {
    problems.push(
      `HOST is ${JSON.stringify(HOST)}: without API_KEYS everyone who reaches the service there may do everything. Set API_KEYS (make a key: openssl rand -hex 24), or leave HOST out.`,
    );
  }
  if (NODE_ENV === "production") {
    problems.push(`NODE_ENV is "production": it needs API_KEYS. Make a key: openssl rand -hex 24`);
  }
}

function jwt({ JWT_SECRET, JWKS_URL, JWT_ISSUER: issuer, JWT_AUDIENCE: audience }: Values): Config["jwt"] {
  if (!issuer) return undefined;
  if (JWT_SECRET) return { verify_with: { secret: JWT_SECRET }, issuer, audience };
  return JWKS_URL ? { verify_with: { jwks_url: JWKS_URL }, issuer, audience } : undefined;
}

/** Whether this is a service for its own developer alone. A worker is told no keys, so it cannot know. */
function isDevelopment(values: Values): boolean {
  return values.NODE_ENV !== "production" && values.LEVQOR_ROLE === "all" && isOpen(values);
}

/** Whether nobody is asked who they are. */
function isOpen(values: Values): boolean {
  return values.API_KEYS.length === 0 && jwt(values) === undefined;
}

/** Whether nobody but this machine reaches an address. */
function isOwnAddress(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** In development mode the caller without a key is the operator: limited only where that was asked for. */
function rateLimits(values: Values): Config["rate_limits"] {
  const { RATE_BURST, RATE_GLOBAL, RATE_TIERS, NODE_ENV } = values;
  const open = isOpen(values) && NODE_ENV !== "production";
  return Object.freeze({
    burst: RATE_BURST === undefined ? (open ? null : RATE_DEFAULTS.burst) : RATE_BURST,
    global: RATE_GLOBAL === undefined ? (open ? null : RATE_DEFAULTS.global) : RATE_GLOBAL,
    tiers: Object.freeze({ ...RATE_DEFAULTS.tiers, ...RATE_TIERS }),
  });
}

/** Warnings for variables that begin like ours and are none. */
function unknownVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  const names = Object.keys(VARIABLES);
  return Object.keys(env)
    .filter((name) => name.startsWith("LEVQOR_") && !names.includes(name))
    .map((name) => {
      const near = names.map((known) => ({ known, edits: distance(name, known) })).sort((a, b) => a.edits - b.edits)[0];
      const hint = near && near.edits <= 4 ? `; did you mean ${near.known}?` : ".";
      return `${name} is not a setting and has no effect${hint}`;
    });
}

function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new Unfit(`it must be a whole number from ${min} to ${max}`);
  };
}

function oneOf<const Choice extends string>(...choices: Choice[]): (text: string) => Choice {
  return (text) => {
    const found = choices.find((choice) => choice === text);
    if (found) return found;
    throw new Unfit(`it must be ${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`);
  };
}

function share(text: string): number {
  const value = /^(?:\d+|\d*\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 0 && value <= 1) return value;
  throw new Unfit("it must be a number from 0 to 1, for example 0.01");
}

function httpUrl(text: string): string {
  const url = URL.parse(text);
  if (url && ["http:", "https:"].includes(url.protocol) && url.search === "" && url.hash === "") return text;
  throw new Unfit("it must be a URL like http://collector:4318, without a query");
}

function otlpHeaders(text: string): Readonly<Record<string, string>> {
  const headers = text.split(",").map((entry) => {
    const [, name, value] = /^\s*([\w-]+)\s*=\s*([\x21-\x2b\x2d-\x7e]+)\s*$/.exec(entry) ?? [];
    if (name === undefined || value === undefined) throw new Unfit("it must be name=value, separated by commas");
    try {
      return [name.toLowerCase(), decodeURIComponent(value)];
    } catch (cause) {
      throw new Unfit(`the value of ${name} is not percent-encoded as it must be`, { cause });
    }
  });
  return Object.freeze(Object.fromEntries(headers));
}

function matching(pattern: RegExp, otherwise: string): (text: string) => string {
  return (text) => {
    if (pattern.test(text)) return text;
    throw new Unfit(otherwise);
  };
}

function perMinute(text: string): PerMinute {
  if (text === "none") return null;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new Unfit(`it must be a whole number from 1 to ${RATE_MAX} (requests a minute), or none`);
}

function rateTiers(text: string): Readonly<Record<string, PerMinute>> {
  const tiers = text.split(",").map((entry): [string, PerMinute] => {
    const [, name, quota] = /^([a-z][a-z\d-]{0,31})=(none|[1-9]\d{0,8})$/.exec(entry.trim()) ?? [];
    if (name === undefined || quota === undefined) {
      throw new Unfit(
        `${JSON.stringify(entry.trim())} is no tier; write a name in lower case and requests a minute (at most ${RATE_MAX}), or none: pro=1200,enterprise=none`,
      );
    }
    if (RATE_POLICIES.includes(name)) throw new Unfit(`the name ${name} is taken by another limit`);
    return [name, perMinute(quota)];
  });
  const names = tiers.map(([name]) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice) throw new Unfit(`the tier ${twice} is named twice`);
  return Object.fromEntries(tiers);
}

function trustProxy(text: string): TrustProxy {
  const entries = text.split(",").map((entry) => entry.trim().toLowerCase());
  const proxies = entries.filter(isAddressRange);
  const others = entries.filter((entry) => !isAddressRange(entry));
  const [named = ADDRESS_LIST_HEADERS[0] as string, surplus] = others;
  if (surplus !== undefined) {
    throw new Unfit(
      `${JSON.stringify(surplus)} is no address and no CIDR range; write one header, then the proxies: x-forwarded-for:1,10.0.0.0/8`,
    );
  }
  const [header = "", count, ...rest] = named.split(":");
  const hops = count === undefined ? undefined : Number(count);
  const isList = ADDRESS_LIST_HEADERS.includes(header);
  if (!isList && !SINGLE_ADDRESS_HEADERS.includes(header)) {
    throw new Unfit(
      `${JSON.stringify(named)} is no header to go by, no address and no CIDR range; headers: ${[...ADDRESS_LIST_HEADERS, ...SINGLE_ADDRESS_HEADERS].join(", ")}`,
    );
  }
  if (count !== undefined && (rest.length > 0 || !/^\d{1,2}$/.test(count) || count === "0" || count === "00")) {
    throw new Unfit(`after ${header}: comes the number of proxies, from 1 to 99`);
  }
  if (!isList && hops !== undefined) {
    throw new Unfit(`${header} holds one address, not one for each proxy; leave out :${count}`);
  }
  if (isList && hops === undefined && proxies.length === 0) {
    throw new Unfit(
      `anyone can write into ${header}; say how many proxies append to it (${header}:1), or which (${header},10.0.0.0/8)`,
    );
  }
  return { header, hops, proxies };
}

const KEY_MIN_LENGTH = 16;

function apiKeys(text: string): readonly string[] {
  const keys = text.split(",").map((key) => key.trim());
  keys.forEach((key, index) => {
    const which = `key ${index + 1} of ${keys.length}`;
    if (key === "") throw new Unfit(`${which} is empty; remove the comma too many`);
    if (!/^[\x21-\x7e]+$/.test(key)) throw new Unfit(`${which} has characters that no HTTP header can carry`);
    if (key.length < KEY_MIN_LENGTH) {
      throw new Unfit(
        `${which} has ${key.length} characters and needs at least ${KEY_MIN_LENGTH}; make one: openssl rand -hex 24`,
      );
    }
  });
  return keys;
}

function corsOrigins(text: string): readonly string[] {
  const origins = text.split(",").map((origin) => origin.trim());
  for (const origin of origins) {
    if (origin === "*") throw new Unfit("it must name each origin; * would let every page use the keys it is given");
    const url = URL.parse(origin);
    if (!url || !["http:", "https:"].includes(url.protocol) || url.origin !== origin) {
      const hint = url && url.origin !== "null" ? `; write ${url.origin}` : "; write https://app.example.com";
      throw new Unfit(`${JSON.stringify(origin)} is no origin as browsers write it${hint}`);
    }
  }
  return origins;
}

function publicUrl(text: string): string {
  const url = URL.parse(text);
  if (!url || !["https:", "http:"].includes(url.protocol) || text.replace(/\/$/, "") !== url.origin) {
    throw new Unfit("it must be https:// and a host, with nothing after it, like https://api.example.com");
  }
  return url.origin;
}

/** As RFC 7518 asks of HS256: a key no shorter than the hash. */
const JWT_SECRET_MIN_BYTES = 32;

function jwtSecret(text: string): string {
  const bytes = Buffer.byteLength(text);
  if (bytes >= JWT_SECRET_MIN_BYTES) return text;
  throw new Unfit(`it has ${bytes} bytes and needs at least ${JWT_SECRET_MIN_BYTES}; who guesses it can be any user`);
}

/** Over https: who can change the keys on their way can be any user. */
function jwksUrl(text: string): string {
  const url = URL.parse(text);
  const isOwn = url?.protocol === "http:" && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (url && (url.protocol === "https:" || isOwn) && url.username === "") return text;
  throw new Unfit("it must be an https:// URL without user and password (http:// on this machine only)");
}

/** What is said is logged, where whatever looks like a URL with credentials is taken out. */
function postgresUrl(text: string): string {
  const url = URL.parse(text);
  if (!url || !["postgres:", "postgresql:"].includes(url.protocol)) {
    throw new Unfit(
      "it must be a URL like postgres://host:5432/database, with user:password@ before the host; special characters in the password must be percent-encoded",
    );
  }
  if (url.username === "") throw new Unfit("it names no user; write user:password@ before the host");
  if (url.pathname.length < 2) throw new Unfit("it names no database; add it at the end, for example /levqor");
  return text;
}

function natsUrl(text: string): string {
  const servers = text.split(",").map((server) => URL.parse(server.trim()));
  for (const server of servers) {
    if (!server || !["nats:", "tls:"].includes(server.protocol) || server.hostname === "") {
      throw new Unfit("it must be nats://host:4222 or tls://host:4222, or several of them separated by commas");
    }
  }
  return text;
}

function outboundAllow(text: string): readonly string[] {
  if (text === "none") return [];
  const entries = text.split(",").map((entry) => entry.trim());
  for (const entry of entries) {
    // A last label of digits would be an address that is none.
    const isHost = /^(?:[a-z\d_](?:[a-z\d_-]*[a-z\d])?\.)*[a-z](?:[a-z\d-]*[a-z\d])?$/i.test(entry);
    if (!isAddressRange(entry) && !isHost) {
      throw new Unfit(
        `${JSON.stringify(entry)} is no address, CIDR range or host name; write 10.20.0.0/16,hooks.internal`,
      );
    }
  }
  return entries;
}

function webhookSecret(text: string): string {
  const [, base64] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  const bytes = base64 ? Buffer.from(base64, "base64").length : 0;
  if (bytes >= 24 && bytes <= 64) return text;
  throw new Unfit(
    `it must be whsec_ and the base64 of 24 to 64 bytes${base64 ? `, and has ${bytes}` : ""}; make one: echo "whsec_$(openssl rand -base64 32)"`,
  );
}
