/** Where the API listens and is reached, and which of its requests are logged. */
import { isIP } from "node:net";
import { InvalidSettingError, integer, list, matching, oneOf, setting, settings } from "../settings/mod.ts";

const API_PORT = 5000;
const PUBLIC_URL = "https://api.levqor.ai";

/** Where links in mails lead, without a trailing slash: in development, to this machine. */
export function baseUrl({
  public_url,
  port = API_PORT,
}: {
  public_url?: string | undefined;
  port?: number | undefined;
}): string {
  return public_url ?? `http://localhost:${port}`;
}

export const httpSettings = settings(
  {
    port: setting({
      env: "PORT",
      summary: "Port of the API; for a worker, the port that serves /health. 0 chooses a free one.",
      example: "8080",
      default_text: `${API_PORT}; a worker listens only if it is set`,
      read: integer(0, 65_535),
    }),
    host: setting({
      env: "HOST",
      summary:
        "Address the API listens on. Without API_KEYS everybody who can reach the service may do everything, so only a loopback address is accepted.",
      example: "0.0.0.0",
      default_text: "0.0.0.0 with API_KEYS, 127.0.0.1 without",
      read: matching(/^[\w.:-]+$/, "it must be an address or a host name"),
    }),
    public_url: setting({
      env: "PUBLIC_URL",
      summary:
        "The address at which clients reach the service: used in links in the pages, sitemap.xml and security.txt. Without API_KEYS the service responds only for this host and those of its own machine.",
      example: "https://api.example.com",
      default_text: "https://api.levqor.ai in production, otherwise the address the service listens on",
      read: publicUrl,
    }),
    cors_origins: setting({
      env: "CORS_ORIGINS",
      summary: "Origins whose pages may call the API, besides https://levqor.ai, separated by commas.",
      example: "https://app.example.com,http://localhost:3000",
      default: [] as readonly string[],
      default_text: "none",
      read: list(corsOrigin),
    }),
    request_log: setting({
      env: "REQUEST_LOG",
      summary:
        "Which requests are logged, at level info. off: none. errors: those that got a status of 400 or more or took over a second, at most 20 lines a second. all: every one.",
      example: "all",
      default: "errors",
      read: oneOf("off", "errors", "all"),
    }),
  },
  {
    check: ({ values: { host = "127.0.0.1" }, deployment: { role, open } }) => [
      role !== "worker" &&
        open &&
        !isOwnAddress(host) &&
        `HOST is ${JSON.stringify(host)}: without API_KEYS everybody who can reach the service there may do everything. Set API_KEYS (generate a key: openssl rand -hex 24), or leave HOST out.`,
    ],
    resolve: ({ port, host, public_url, ...values }, { role, open, production }) => ({
      ...values,
      /** Absent: a worker that does not listen. */
      port: port ?? (role === "worker" ? undefined : API_PORT),
      host: host ?? (open ? "127.0.0.1" : "0.0.0.0"),
      /** An origin, without a trailing slash; absent: the address that the service listens on. */
      public_url: public_url ?? (production ? PUBLIC_URL : undefined),
    }),
  },
);

/** Whether an address is reachable only from this machine. */
function isOwnAddress(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

function corsOrigin(origin: string): string {
  if (origin === "*")
    throw new InvalidSettingError("it must list each origin; * would let every page use the keys it is given");
  const url = URL.parse(origin);
  if (url && ["http:", "https:"].includes(url.protocol) && url.origin === origin) return origin;
  const hint = url && url.origin !== "null" ? `; write ${url.origin}` : "; write https://app.example.com";
  throw new InvalidSettingError(`${JSON.stringify(origin)} is not an origin as browsers write it${hint}`);
}

function publicUrl(text: string): string {
  const url = URL.parse(text);
  if (!url || !["https:", "http:"].includes(url.protocol) || text.replace(/\/$/, "") !== url.origin) {
    throw new InvalidSettingError(
      "it must be https:// and a host, with nothing after it, like https://api.example.com",
    );
  }
  return url.origin;
}
