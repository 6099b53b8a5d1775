/**
 * Secrets that are planted throughout the test run, and the search for them in everything that services log.
 *
 * Whatever starts a service for a test passes its secrets to {@link keepSecret} and its output to {@link watchLog}. Each line
 * is searched as it arrives, and not kept; at the end of the run, or of each file if workers run them, `preload.ts` fails it
 * if a secret was found. Clients send the {@link planted} secrets with requests of all kinds.
 */

/** Part of each planted secret, and of nothing else: so a fragment or an unexpected form of a secret is found, too. */
const MARK = "pl4nted";

/** Secrets that the tests' clients send and services are configured with. */
export const planted = {
  cookie: `session=${MARK}-cookie-6c1f0d`,
  referrer: `https://example.com/reset?token=${MARK}-referrer-2b7a90`,
  payload_password: `${MARK}-payload-password-91e4c3`,
  query: `${MARK}-query-4d5fa8`,
  api_key: `${MARK}-api-key-c0ffee`,
  bearer: `${MARK}-bearer-7e3d21`,
  callback_token: `${MARK}-callback-token-18bb52`,
  idempotency_key: `${MARK}-idempotency-key-a3f6`,
} as const;

/** Planted secrets, and the form of keys, sessions' secrets and links that the service issues: always secret. */
const ALWAYS = [MARK, "lvq_(?:live|test)_[A-Za-z0-9]{38}", "lvs_[A-Za-z0-9]{38}", "lvl_[\\w-]{43}", "lvi_[\\w-]{43}"];
/** Shorter ones may be in a log by chance. */
const SHORTEST = 12;
/** Variables that contain one or several secrets. */
const SECRET_VARIABLES = [
  "API_KEYS",
  "API_KEYS_NEXT",
  "WEBHOOK_SECRET",
  "VAULT_KEY",
  "JWT_SECRET",
  "RESEND_API_KEY",
  "OTEL_EXPORTER_OTLP_HEADERS",
];
/** Variables that contain URLs, which may have a password. */
const URL_VARIABLES = ["DATABASE_URL", "DATABASE_ADMIN_URL", "NATS_URL"];

const secrets = new Set<string>();
let pattern: RegExp | undefined;
const found: string[] = [];

/** Searches everything logged from now on for a secret. */
export function keepSecret(secret: string): void {
  if (secret.length < SHORTEST || secrets.has(secret)) return;
  secrets.add(secret);
  pattern = undefined;
}

/** Calls {@link keepSecret} with the secrets among a service's settings. */
export function keepSecretsOf(env: Readonly<Record<string, string | undefined>>): void {
  for (const name of SECRET_VARIABLES) for (const secret of env[name]?.split(",") ?? []) keepSecret(secret.trim());
  for (const name of URL_VARIABLES) {
    for (const url of env[name]?.split(",") ?? []) {
      const password = URL.parse(url.trim())?.password;
      if (password) keepSecret(decodeURIComponent(password));
    }
  }
}

/** Searches a line that a service logged. */
export function searchLine(line: string, source: string): void {
  pattern ??= new RegExp([...ALWAYS, ...[...secrets].map((secret) => RegExp.escape(secret))].join("|"), "g");
  if (line.search(pattern) === -1) return;
  found.push(`${source}: ${line.replace(pattern, "«the secret»").slice(0, 2_000)}`);
}

/** Passes on a service's output, and searches it. */
export function watchLog(stream: ReadableStream<Uint8Array>, source: string): ReadableStream<Uint8Array> {
  const [watched, handedOn] = stream.tee();
  void search(watched, source);
  return handedOn;
}

async function search(stream: ReadableStream<Uint8Array>, source: string): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) searchLine(line, source);
  }
  searchLine(rest, source);
}

/** Throws if a secret was found in a log of this run, or of this file if workers run them. */
export function expectNoLeak(): void {
  if (found.length === 0) return;
  throw new Error(`Secrets are in the logs of this run (${found.length} lines):\n${found.slice(0, 20).join("\n")}`);
}
