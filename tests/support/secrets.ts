/**
 * Secrets that are planted in the whole run of tests, and the search for them in all that services log.
 *
 * Whatever starts a service for a test tells {@link keepSecret} what must stay secret, and {@link watchLog} what the
 * service writes. Each line is searched as it comes, so nothing is kept; at the end of the run, or of each file where workers
 * run them, `preload.ts` fails it if anything was found. Clients send the {@link planted} secrets along, with requests of all kinds.
 */

/** In each planted secret, and in nothing else: so it is found also in part, or in a form that nobody thought of. */
const MARK = "pl4nted";

/** What clients of the tests send, and services are configured with. */
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

/** Planted ones, and keys as the service issues them: secret wherever they come from. */
const ALWAYS = [MARK, "lvq_(?:live|test)_[A-Za-z0-9]{38}"];
/** Shorter ones may stand in a log by chance. */
const SHORTEST = 12;
/** Variables that hold secrets as they are, or several of them. */
const SECRET_VARIABLES = [
  "API_KEYS",
  "API_KEYS_NEXT",
  "WEBHOOK_SECRET",
  "JWT_SECRET",
  "RESEND_API_KEY",
  "OTEL_EXPORTER_OTLP_HEADERS",
];
/** Variables that hold URLs, perhaps with a password. */
const URL_VARIABLES = ["DATABASE_URL", "DATABASE_ADMIN_URL", "NATS_URL"];

const secrets = new Set<string>();
let pattern: RegExp | undefined;
const found: string[] = [];

/** From now on, what is logged is searched for it. */
export function keepSecret(secret: string): void {
  if (secret.length < SHORTEST || secrets.has(secret)) return;
  secrets.add(secret);
  pattern = undefined;
}

/** Keeps the secrets among a service's settings. */
export function keepSecretsOf(env: Readonly<Record<string, string | undefined>>): void {
  for (const name of SECRET_VARIABLES) for (const secret of env[name]?.split(",") ?? []) keepSecret(secret.trim());
  for (const name of URL_VARIABLES) {
    for (const url of env[name]?.split(",") ?? []) {
      const password = URL.parse(url.trim())?.password;
      if (password) keepSecret(decodeURIComponent(password));
    }
  }
}

/** A line that a service logged. */
export function searchLine(line: string, source: string): void {
  pattern ??= new RegExp([...ALWAYS, ...[...secrets].map((secret) => RegExp.escape(secret))].join("|"), "g");
  if (line.search(pattern) === -1) return;
  found.push(`${source}: ${line.replace(pattern, "«the secret»").slice(0, 2_000)}`);
}

/** Hands on what a service writes, and searches it. */
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

/** Throws where a secret was found in any log of this run, or of this file where workers run them. */
export function expectNoLeak(): void {
  if (found.length === 0) return;
  throw new Error(`Secrets are in the logs of this run (${found.length} lines):\n${found.slice(0, 20).join("\n")}`);
}
