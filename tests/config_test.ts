import { describe, expect, test } from "bun:test";
import { resolve } from "node:path";
import { type Config, ConfigError, helpText, loadConfig, secretsOf, settings } from "../src/config.ts";
import { scrubber } from "../src/scrub.ts";

const KEY = "k".repeat(16);
const VAULT_KEY = Buffer.alloc(32, 9).toString("base64");
const WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const VAULT_KEYS = [9, 10].map((byte) => Buffer.alloc(32, byte).toString("base64"));
const vaultKeys = (count: number) =>
  Array.from({ length: count }, (_, byte) => Buffer.alloc(32, byte).toString("base64"));
const NEXT_WEBHOOK_SECRET = `whsec_${Buffer.alloc(32, 8).toString("base64")}`;

function load(env: Record<string, string>): Config {
  const config = loadConfig(env, []);
  if (config === "help") throw new Error("Got help in place of a configuration");
  return config;
}

/** The problems with which the environment is rejected. */
function problems(env: Record<string, string>, args: string[] = []): readonly string[] {
  try {
    loadConfig(env, args);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe("an empty environment", () => {
  test("starts a development service with all of its own parts, closed to other machines", () => {
    expect(load({})).toEqual({
      port: 5000,
      host: "127.0.0.1",
      api_keys: [],
      cors_origins: [],
      jwt: undefined,
      production: false,
      public_url: undefined,
      database_url: undefined,
      database_admin_url: undefined,
      nats_url: undefined,
      nats_replicas: undefined,
      data_dir: resolve(".levqor"),
      role: "all",
      worker_concurrency: 64,
      job_lease_seconds: 30,
      max_queue_depth: 1_000_000,
      max_streams: 5_000,
      sentry_dsn: undefined,
      caller_share: 0.1,
      rate_limits: { burst: null, global: null, tiers: { free: 60, pro: 600, enterprise: 6000 } },
      trust_proxy: undefined,
      webhook_secret: undefined,
      mail: {
        delivery: { via: "outbox" },
        domain: undefined,
        from: {
          support: "Levqor <support@levqor.localhost>",
          billing: "Levqor Billing <billing@levqor.localhost>",
          "no-reply": "Levqor <no-reply@levqor.localhost>",
          security: "Levqor Security <security@levqor.localhost>",
        },
        receiving_email: undefined,
        webhook_secrets: [],
        resolver: undefined,
      },
      vault_key: [],
      vault_periods: { trace_days: 90, evidence_years: 3, fiscal_years: 10 },
      webhook_secret_next: undefined,
      outbound_allow: ["127.0.0.0/8", "::1"],
      log_level: "info",
      log_format: "auto",
      request_log: "errors",
      metrics_port: undefined,
      metrics_host: "127.0.0.1",
      otlp_endpoint: undefined,
      otlp_headers: {},
      otel_service_name: "levqor",
      otel_sample_ratio: 1,
      build: "dev",
      warnings: [],
    });
  });

  test("is the same as one of empty variables", () => {
    expect(load({ PORT: "", API_KEYS: " ", DATABASE_URL: "" })).toEqual(load({}));
  });
});

const FULL = {
  PORT: "0",
  HOST: "::1",
  API_KEYS: `${KEY}, other-${KEY}`,
  API_KEYS_NEXT: `next-${KEY}`,
  CORS_ORIGINS: "https://app.example.com, http://localhost:3000",
  NODE_ENV: "production",
  PUBLIC_URL: "https://jobs.example.com:8443/",
  DATABASE_URL: "postgres://levqor:p%40ss@db:5432/levqor",
  DATABASE_ADMIN_URL: "postgresql://owner:secret@db/levqor",
  NATS_URL: "nats://a:4222,tls://user:pass@b:4222",
  NATS_REPLICAS: "3",
  LEVQOR_DATA_DIR: "data",
  LEVQOR_ROLE: "worker",
  WORKER_CONCURRENCY: "1",
  JOB_LEASE_SECONDS: "3600",
  MAX_QUEUE_DEPTH: "100000000",
  MAX_STREAMS: "1",
  SENTRY_DSN: "https://0123456789abcdef:fedcba98@sentry.internal:9000/base/42",
  CALLER_SHARE: "0.5",
  RATE_BURST: "1",
  RATE_GLOBAL: "none",
  RATE_TIERS: "gold=999999999, pro=none",
  TRUST_PROXY: "X-Forwarded-For:2, 10.0.0.0/8,fd00::1",
  WEBHOOK_SECRET,
  WEBHOOK_SECRET_NEXT: NEXT_WEBHOOK_SECRET,
  OUTBOUND_ALLOW: "10.20.0.0/16, fd00::/8,192.168.0.7,hooks.internal",
  RESEND_API_KEY: "re_0123456789abcdef",
  MAIL_DOMAIN: "mail.levqor.ai",
  DNS_RESOLVER: "[::1]:5353",
  RESEND_WEBHOOK_SECRET: `${WEBHOOK_SECRET}, ${NEXT_WEBHOOK_SECRET}`,
  MAIL_FROM: "Levqor <support@levqor.ai>",
  RECEIVING_EMAIL: "help@levqor.ai",
  RESEND_BASE_URL: "https://resend.example.com/",
  VAULT_KEY: VAULT_KEYS.join(", "),
  VAULT_TRACE_DAYS: "3650",
  VAULT_EVIDENCE_YEARS: "100",
  VAULT_FISCAL_YEARS: "1",
  JWT_SECRET: "s".repeat(32),
  JWT_ISSUER: "https://auth.example.com",
  JWT_AUDIENCE: "levqor",
  LOG_LEVEL: "silent",
  LOG_FORMAT: "json",
  REQUEST_LOG: "off",
  METRICS_PORT: "9464",
  METRICS_HOST: "10.0.0.5",
  OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector:4318/otlp",
  OTEL_EXPORTER_OTLP_HEADERS: "Authorization=Bearer%20a%2Cb, x-team = ops",
  OTEL_SERVICE_NAME: "levqor-staging",
  OTEL_TRACES_SAMPLER_ARG: "0.25",
  BUILD_ID: "a1b2c3d",
};

describe("a full environment", () => {
  const env = FULL;

  test("is used as it is", () => {
    expect(load(env)).toEqual({
      port: 0,
      host: "::1",
      api_keys: [KEY, `other-${KEY}`, `next-${KEY}`],
      cors_origins: ["https://app.example.com", "http://localhost:3000"],
      jwt: { verify_with: { secret: "s".repeat(32) }, issuer: "https://auth.example.com", audience: "levqor" },
      production: true,
      public_url: "https://jobs.example.com:8443",
      database_url: env.DATABASE_URL,
      database_admin_url: env.DATABASE_ADMIN_URL,
      nats_url: env.NATS_URL,
      nats_replicas: 3,
      data_dir: resolve("data"),
      role: "worker",
      worker_concurrency: 1,
      job_lease_seconds: 3600,
      max_queue_depth: 100_000_000,
      max_streams: 1,
      sentry_dsn: "https://0123456789abcdef:fedcba98@sentry.internal:9000/base/42",
      caller_share: 0.5,
      rate_limits: { burst: 1, global: null, tiers: { free: 60, pro: null, enterprise: 6000, gold: 999_999_999 } },
      trust_proxy: { header: "x-forwarded-for", hops: 2, proxies: ["10.0.0.0/8", "fd00::1"] },
      webhook_secret: WEBHOOK_SECRET,
      webhook_secret_next: NEXT_WEBHOOK_SECRET,
      outbound_allow: ["10.20.0.0/16", "fd00::/8", "192.168.0.7", "hooks.internal"],
      mail: {
        delivery: { via: "resend", api_key: "re_0123456789abcdef", base_url: "https://resend.example.com" },
        domain: "mail.levqor.ai",
        from: {
          support: "Levqor <support@levqor.ai>",
          billing: "Levqor Billing <billing@mail.levqor.ai>",
          "no-reply": "Levqor <no-reply@mail.levqor.ai>",
          security: "Levqor Security <security@mail.levqor.ai>",
        },
        receiving_email: "help@levqor.ai",
        webhook_secrets: [WEBHOOK_SECRET, NEXT_WEBHOOK_SECRET],
        resolver: "[::1]:5353",
      },
      vault_key: VAULT_KEYS,
      vault_periods: { trace_days: 3_650, evidence_years: 100, fiscal_years: 1 },
      log_level: "silent",
      log_format: "json",
      request_log: "off",
      metrics_port: 9464,
      metrics_host: "10.0.0.5",
      otlp_endpoint: "https://collector:4318/otlp",
      otlp_headers: { authorization: "Bearer a,b", "x-team": "ops" },
      otel_service_name: "levqor-staging",
      otel_sample_ratio: 0.25,
      build: "a1b2c3d",
      warnings: [],
    });
  });

  test("cannot be changed afterwards", () => {
    const config = load(env) as unknown as { port: number; api_keys: string[] };
    expect(() => {
      config.port = 1;
    }).toThrow();
    expect(() => config.api_keys.push("intruder")).toThrow();
  });
});

test("what must never be logged is each secret by itself, as written and decoded", () => {
  const secrets = secretsOf(load({ ...FULL, NATS_URL: "nats://token@a:4222,tls://user:pass@b:4222" }));
  const random = [WEBHOOK_SECRET, NEXT_WEBHOOK_SECRET].flatMap((secret) => [secret, secret.slice("whsec_".length)]);
  const wanted = [
    KEY,
    `other-${KEY}`,
    `next-${KEY}`,
    "p%40ss",
    "p@ss",
    "secret",
    "token",
    "pass",
    ...random,
    ...VAULT_KEYS,
    "s".repeat(32),
    "re_0123456789abcdef",
    "0123456789abcdef",
    "fedcba98",
  ];
  expect(new Set(secrets)).toEqual(new Set([...wanted, "Bearer a,b", "a,b", "ops"]));
});

test("a worker listens only if it is given a port", () => {
  const worker = { LEVQOR_ROLE: "worker", DATABASE_URL: "postgres://levqor@db/levqor", WEBHOOK_SECRET, VAULT_KEY };
  expect(load(worker).port).toBeUndefined();
  expect(load({ ...worker, PORT: "8080" }).port).toBe(8080);
  expect(load({ ...worker, LEVQOR_ROLE: "api" }).port).toBe(5000);
});

test("the API and the metrics do not share a port of one address", () => {
  const shared = (port: string, default_text = "") => [
    `METRICS_PORT is ${port}, and so is PORT${default_text}: the two must differ; set one of them to another port.`,
  ];
  expect(problems({ PORT: "17440", METRICS_PORT: "17440" })).toEqual(shared("17440"));
  expect(problems({ METRICS_PORT: "5000" })).toEqual(shared("5000", ", the default"));
  const ports = { API_KEYS: KEY, PORT: "8080", METRICS_PORT: "8080" };
  for (const HOST of ["0.0.0.0", "::", "127.0.0.1"]) expect(problems({ ...ports, HOST })).toEqual(shared("8080"));
  for (const METRICS_HOST of ["0.0.0.0", "::", "10.0.0.5"])
    expect(problems({ ...ports, HOST: "10.0.0.5", METRICS_HOST })).toEqual(shared("8080"));
  for (const HOST of ["10.0.0.5", "::1"]) expect(problems({ ...ports, HOST })).toEqual([]);
  expect(problems({ ...ports, METRICS_HOST: "::1" })).toEqual([]);
  expect(problems({ PORT: "0", METRICS_PORT: "0" })).toEqual([]);
  const worker = { LEVQOR_ROLE: "worker", DATABASE_URL: "postgres://levqor@db/levqor", WEBHOOK_SECRET, VAULT_KEY };
  expect(problems({ ...worker, METRICS_PORT: "5000" })).toEqual([]);
});

test("with keys the service is open to other machines", () => {
  expect(load({ API_KEYS: KEY }).host).toBe("0.0.0.0");
  expect(load({ API_KEYS: KEY, HOST: "127.0.0.1" }).host).toBe("127.0.0.1");
});

test("without keys the service listens on loopback only", () => {
  for (const HOST of ["127.0.0.1", "127.8.9.1", "::1", "localhost"]) expect(load({ HOST }).host).toBe(HOST);
  for (const HOST of ["0.0.0.0", "::", "10.0.0.5", "0", "127.evil.example", "levqor.internal"]) {
    const [problem, ...others] = problems({ HOST });
    expect(problem).toStartWith(`HOST is "${HOST}": without API_KEYS everybody who can reach the service there may do`);
    expect(problem).toContain("openssl rand -hex 24");
    expect(others).toEqual([]);
  }
  const JWT = { JWT_SECRET: "s".repeat(32), JWT_ISSUER: "https://auth.example.com" };
  for (const more of [{ API_KEYS: KEY }, JWT]) expect(load({ HOST: "0.0.0.0", ...more }).host).toBe("0.0.0.0");
});

test("in production the service is reached at its own domain unless configured otherwise", () => {
  expect(load({ API_KEYS: KEY, VAULT_KEY, NODE_ENV: "production" }).public_url).toBe("https://api.levqor.ai");
});

test("only a development service may call its own machine unless configured otherwise", () => {
  const closed: Record<string, string>[] = [
    { API_KEYS: KEY },
    { API_KEYS: KEY, VAULT_KEY, NODE_ENV: "production" },
    { NODE_ENV: "production", LEVQOR_ROLE: "worker", DATABASE_URL: "postgres://a:b@c/d", WEBHOOK_SECRET, VAULT_KEY },
    { LEVQOR_ROLE: "worker", DATABASE_URL: "postgres://a:b@c/d", WEBHOOK_SECRET, VAULT_KEY },
    { OUTBOUND_ALLOW: "none" },
  ];
  for (const env of closed) expect(load(env).outbound_allow).toEqual([]);
  expect(load({ API_KEYS: KEY, OUTBOUND_ALLOW: "localhost" }).outbound_allow).toEqual(["localhost"]);
});

test("mail is sent where there is a key for it, whether or not operators get support messages", () => {
  const sender = { RESEND_API_KEY: "re_0123456789abcdef", MAIL_FROM: "support@levqor.ai" };
  expect(load(sender).mail).toMatchObject({
    delivery: { via: "resend", api_key: sender.RESEND_API_KEY, base_url: "https://api.resend.com" },
    domain: "levqor.ai",
    from: { support: "support@levqor.ai", "no-reply": "Levqor <no-reply@levqor.ai>" },
    receiving_email: undefined,
  });
  const { from } = load({ ...sender, MAIL_FROM: "", MAIL_DOMAIN: "levqor.ai" }).mail;
  expect(from.support).toBe("Levqor <support@levqor.ai>");
});

test("without a key mail is shown in development, and in production there is none", () => {
  const shown = { MAIL_FROM: "support@levqor.ai", RECEIVING_EMAIL: "help@levqor.ai" };
  expect(load(shown).mail.delivery).toEqual({ via: "outbox" });
  const production = { API_KEYS: KEY, VAULT_KEY, NODE_ENV: "production", MAIL_FROM: "support@levqor.ai" };
  expect(load(production).mail.delivery).toBeUndefined();
});

test("secrets of Resend's webhooks are up to eight, each as Resend shows it", () => {
  const secret = (bytes: number) => `whsec_${Buffer.alloc(bytes).toString("base64")}`;
  const read = (RESEND_WEBHOOK_SECRET: string) => load({ RESEND_WEBHOOK_SECRET }).mail.webhook_secrets;
  expect(read([secret(24), secret(64)].join(","))).toEqual([secret(24), secret(64)]);
  expect(read(Array(8).fill(secret(32)).join())).toHaveLength(8);
  const shape = "each must be whsec_ and the base64 of 24 to 64 bytes, as Resend shows it.";
  for (const wrong of [secret(23), secret(65), "whsec_", secret(32).slice(0, -1), `${secret(32)},`]) {
    expect(problems({ RESEND_WEBHOOK_SECRET: wrong })).toEqual([`RESEND_WEBHOOK_SECRET (not shown): ${shape}`]);
  }
  expect(problems({ RESEND_WEBHOOK_SECRET: Array(9).fill(secret(32)).join() })).toEqual([
    "RESEND_WEBHOOK_SECRET (not shown): it may have 8 secrets, and has 9.",
  ]);
});

test.each(["RESEND_API_KEY", "RESEND_WEBHOOK_SECRET", "MAIL_DOMAIN", "MAIL_FROM", "RECEIVING_EMAIL", "SENTRY_DSN"])(
  "%s is the same for every process, and says so",
  (env) => {
    expect(settings().find((setting) => setting.env === env)?.summary).toContain("The same for every process.");
  },
);

test("wrong mail settings are refused", () => {
  const sender = { RESEND_API_KEY: "re_0123456789abcdef", MAIL_FROM: "support@levqor.ai" };
  expect(problems({ ...sender, RECEIVING_EMAIL: "help@levqor.ai, ops@levqor.ai" })).toEqual([
    'RECEIVING_EMAIL is "help@levqor.ai, ops@levqor.ai": it must be one e-mail address: help@levqor.ai.',
  ]);
  expect(problems({ ...sender, RESEND_API_KEY: "re_1" })).toEqual([
    "RESEND_API_KEY (not shown): it must be 8 to 256 visible ASCII characters.",
  ]);
});

test("incomplete mail settings are refused if they cannot work", () => {
  const production = { API_KEYS: KEY, VAULT_KEY, NODE_ENV: "production" };
  expect(problems({ ...production, RECEIVING_EMAIL: "help@levqor.ai" })).toEqual([
    "RECEIVING_EMAIL is set, but RESEND_API_KEY, which is needed to send mail to it, is not.",
  ]);
  expect(problems({ RESEND_API_KEY: "re_0123456789abcdef", RECEIVING_EMAIL: "help@levqor.ai" })).toEqual([
    "RESEND_API_KEY is set, but neither MAIL_DOMAIN nor MAIL_FROM is: mail needs a sender in a domain that is verified at Resend.",
  ]);
});

test("callers without a key are limited unless the service is a development one", () => {
  const ofAll = { burst: 20, global: 200 };
  expect(load({ API_KEYS: KEY }).rate_limits).toMatchObject(ofAll);
  expect(load({ API_KEYS: KEY, VAULT_KEY, NODE_ENV: "production" }).rate_limits).toMatchObject(ofAll);
  expect(load({ RATE_BURST: "5" }).rate_limits).toMatchObject({ burst: 5, global: null });
  expect(load({ API_KEYS: KEY, RATE_BURST: "none" }).rate_limits).toMatchObject({ burst: null, global: 200 });
});

test("proxies are trusted by hops, by their addresses, or by the one address that they send", () => {
  const trust = (TRUST_PROXY: string) => load({ TRUST_PROXY }).trust_proxy;
  expect(trust("x-forwarded-for:1")).toEqual({ header: "x-forwarded-for", hops: 1, proxies: [] });
  expect(trust("10.0.0.0/8,::1")).toEqual({
    header: "x-forwarded-for",
    hops: undefined,
    proxies: ["10.0.0.0/8", "::1"],
  });
  expect(trust("forwarded,10.0.0.9")).toEqual({ header: "forwarded", hops: undefined, proxies: ["10.0.0.9"] });
  expect(trust("forwarded:99")).toEqual({ header: "forwarded", hops: 99, proxies: [] });
  expect(trust("CF-Connecting-IP")).toEqual({ header: "cf-connecting-ip", hops: undefined, proxies: [] });
});

describe("rejected, with the value and how to fix it:", () => {
  test.each([
    [
      "DNS_RESOLVER",
      "dns.example.com",
      'DNS_RESOLVER is "dns.example.com": it must be an IP address, with or without a port: 1.1.1.1, [2606:4700::1111]:53.',
    ],
    ["MAIL_DOMAIN", "Levqor.ai", 'MAIL_DOMAIN is "Levqor.ai": it must be a domain in lower case: levqor.ai.'],
    [
      "MAIL_FROM",
      "Levqor support@levqor.ai",
      'MAIL_FROM is "Levqor support@levqor.ai": it must be an e-mail address, or a name and an address in angle brackets: Levqor <support@levqor.ai>.',
    ],
    [
      "RESEND_BASE_URL",
      "https://key@resend.example.com",
      'RESEND_BASE_URL is "https://key@resend.example.com": it must be an http:// or https:// URL without user, password and query.',
    ],
    ["PORT", "abc", 'PORT is "abc": it must be a whole number from 0 to 65535.'],
    [
      "CORS_ORIGINS",
      "*",
      'CORS_ORIGINS is "*": it must list each origin; * would let every page use the keys it is given.',
    ],
    [
      "CORS_ORIGINS",
      "https://a.example/",
      'CORS_ORIGINS is "https://a.example/": "https://a.example/" is not an origin as browsers write it; write https://a.example.',
    ],
    [
      "CORS_ORIGINS",
      "https://A.example:443",
      'CORS_ORIGINS is "https://A.example:443": "https://A.example:443" is not an origin as browsers write it; write https://a.example.',
    ],
    [
      "CORS_ORIGINS",
      "null",
      'CORS_ORIGINS is "null": "null" is not an origin as browsers write it; write https://app.example.com.',
    ],
    ["PORT", "65536", 'PORT is "65536": it must be a whole number from 0 to 65535.'],
    ["PORT", "-1", 'PORT is "-1": it must be a whole number from 0 to 65535.'],
    ["PORT", "80.5", 'PORT is "80.5": it must be a whole number from 0 to 65535.'],
    ["PORT", "1e3", 'PORT is "1e3": it must be a whole number from 0 to 65535.'],
    ["HOST", "http://x", 'HOST is "http://x": it must be an address or a host name.'],
    ["LEVQOR_ROLE", "boss", 'LEVQOR_ROLE is "boss": it must be all, api or worker.'],
    ["NODE_ENV", "prod", 'NODE_ENV is "prod": it must be development, production or test.'],
    ["LOG_FORMAT", "xml", 'LOG_FORMAT is "xml": it must be auto, json or pretty.'],
    ["WORKER_CONCURRENCY", "0", 'WORKER_CONCURRENCY is "0": it must be a whole number from 1 to 10000.'],
    ...["10.0.0.0/33", "::1/129", "1.2.3", "a b", "10.0.0.0/8/8", "http://x", "*.internal", "-a"].map((entry) => [
      "OUTBOUND_ALLOW",
      `127.0.0.1,${entry}`,
      `OUTBOUND_ALLOW is "127.0.0.1,${entry}": "${entry}" is not an IP address, CIDR range or host name; write 10.20.0.0/16,hooks.internal.`,
    ]),
    ...["0", "-1", "1.5", "1000000000", "many"].map((value) => [
      "RATE_BURST",
      value,
      `RATE_BURST is "${value}": it must be a whole number from 1 to 999999999 (requests a minute), or none.`,
    ]),
    ...["pro", "pro=", "Pro=1", "pro=0", "pro=1000000000", '"=1', ""].map((tier) => [
      "RATE_TIERS",
      `free=1,${tier}`,
      `RATE_TIERS is ${JSON.stringify(`free=1,${tier}`)}: ${JSON.stringify(tier)} is not a tier; write a name in lower case and requests a minute (at most 999999999), or none: pro=1200,enterprise=none.`,
    ]),
    ["RATE_TIERS", "global=1", 'RATE_TIERS is "global=1": the name global is used by another limit.'],
    ["RATE_TIERS", "pro=1,pro=2", 'RATE_TIERS is "pro=1,pro=2": the tier pro is listed twice.'],
    [
      "TRUST_PROXY",
      "x-forwarded-for",
      'TRUST_PROXY is "x-forwarded-for": anybody can write into x-forwarded-for; say how many proxies append to it (x-forwarded-for:1), or which (x-forwarded-for,10.0.0.0/8).',
    ],
    ...[
      "x-forwarded-for:0",
      "x-forwarded-for:100",
      "x-forwarded-for:",
      "x-forwarded-for:1:1",
      "x-forwarded-for:-1",
    ].map((value) => [
      "TRUST_PROXY",
      value,
      `TRUST_PROXY is "${value}": x-forwarded-for: must be followed by the number of proxies, from 1 to 99.`,
    ]),
    [
      "TRUST_PROXY",
      "x-real-ip:1",
      'TRUST_PROXY is "x-real-ip:1": x-real-ip has one address, not one for each proxy; leave out :1.',
    ],
    [
      "TRUST_PROXY",
      "x-forwarded-for:1,10.0.0.0/33",
      'TRUST_PROXY is "x-forwarded-for:1,10.0.0.0/33": "10.0.0.0/33" is not an IP address or CIDR range; write one header, then the proxies: x-forwarded-for:1,10.0.0.0/8.',
    ],
    ...["true", "1", "x-forwared-for:1", "10.0.0.0/33"].map((value) => [
      "TRUST_PROXY",
      value,
      `TRUST_PROXY is "${value}": "${value}" is not a supported header, IP address or CIDR range; headers: x-forwarded-for, forwarded, cf-connecting-ip, fastly-client-ip, fly-client-ip, true-client-ip, x-envoy-external-address, x-real-ip.`,
    ]),
    ...["jobs.example.com", "ftp://a", "https://a/b", "https://a?b", "https://a:b@c"].map((url) => [
      "PUBLIC_URL",
      url,
      `PUBLIC_URL is "${url}": it must be https:// and a host, with nothing after it, like https://api.example.com.`,
    ]),
    ["BUILD_ID", "a b", 'BUILD_ID is "a b": it must be 1 to 128 letters, digits and . : + / _ -.'],
  ])("%s=%s", (name, value, problem) => {
    expect(problems({ [name]: value })).toEqual([problem]);
  });
});

describe("rejected without showing the value:", () => {
  const HUSH = "Xhush9";
  test.each([
    ["API_KEYS_NEXT", HUSH, "key 1 of 1 has 6 characters and needs at least 16"],
    ["API_KEYS", HUSH, "key 1 of 1 has 6 characters and needs at least 16"],
    ["API_KEYS", `${KEY},,${KEY}`, "key 2 of 3 is empty"],
    ["API_KEYS", `${KEY},${HUSH} with blanks`, "key 2 of 2 has characters that are not allowed in an HTTP header"],
    ["DATABASE_URL", `mysql://user:${HUSH}@db/levqor`, "it must be a URL like postgres://"],
    ["DATABASE_URL", `postgres://user:${HUSH}#/@db/levqor`, "percent-encoded"],
    ["DATABASE_URL", "postgres://db/levqor", "it has no user"],
    ["DATABASE_URL", `postgres://user:${HUSH}@db`, "it has no database"],
    ["NATS_URL", `http://user:${HUSH}@nats:4222`, "it must be nats://host:4222"],
    ["NATS_URL", "nats://a:4222,b", "it must be nats://host:4222"],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", `ftp://user:${HUSH}@collector`, "it must be a URL like http://collector:4318"],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", `http://collector?key=${HUSH}`, "without a query"],
    ["OTEL_EXPORTER_OTLP_HEADERS", HUSH, "it must be name=value"],
    ["OTEL_EXPORTER_OTLP_HEADERS", `authorization=%zz${HUSH}`, "the value of authorization is not percent-encoded"],
    ["WEBHOOK_SECRET", HUSH, "it must be whsec_ and the base64 of 24 to 64 bytes"],
    ["WEBHOOK_SECRET", "whsec_c2hvcnQ=", "it must be whsec_ and the base64 of 24 to 64 bytes, and has 5"],
    ["VAULT_KEY", HUSH, "it must be the base64 of 32 bytes; generate one: openssl rand -base64 32"],
    ["VAULT_KEY", Buffer.alloc(31).toString("base64"), "it must be the base64 of 32 bytes"],
    ["VAULT_KEY", Buffer.alloc(33).toString("base64"), "it must be the base64 of 32 bytes"],
    ["VAULT_KEY", `${VAULT_KEYS[0]},`, "key 2 of 2 must be the base64 of 32 bytes"],
    ["VAULT_KEY", [...VAULT_KEYS, VAULT_KEYS[0]].join(), "key 3 of 3 is the same as one before it"],
    ["VAULT_KEY", vaultKeys(9).join(), "it has 9 keys, and 8 are the maximum"],
  ])("%s=%s", (name, value, part) => {
    const [problem, ...others] = problems({ API_KEYS: KEY, [name]: value });
    expect(problem).toStartWith(`${name} (not shown): `);
    expect(problem).toContain(part);
    expect(problem).not.toContain(HUSH);
    expect(others).toEqual([]);
  });
});

describe("settings that do not go together", () => {
  test.each([
    [{ LEVQOR_ROLE: "worker", WEBHOOK_SECRET, VAULT_KEY }, "set DATABASE_URL"],
    [{ LEVQOR_ROLE: "worker", DATABASE_URL: "postgres://a:b@c/d", VAULT_KEY }, "set WEBHOOK_SECRET"],
    [{ LEVQOR_ROLE: "api", DATABASE_URL: "postgres://a:b@c/d", VAULT_KEY }, "set WEBHOOK_SECRET"],
    [{ LEVQOR_ROLE: "worker", DATABASE_URL: "postgres://a:b@c/d", WEBHOOK_SECRET }, "set VAULT_KEY"],
    [{ LEVQOR_ROLE: "api", DATABASE_URL: "postgres://a:b@c/d", WEBHOOK_SECRET }, "set VAULT_KEY"],
    [{ NODE_ENV: "production", API_KEYS: KEY }, "set VAULT_KEY"],
    [{ WEBHOOK_SECRET_NEXT: WEBHOOK_SECRET }, "it needs WEBHOOK_SECRET"],
    [{ LEVQOR_ROLE: "api", WEBHOOK_SECRET, VAULT_KEY }, "set DATABASE_URL"],
    [{ DATABASE_ADMIN_URL: "postgres://a:b@c/d" }, "set both or neither"],
    [{ NODE_ENV: "production", VAULT_KEY }, "it needs API_KEYS"],
    [{ API_KEYS_NEXT: KEY }, "it needs API_KEYS"],
    [{ API_KEYS_NEXT: KEY, NODE_ENV: "production", VAULT_KEY }, "it needs API_KEYS"],
  ])("%p", (env, part) => {
    const [problem, ...others] = problems(env);
    expect(problem).toContain(part);
    expect(others).toEqual([]);
  });
});

test("everything that is wrong is reported at once", () => {
  const refused = () => loadConfig({ PORT: "x", LOG_LEVEL: "loud", API_KEYS: "short" }, []);
  expect(refused).toThrow(ConfigError);
  expect(refused).toThrow("Cannot start: 3 settings are wrong.");
  expect(problems({ PORT: "x", LOG_LEVEL: "loud", API_KEYS: "short" })).toHaveLength(3);
});

test("a setting that requires another one does so even if it is invalid itself", () => {
  const missing = (env: Record<string, string>) => problems(env).map((problem) => problem.split(/[ :]/)[0]);
  expect(missing({ JWT_SECRET: "abc" })).toEqual(["JWT_SECRET", "JWT_ISSUER"]);
  expect(missing({ JWKS_URL: "ftp://x", HOST: "0.0.0.0" })).toEqual(["JWKS_URL", "JWT_ISSUER"]);
  expect(missing({ WEBHOOK_SECRET_NEXT: "x" })).toEqual(["WEBHOOK_SECRET_NEXT", "WEBHOOK_SECRET_NEXT"]);
  expect(missing({ DATABASE_ADMIN_URL: "x" })).toEqual(["DATABASE_ADMIN_URL", "DATABASE_ADMIN_URL"]);
  expect(missing({ API_KEYS_NEXT: "x" })).toEqual(["API_KEYS_NEXT", "API_KEYS_NEXT"]);
  expect(missing({ JWT_SECRET: "abc", JWKS_URL: "x" })).toEqual(["JWT_SECRET", "JWKS_URL", "JWT_SECRET", "JWT_ISSUER"]);
});

test("a variable that looks like a setting is reported along with the errors", () => {
  expect(() => loadConfig({ LEVQOR_ROLES: "api", PORT: "x" }, [])).toThrow(
    "Also: LEVQOR_ROLES is not a setting and has no effect; did you mean LEVQOR_ROLE?",
  );
});

test("the error about a setting keeps its hint in the log", () => {
  const { text } = scrubber([]);
  const names = settings().map(({ env }) => env);
  const said = [
    ...problems(Object.fromEntries(names.map((name) => [name, "?, ?"]))),
    ...problems({ DATABASE_URL: "postgres://host/levqor", DATABASE_ADMIN_URL: "postgres://user@host" }),
    ...problems({
      LEVQOR_ROLE: "api",
      WEBHOOK_SECRET_NEXT: WEBHOOK_SECRET,
      NODE_ENV: "production",
      DATABASE_ADMIN_URL: "x",
    }),
  ];
  expect(said.length).toBeGreaterThan(30);
  for (const problem of said) expect(text(problem)).toBe(problem);
});

test("a variable that looks like a setting is reported, with the one that was meant", () => {
  expect(load({ LEVQOR_DATADIR: "x", LEVQOR_WHATEVER_ELSE: "y", OTHER: "z" }).warnings).toEqual([
    "LEVQOR_DATADIR is not a setting and has no effect; did you mean LEVQOR_DATA_DIR?",
    "LEVQOR_WHATEVER_ELSE is not a setting and has no effect.",
  ]);
});

test("no two settings use the same variable", () => {
  const names = settings().map(({ env }) => env);
  expect(names.filter((name, index) => names.indexOf(name) < index)).toEqual([]);
});

describe("the command line", () => {
  test("may ask for help", () => {
    expect(loadConfig({ PORT: "wrong" }, ["--help"])).toBe("help");
    expect(loadConfig({}, ["-h"])).toBe("help");
  });

  test("accepts nothing else, and says where settings go", () => {
    expect(problems({}, ["--port=80"])).toEqual([
      "--port=80 is not an option; settings are environment variables: PORT=8080 npm start",
    ]);
    expect(() => loadConfig({}, ["--port=80"])).toThrow("Cannot start: one option is wrong.");
    expect(() => loadConfig({ PORT: "x", LOG_LEVEL: "loud" }, ["--port=80"])).toThrow(
      "Cannot start: one option and 2 settings are wrong.",
    );
  });
});

test("help lists every variable that the source reads, with its default", () => {
  const help = helpText();
  expect(help).toContain(
    "  WORKER_CONCURRENCY\n      How many jobs one process runs at once.\n      Default: 64. Example: WORKER",
  );
  expect(help).toContain("Default: 5000; a worker listens only if it is set. Example: PORT=8080");
  for (const name of ["HOST", "API_KEYS", "DATABASE_URL", "NATS_URL", "LEVQOR_DATA_DIR", "LOG_LEVEL"]) {
    expect(help).toContain(`  ${name}\n`);
  }
  expect(help).not.toContain("undefined");
  expect(help).not.toContain(process.cwd());
});

describe("sessions of users", () => {
  const JWT_ISSUER = "https://auth.example.com";

  test("are checked with a secret or with published keys", () => {
    expect(load({ JWT_ISSUER, JWT_SECRET: "s".repeat(32) }).jwt).toEqual({
      verify_with: { secret: "s".repeat(32) },
      issuer: JWT_ISSUER,
      audience: "authenticated",
    });
    const JWKS_URL = "https://auth.example.com/jwks.json";
    expect(load({ JWT_ISSUER, JWKS_URL }).jwt?.verify_with).toEqual({ jwks_url: JWKS_URL });
    expect(load({ JWT_ISSUER, JWKS_URL: "http://127.0.0.1:9999/jwks" }).jwt).toBeDefined();
  });

  test("end development mode: callers must authenticate", () => {
    const config = load({ JWT_ISSUER, JWT_SECRET: "s".repeat(32) });
    expect(config).toMatchObject({ host: "0.0.0.0", outbound_allow: [], rate_limits: { burst: 20, global: 200 } });
  });

  test.each<[Record<string, string>, string]>([
    [{ JWT_SECRET: "s".repeat(32) }, "JWT_ISSUER is missing"],
    [{ JWT_ISSUER, JWT_SECRET: "s".repeat(31) }, "JWT_SECRET (not shown): it has 31 bytes and needs at least 32"],
    [{ JWT_ISSUER, JWT_SECRET: "s".repeat(32), JWKS_URL: "https://a.example/jwks" }, "set only one of them"],
    [{ JWT_ISSUER, JWKS_URL: "http://auth.example.com/jwks" }, "must be an https:// URL"],
    [{ JWT_ISSUER, JWKS_URL: "https://user:pass@auth.example.com/jwks" }, "must be an https:// URL"],
    [{ JWT_ISSUER, JWKS_URL: "jwks" }, "must be an https:// URL"],
    [{ JWT_ISSUER: "two words", JWT_SECRET: "s".repeat(32) }, "JWT_ISSUER is"],
  ])("are rejected if they would not be safe: %p", (env, message) => {
    expect(problems(env).join("\n")).toContain(message);
  });
});

test.each([
  "sentry.io",
  "https://sentry.io/2",
  "https://key@sentry.io",
  "https://key@sentry.io/project",
  "https://key@sentry.io/2?x=1",
  "https://k-e-y@sentry.io/2",
  "ftp://key@sentry.io/2",
])("SENTRY_DSN cannot be %p", (dsn) => {
  const said = problems({ SENTRY_DSN: dsn });
  expect(said).toEqual([expect.stringContaining("SENTRY_DSN (not shown): it must be the DSN of a project")]);
  expect(said.join()).not.toContain("key@");
});
