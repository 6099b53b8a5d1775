/** A service whose mails are kept in an outbox, and reports as Resend sends them. */
import { Webhook } from "standardwebhooks";
import { decode } from "../../../events/mod.ts";
import type { EventLog } from "../../../src/log/mod.ts";
import { MAIL_ID_TAG, type Mail, type Mailer, type Mailing, NO_MAIL, openMailing } from "../../../src/mail/mod.ts";
import { type Harness, type HarnessOptions, startApi } from "../../http/harness.ts";

export const SECRETS = [1, 2].map((byte) => `whsec_${Buffer.alloc(32, byte).toString("base64")}`) as [string, string];

export interface MailBench {
  readonly api: Harness;
  /** As the service has it. */
  readonly log: EventLog;
  /** Sends a mail, and returns its id. */
  send(key: string, changed?: Partial<Mail>): Promise<string>;
}

interface MailBenchOptions extends HarnessOptions {
  readonly domain?: string;
  readonly resolver?: string;
}

export async function startMailBench({ domain, resolver, ...options }: MailBenchOptions = {}): Promise<MailBench> {
  let log: EventLog | undefined;
  let mailing: Mailing = NO_MAIL;
  const from = "Levqor <support@levqor.ai>";
  const api = await startApi({
    ...options,
    mail(parts) {
      log = parts.log;
      mailing = openMailing({
        ...parts,
        config: {
          delivery: { via: "outbox" },
          from: { support: from, billing: from, "no-reply": from, security: from },
          receiving_email: undefined,
          webhook_secrets: SECRETS,
          domain,
          resolver,
        },
        logger: { info: () => {} },
      });
      return mailing;
    },
  });
  const mail = { to: "ada@example.com", subject: "Your question", paragraphs: ["They run."] };
  return {
    api,
    log: log as EventLog,
    async send(idempotency_key, changed = {}) {
      const { signal } = new AbortController();
      const sent = await (mailing.mailer as Mailer).send({ ...mail, ...changed }, { idempotency_key, signal });
      return sent.mail_id;
    },
  };
}

/** What Resend reports of a mail. In the outbox, its id there is its own. */
export function reportOf(mail_id: string, type: string, { at = "2026-01-15T09:30:00.123Z", ...data }: ReportData = {}) {
  const common = {
    email_id: mail_id,
    created_at: "2026-01-15T09:29:00.000Z",
    from: "Levqor <support@levqor.ai>",
    to: ["Ada@Example.com"],
    subject: "Your question",
    tags: { [MAIL_ID_TAG]: mail_id },
  };
  return { type, created_at: at, data: { ...common, ...data } };
}

interface ReportData extends Record<string, unknown> {
  readonly at?: string;
}

export const bounce = (type: string, subType: string) => ({
  bounce: { diagnosticCode: ["550 ada@example.com"], message: "ada@example.com does not exist", subType, type },
});

interface Signing {
  readonly id?: string;
  readonly secret?: string;
  /** Seconds from now. */
  readonly age_s?: number;
}

/** The headers and body of a report, signed as Resend does. */
export function signed(
  report: object,
  { id = `msg_${crypto.randomUUID()}`, secret = SECRETS[0], age_s = 0 }: Signing = {},
) {
  const body = JSON.stringify(report);
  const at = new Date(Date.now() - age_s * 1_000);
  return {
    method: "POST",
    body,
    headers: {
      "content-type": "application/json",
      "svix-id": id,
      "svix-timestamp": String(Math.floor(at.getTime() / 1_000)),
      "svix-signature": new Webhook(secret).sign(id, at, body),
    },
  };
}

/** The types of a stream's events. */
export async function typesOf(log: Pick<EventLog, "readStream">, stream_id: string): Promise<string[]> {
  return (await log.readStream(stream_id)).map((event) => decode(event).type);
}
