/** Settings of mail: how it is sent, by which senders, and where operators receive theirs. */
import { isIP } from "node:net";
import { InvalidSettingError, list, matching, setting, settings, urlOf } from "../settings/mod.ts";

/** An address as in RFC 5321, without quoted local parts and address literals. */
const ADDRESS = "[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\\.)+[A-Za-z0-9-]{1,63}";

/** Mail that is only shown has this sender's domain. */
const SHOWN_DOMAIN = "levqor.localhost";

export const mailSettings = settings(
  {
    resend_api_key: setting({
      env: "RESEND_API_KEY",
      summary:
        "API key of the Resend account that sends the service's mail. The same for every process. Without it, no mail is sent; in development, it is shown at /_dev/mails instead.",
      example: "re_…",
      secret: true,
      read: matching(/^[\x21-\x7e]{8,256}$/, "it must be 8 to 256 visible ASCII characters"),
    }),
    mail_domain: setting({
      env: "MAIL_DOMAIN",
      summary:
        "Domain that is verified at Resend, from which mail is sent: by support@, billing@, no-reply@ and security@. The same for every process.",
      example: "levqor.ai",
      default_text: "the domain of MAIL_FROM",
      read: matching(
        /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/,
        "it must be a domain in lower case: levqor.ai",
      ),
    }),
    mail_from: setting({
      env: "MAIL_FROM",
      summary:
        "Sender of mail about support, in place of support@ of MAIL_DOMAIN: an address in a domain that is verified at Resend, with or without a name. The same for every process.",
      example: "Levqor <support@levqor.ai>",
      read: matching(
        new RegExp(`^(?:[\\p{L}\\p{N} .'&-]{1,64} <${ADDRESS}>|${ADDRESS})$`, "u"),
        "it must be an e-mail address, or a name and an address in angle brackets: Levqor <support@levqor.ai>",
      ),
    }),
    receiving_email: setting({
      env: "RECEIVING_EMAIL",
      summary:
        "Address to which support messages and summaries of each day and week are sent. The same for every process. Without it, both can only be read over the API.",
      example: "help@levqor.ai",
      read: matching(new RegExp(`^${ADDRESS}$`), "it must be one e-mail address: help@levqor.ai"),
    }),
    resend_webhook_secret: setting({
      env: "RESEND_WEBHOOK_SECRET",
      summary:
        "The signing secret of the webhook at Resend that reports what became of mail to /webhooks/resend, as Resend shows it; several, up to 8, separated by commas, while one is being replaced. The same for every process. Without it, reports are rejected.",
      example: "whsec_…",
      default: [],
      default_text: "none",
      secret: (secrets: readonly string[]) => secrets.flatMap((secret) => [secret, secret.slice("whsec_".length)]),
      read: webhookSecrets,
    }),
    dns_resolver: setting({
      env: "DNS_RESOLVER",
      summary:
        "Name server that is asked for the records of MAIL_DOMAIN, and of the domains that organisations prove for single sign-on: an IP address, with or without a port. It must answer over TCP.",
      example: "1.1.1.1",
      default_text: "the system's",
      read: nameServer,
    }),
    resend_base_url: setting({
      env: "RESEND_BASE_URL",
      summary: "Base URL of Resend's API.",
      example: "https://resend.example.com",
      default: "https://api.resend.com",
      read: urlOf(["https:", "http:"], {
        holds: ({ username, password, search, hash }) => !username && !password && !search && !hash,
        otherwise: "it must be an http:// or https:// URL without user, password and query",
      }),
    }),
  },
  {
    check: ({ given, deployment: { production } }) => [
      given.has("resend_api_key") &&
        !given.has("mail_from") &&
        !given.has("mail_domain") &&
        "RESEND_API_KEY is set, but neither MAIL_DOMAIN nor MAIL_FROM is: mail needs a sender in a domain that is verified at Resend.",
      production &&
        given.has("receiving_email") &&
        !given.has("resend_api_key") &&
        "RECEIVING_EMAIL is set, but RESEND_API_KEY, which is needed to send mail to it, is not.",
    ],
    resolve: (
      {
        resend_api_key: api_key,
        mail_domain,
        mail_from,
        receiving_email,
        resend_webhook_secret,
        dns_resolver,
        resend_base_url,
      },
      { production },
    ) => {
      const domain = mail_domain ?? mail_from?.replace(/^.*@|>$/g, "");
      const base_url = resend_base_url.replace(/\/+$/, "");
      const via = api_key && domain ? ({ via: "resend", api_key, base_url } as const) : undefined;
      return {
        mail: {
          /** Absent: no mail is sent. `outbox`: it is only shown, in development. */
          delivery: via ?? (production ? undefined : ({ via: "outbox" } as const)),
          domain,
          /** Whom mail is from, by what it is about. */
          from: sendersOf(domain ?? SHOWN_DOMAIN, mail_from),
          receiving_email,
          webhook_secrets: resend_webhook_secret,
          /** Absent: the system's. */
          resolver: dns_resolver,
        },
      };
    },
  },
);

function nameServer(text: string): string {
  const [, bracketed, plain, port] = /^(?:\[([\da-fA-F:.]+)\]|([\d.]+)):(\d{1,5})$/.exec(text) ?? [];
  const isServer =
    isIP(text) !== 0 || (isIP(bracketed ?? plain ?? "") !== 0 && Number(port) > 0 && Number(port) < 65_536);
  if (isServer) return text;
  throw new InvalidSettingError("it must be an IP address, with or without a port: 1.1.1.1, [2606:4700::1111]:53");
}

const SECRETS_MAX = 8;

function webhookSecrets(text: string): readonly string[] {
  const secrets = list((secret) => secret)(text);
  if (secrets.length > SECRETS_MAX) {
    throw new InvalidSettingError(`it may have ${SECRETS_MAX} secrets, and has ${secrets.length}`);
  }
  if (secrets.every(isWebhookSecret)) return secrets;
  throw new InvalidSettingError("each must be whsec_ and the base64 of 24 to 64 bytes, as Resend shows it");
}

function isWebhookSecret(text: string): boolean {
  const [, base64 = ""] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  const bytes = Buffer.from(base64, "base64");
  return bytes.length >= 24 && bytes.length <= 64 && bytes.toString("base64") === base64;
}

function sendersOf(domain: string, mail_from: string | undefined) {
  return {
    support: mail_from ?? `Levqor <support@${domain}>`,
    billing: `Levqor Billing <billing@${domain}>`,
    "no-reply": `Levqor <no-reply@${domain}>`,
    security: `Levqor Security <security@${domain}>`,
  };
}
