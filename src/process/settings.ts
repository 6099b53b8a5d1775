/** What kind of process this is, and how it logs. */
import { resolve } from "node:path";
import { matching, oneOf, setting, settings } from "../settings/mod.ts";

export const processSettings = settings(
  {
    role: setting({
      env: "LEVQOR_ROLE",
      summary: "api serves requests, worker runs jobs, all does both. api and worker need DATABASE_URL.",
      example: "worker",
      default: "all",
      read: oneOf("all", "api", "worker"),
    }),
    node_env: setting({
      env: "NODE_ENV",
      summary: "production requires API_KEYS and VAULT_KEY, and hides development tools.",
      example: "production",
      default: "development",
      read: oneOf("development", "production", "test"),
    }),
    data_dir: setting({
      env: "LEVQOR_DATA_DIR",
      summary: "Folder for the service's own files: the embedded Postgres, generated secrets.",
      example: "/var/lib/levqor",
      default: resolve(".levqor"),
      default_text: ".levqor",
      read: (text) => resolve(text),
    }),
    build: setting({
      env: "BUILD_ID",
      summary: "Identifies this build in GET / and in the log, for example by its commit.",
      example: "$(git rev-parse --short HEAD)",
      default: "dev",
      read: matching(/^[\w.:+/-]{1,128}$/, "it must be 1 to 128 letters, digits and . : + / _ -"),
    }),
    log_level: setting({
      env: "LOG_LEVEL",
      summary: "The lowest level that is logged: trace, debug, info, warn, error, fatal or silent.",
      example: "debug",
      default: "info",
      read: oneOf("trace", "debug", "info", "warn", "error", "fatal", "silent"),
    }),
    log_format: setting({
      env: "LOG_FORMAT",
      summary: "json: one object per line. pretty: for people. auto: pretty on a terminal, json elsewhere.",
      example: "json",
      default: "auto",
      read: oneOf("auto", "json", "pretty"),
    }),
  },
  { resolve: ({ node_env, ...values }) => ({ ...values, production: node_env === "production" }) },
);
