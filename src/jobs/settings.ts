/** How jobs are run, how many may wait, and what callbacks are signed with. */
import { InvalidSettingError, integer, setting, settings } from "../settings/mod.ts";

/** The secret, and its random part. */
const signing = (secret: string) => [secret, secret.slice("whsec_".length)];

export const jobSettings = settings(
  {
    worker_concurrency: setting({
      env: "WORKER_CONCURRENCY",
      summary: "How many jobs one process runs at once.",
      example: "200",
      default: 64,
      read: integer(1, 10_000),
    }),
    job_lease_seconds: setting({
      env: "JOB_LEASE_SECONDS",
      summary: "How long a job stays with a worker that sends no heartbeat; then another may claim it.",
      example: "60",
      default: 30,
      read: integer(1, 3_600),
    }),
    max_queue_depth: setting({
      env: "MAX_QUEUE_DEPTH",
      summary:
        "How many jobs may wait: at this many, intake and replay respond with 429 until there are fewer, and bulk replays pause. Schedules still fire.",
      example: "50000",
      default: 1_000_000,
      read: integer(1, 100_000_000),
    }),
    webhook_secret: setting({
      env: "WEBHOOK_SECRET",
      summary:
        "The secret from which the secrets that sign callbacks are derived (Standard Webhooks), one for each account and receiver: whsec_ and the base64 of 24 to 64 random bytes. Must be the same in every process.",
      example: "whsec_$(openssl rand -base64 32)",
      default_text: "generated at the first start and stored in LEVQOR_DATA_DIR; the roles api and worker need one",
      secret: signing,
      read: webhookSecret,
    }),
    webhook_secret_next: setting({
      env: "WEBHOOK_SECRET_NEXT",
      summary: "The next secret, while WEBHOOK_SECRET is being replaced: callbacks have a signature from each.",
      example: "whsec_$(openssl rand -base64 32)",
      secret: signing,
      read: webhookSecret,
    }),
  },
  {
    check: ({ given, deployment: { role } }) => [
      role !== "all" &&
        !given.has("webhook_secret") &&
        `LEVQOR_ROLE is "${role}": workers sign callbacks with the secrets that the API gives to receivers; set WEBHOOK_SECRET, the same in every process. Generate one: echo "whsec_$(openssl rand -base64 32)"`,
      given.has("webhook_secret_next") &&
        !given.has("webhook_secret") &&
        "WEBHOOK_SECRET_NEXT (not shown): it needs WEBHOOK_SECRET, which is not set; put the one in use there.",
    ],
  },
);

function webhookSecret(text: string): string {
  if (isWebhookSecret(text)) return text;
  const bytes = bytesOf(text);
  throw new InvalidSettingError(
    `it must be whsec_ and the base64 of 24 to 64 bytes${bytes ? `, and has ${bytes}` : ""}; generate one: echo "whsec_$(openssl rand -base64 32)"`,
  );
}

/** Whether a text is `whsec_` and the base64 of 24 to 64 bytes. */
export function isWebhookSecret(text: string): boolean {
  const bytes = bytesOf(text);
  return bytes >= 24 && bytes <= 64;
}

/** How many bytes a secret has; 0 if it is not `whsec_` and base64. */
function bytesOf(secret: string): number {
  const [, base64 = ""] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
  return Buffer.from(base64, "base64").length;
}
