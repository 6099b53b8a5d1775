/** The service's mail: what jobs that mail have in common. */
import { type Static, Type } from "@sinclair/typebox";
import type { MailSender } from "../../events/mail.ts";
import { checkDomain, type DomainReport } from "./domain_check.ts";
import { createMailer, type Mailer, type MailerOptions } from "./mailer.ts";
import { Outbox } from "./outbox.ts";
import { resendDelivery } from "./resend.ts";
import { resendDomains } from "./resend_domains.ts";

/** How mail is sent, and where operators receive theirs. */
export interface Mailing {
  /** Absent: no mail is sent. */
  readonly mailer: Mailer | undefined;
  /** Absent: operators get no mail. */
  readonly receiving_email: string | undefined;
  /** With any of these Resend signs its reports; none: they are rejected. */
  readonly webhook_secrets: readonly string[];
  /** Checks the domain that mail comes from; absent: there is none. */
  readonly checkDomain?: (() => Promise<DomainReport>) | undefined;
  /** The mails that would have been sent, in development without a key for Resend. */
  readonly outbox?: Outbox | undefined;
}

/** That of a service without mail. */
export const NO_MAIL: Mailing = { mailer: undefined, receiving_email: undefined, webhook_secrets: [] };

export interface MailingOptions extends Pick<MailerOptions, "log" | "vault"> {
  readonly config: {
    readonly delivery:
      | { readonly via: "resend"; readonly api_key: string; readonly base_url: string }
      | { readonly via: "outbox" }
      | undefined;
    readonly from: Readonly<Record<MailSender, string>>;
    readonly receiving_email: string | undefined;
    readonly webhook_secrets: readonly string[];
    readonly domain: string | undefined;
    readonly resolver: string | undefined;
  };
  readonly logger: { info(about: object, message: string): void };
}

/** That of a service with these settings. */
export function openMailing({ config, logger, ...parts }: MailingOptions): Mailing {
  const { delivery, from, receiving_email, webhook_secrets } = config;
  const settings = { receiving_email, webhook_secrets, checkDomain: domainCheckOf(config) };
  if (!delivery) return { mailer: undefined, ...settings };
  if (delivery.via === "resend") {
    return { mailer: createMailer({ ...parts, delivery: resendDelivery(delivery), from }), ...settings };
  }
  const outbox = new Outbox((mail_id) => logger.info({ mail_id }, "A mail is not sent, but shown at GET /_dev/mails"));
  return { mailer: createMailer({ ...parts, delivery: outbox, from }), ...settings, outbox };
}

/** Whoever asks while a check is running gets its report. */
function domainCheckOf({ domain, delivery, resolver }: MailingOptions["config"]): Mailing["checkDomain"] {
  if (domain === undefined) return undefined;
  const provider = delivery?.via === "resend" ? resendDomains(delivery) : undefined;
  let running: Promise<DomainReport> | undefined;
  return () => {
    running ??= checkDomain({ domain, provider, resolver }).finally(() => {
      running = undefined;
    });
    return running;
  };
}

const NotMailed = Type.Object({ skipped: Type.Literal("mail_not_configured") });

const SkipReasons = ["hard_bounce", "soft_bounce", "complaint", "consent_withdrawn", "erased"] as const;

/** The outcome of a job that mails: the mail's id, and why it was not sent if it was not. */
export const MailOutcome = Type.Union([
  Type.Object({
    mail_id: Type.String(),
    skipped: Type.Optional(Type.Union(SkipReasons.map((reason) => Type.Literal(reason)))),
  }),
  NotMailed,
]);
export type MailOutcome = Static<typeof MailOutcome>;

export const NOT_MAILED: Static<typeof NotMailed> = { skipped: "mail_not_configured" };

/** Attempts over an hour and a half: the provider recognizes repetitions for a day. */
export const MAIL_RETRY = { max_attempts: 8, backoff: { initial_seconds: 5, factor: 3, max_seconds: 3_600 } } as const;
