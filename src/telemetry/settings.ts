/** Where metrics and traces go. */
import {
  InvalidSettingError,
  integer,
  list,
  matching,
  passwordsOf,
  ratio,
  setting,
  settings,
  urlOf,
} from "../settings/mod.ts";

export const telemetrySettings = settings({
  metrics_port: setting({
    env: "METRICS_PORT",
    summary:
      "A separate port for Prometheus: /metrics, without a key, and /health. 0 chooses a free one. Do not expose it to the internet.",
    example: "9464",
    default_text: "none; /metrics on PORT needs a key",
    read: integer(0, 65_535),
  }),
  metrics_host: setting({
    env: "METRICS_HOST",
    summary: "Address that METRICS_PORT listens on: an internal one, if Prometheus runs elsewhere.",
    example: "0.0.0.0",
    default: "127.0.0.1",
    read: matching(/^[\w.:-]+$/, "it must be an address or a host name"),
  }),
  otlp_endpoint: setting({
    env: "OTEL_EXPORTER_OTLP_ENDPOINT",
    summary:
      "Collector for traces (OpenTelemetry, OTLP over HTTP), without /v1/traces. Without it, no traces are sent.",
    example: "http://collector.internal:4318",
    secret: passwordsOf,
    read: urlOf(["http:", "https:"], {
      holds: ({ search, hash }) => search === "" && hash === "",
      otherwise: "it must be a URL like http://collector:4318, without a query",
    }),
  }),
  otlp_headers: setting({
    env: "OTEL_EXPORTER_OTLP_HEADERS",
    summary: "Headers for the collector: name=value, separated by commas, percent-encoded.",
    example: "authorization=Bearer%20TOKEN",
    default: {} as Readonly<Record<string, string>>,
    default_text: "none",
    // `Bearer TOKEN`: the token may appear alone.
    secret: (headers: Readonly<Record<string, string>>) =>
      Object.values(headers).flatMap((value) => [value, value.split(" ").at(-1) ?? value]),
    read: (text) => Object.fromEntries(headers(text)),
  }),
  otel_service_name: setting({
    env: "OTEL_SERVICE_NAME",
    summary: "The name of this service in traces.",
    example: "levqor-staging",
    default: "levqor",
    read: matching(/^[\w.-]{1,100}$/, "it must be 1 to 100 letters, digits, dots, hyphens and underscores"),
  }),
  otel_sample_ratio: setting({
    env: "OTEL_TRACES_SAMPLER_ARG",
    summary: "Share of traces that are sampled, from 0 to 1. A caller's own trace does not override it.",
    example: "0.01",
    default: 1,
    read: ratio,
  }),
});

const headers = list((entry): [string, string] => {
  const [, name, value] = /^([\w-]+)\s*=\s*([\x21-\x2b\x2d-\x7e]+)$/.exec(entry) ?? [];
  if (name === undefined || value === undefined)
    throw new InvalidSettingError("it must be name=value, separated by commas");
  try {
    return [name.toLowerCase(), decodeURIComponent(value)];
  } catch (cause) {
    throw new InvalidSettingError(`the value of ${name} is not percent-encoded correctly`, { cause });
  }
});
