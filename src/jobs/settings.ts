/** How jobs are run, how many may wait, and what callbacks are signed with. */
import { integer, setting, settings, Unfit } from "../settings/mod.ts";

/** The secret, and what of it is random. */
const signing = (secret: string) => [secret, secret.slice("whsec_".length)];

export const jobSettings = settings(
  {
    worker_concurrency: setting({
      env: "WORKER_CONCURRENCY",
      summary: "Jobs that one process runs at once.",
      example: "200",
      default: 64,
      read: integer(1, 10_000),
    }),
    job_lease_seconds: setting({
      env: "JOB_LEASE_SECONDS",
      summary: "How long a job stays with a worker that gives no sign of life; then another takes it.",
      example: "60",
      default: 30,
      read: integer(1, 3_600),
    }),
    max_queue_depth: setting({
      env: "MAX_QUEUE_DEPTH",
      summary:
        "Jobs that may wait: from so many on intake and replay answer 429 until there are fewer, and bulk replays pause. Schedules fire all the same.",
      example: "50000",
      default: 1_000_000,
      read: integer(1, 100_000_000),
    }),
    webhook_secret: setting({
      env: "WEBHOOK_SECRET",
      summary:
        "What the secrets are derived from that callbacks are signed with (Standard Webhooks), one for each account and receiver: whsec_ and the base64 of 24 to 64 random bytes. The same in every process.",
      example: "whsec_$(openssl rand -base64 32)",
      default_text: "made at the first start and kept in LEVQOR_DATA_DIR; the roles api and worker need one",
      secret: signing,
      read: webhookSecret,
    }),
    webhook_secret_next: setting({
      env: "WEBHOOK_SECRET_NEXT",
      summary: "The one that follows, while WEBHOOK_SECRET is being replaced: callbacks carry a signature of each.",
      example: "whsec_$(openssl rand -base64 32)",
      secret: signing,
      read: webhookSecret,
    }),
  },
  {
    check: ({ given, deployment: { role } }) => [
      role !== "all" &&
        !given.has("webhook_secret") &&
        `LEVQOR_ROLE is "${role}": workers sign callbacks with what the api tells their receivers; set WEBHOOK_SECRET, the same in all. Make one: echo "whsec_$(openssl rand -base64 32)"`,
      given.has("webhook_secret_next") &&
        !given.has("webhook_secret") &&
        "WEBHOOK_SECRET_NEXT (not shown): it goes with WEBHOOK_SECRET, which is not set; the one in use belongs there.",
    ],
  },
);

function webhookSecret(text: string): string {
  const [, base64] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  const bytes = base64 ? Buffer.from(base64, "base64").length : 0;
  if (bytes >= 24 && bytes <= 64) return text;
  throw new Unfit(
    `it must be whsec_ and the base64 of 24 to 64 bytes${base64 ? `, and has ${bytes}` : ""}; make one: echo "whsec_$(openssl rand -base64 32)"`,
  );
}
