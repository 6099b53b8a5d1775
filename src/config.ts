/**
 * The environment as one typed, validated, frozen object. Each part and feature declares its own settings, in a
 * `settings.ts` next to the code that reads them; here they are gathered, and everything that is wrong with them is
 * reported at once.
 */
import { isIP } from "node:net";
import { outboundSettings } from "../connectors/settings.ts";
import { accessSettings, isOpen } from "./access/settings.ts";
import { busSettings } from "./bus/settings.ts";
import { databaseSettings } from "./db/settings.ts";
import { errorSettings } from "./features/errors/settings.ts";
import { streamSettings } from "./features/streams/settings.ts";
import { httpSettings } from "./http/settings.ts";
import { jobSettings } from "./jobs/settings.ts";
import { mailSettings } from "./mail/settings.ts";
import { processSettings } from "./process/settings.ts";
import { rateSettings } from "./rate/settings.ts";
import {
  closestName,
  type Deployment,
  type Environment,
  type Group,
  type Setting,
  type SettingsOf,
} from "./settings/mod.ts";
import { telemetrySettings } from "./telemetry/settings.ts";
import { vaultSettings } from "./vault/settings.ts";

/** In the order of `--help` and of the guide's table. */
const groups = [
  httpSettings,
  accessSettings,
  processSettings,
  databaseSettings,
  busSettings,
  jobSettings,
  streamSettings,
  errorSettings,
  rateSettings,
  outboundSettings,
  mailSettings,
  vaultSettings,
  telemetrySettings,
] as const;

type Gathered<Groups> = Groups extends readonly [infer First, ...infer Rest]
  ? SettingsOf<First> & Gathered<Rest>
  : unknown;

/** The service's configuration, checked. URLs, keys and secrets in it must never be logged. */
export type Config = Readonly<Gathered<typeof groups>> & {
  /** To be logged once there is a logger: variables that look like settings and are not. */
  readonly warnings: readonly string[];
};

/** The message lists everything that is wrong and how to fix it, and no secret. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  /** The first `options` of the problems are about the command line. */
  constructor(
    readonly problems: readonly string[],
    { options, warnings }: { options: number; warnings: readonly string[] },
  ) {
    const wrong = [counted(options, "option"), counted(problems.length - options, "setting")].filter(Boolean);
    super(
      [
        `Cannot start: ${wrong.join(" and ")} ${problems.length === 1 ? "is" : "are"} wrong.`,
        ...problems.map((problem) => `  ${problem}`),
        ...warnings.map((warning) => `Also: ${warning}`),
        "All settings: npm start -- --help",
      ].join("\n"),
    );
  }
}

function counted(count: number, what: string): string {
  if (count === 0) return "";
  return count === 1 ? `one ${what}` : `${count} ${what}s`;
}

/** Separate from the configuration, so that logging it reveals none of them. */
const secrets = new WeakMap<Config, readonly string[]>();

/**
 * Reads the environment; an empty variable counts as absent. `args` are the command line's, without the program.
 * Returns `"help"` if they ask for it. Throws `ConfigError`.
 */
export function loadConfig(env: Environment, args: readonly string[]): Config | "help" {
  if (args.includes("--help") || args.includes("-h")) return "help";
  const deployment = deploymentOf(env);
  const readings = groups.map((group: Group) => group.read(env));
  const problems = [
    ...args.map((arg) => `${arg} is not an option; settings are environment variables: PORT=8080 npm start`),
    ...readings.flatMap((reading) => reading.problems),
    ...readings.flatMap((reading) => reading.check(deployment)),
    ...sharedPort(env, deployment),
  ];
  const warnings = unknownVariables(env);
  if (problems.length > 0) throw new ConfigError(problems, { options: args.length, warnings });
  const resolved = readings.map((reading) => reading.resolve(deployment));
  const config = frozen(Object.assign({}, ...resolved, { warnings }) as Config);
  secrets.set(
    config,
    readings.flatMap((reading) => reading.secrets),
  );
  return config;
}

/** What must never be logged, each secret separately: keys, passwords, tokens. */
export function secretsOf(config: Config): readonly string[] {
  return secrets.get(config) ?? [];
}

/** Every setting: its variable, purpose, default and an example. */
export function settings(): readonly Setting[] {
  return groups.flatMap((group: Group) => group.settings);
}

/** {@link settings} for the command line. */
export function helpText(): string {
  return [
    "Levqor: runs AI-automation jobs on an append-only event log.",
    "Usage: npm start [-- --help]",
    "Settings are environment variables, or lines of a file .env:",
    ...settings().map(
      ({ env, summary, default_text, example }) =>
        `  ${env}\n      ${summary}\n      Default: ${default_text}. Example: ${env}=${example}`,
    ),
  ].join("\n\n");
}

function deploymentOf(env: Environment): Deployment {
  const { role, node_env } = processSettings.read(env).values;
  return { role, production: node_env === "production", open: isOpen(accessSettings.read(env).given) };
}

/** What is wrong if the API and the metrics are to listen on one port of one address. */
function sharedPort(env: Environment, deployment: Deployment): string[] {
  const [api, metrics] = [httpSettings.read(env), telemetrySettings.read(env)];
  const { port, host } = api.resolve(deployment);
  const { metrics_port, metrics_host } = metrics.values;
  if (!port || port !== metrics_port || !overlap(host, metrics_host)) return [];
  const default_text = api.given.has("port") ? "" : ", the default";
  return [
    `METRICS_PORT is ${port}, and so is PORT${default_text}: the two must differ; set one of them to another port.`,
  ];
}

/** Whether what listens on one of these addresses would be in the way of the other. */
function overlap(...hosts: [string, string]): boolean {
  const [a, b] = hosts;
  if (a === b || hosts.includes("::")) return true;
  return hosts.includes("0.0.0.0") && !hosts.some((host) => isIP(host) === 6);
}

/** Warnings for variables that look like settings and are not. */
function unknownVariables(env: Environment): string[] {
  const names = settings().map((setting) => setting.env);
  return Object.keys(env)
    .filter((name) => name.startsWith("LEVQOR_") && !names.includes(name))
    .map((name) => {
      const near = closestName(name, names);
      const hint = near === undefined ? "." : `; did you mean ${near}?`;
      return `${name} is not a setting and has no effect${hint}`;
    });
}

function frozen<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null) Object.values(value).forEach(frozen);
  return Object.freeze(value);
}
