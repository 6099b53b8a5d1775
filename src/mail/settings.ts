/** Settings of mail: how it is sent, and where operators receive theirs. */
import { matching, setting, settings, urlOf } from "../settings/mod.ts";

/** An address as in RFC 5321, without quoted local parts and address literals. */
const ADDRESS = "[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\\.)+[A-Za-z0-9-]{1,63}";

export const mailSettings = settings(
  {
    resend_api_key: setting({
      env: "RESEND_API_KEY",
      summary:
        "API key of the Resend account that sends the service's mail. The same for every process. Without it, no mail is sent.",
      example: "re_…",
      secret: true,
      read: matching(/^[\x21-\x7e]{8,256}$/, "it must be 8 to 256 visible ASCII characters"),
    }),
    mail_from: setting({
      env: "MAIL_FROM",
      summary:
        "Sender of all mail: an address in a domain that is verified at Resend, with or without a name. The same for every process.",
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
    check: ({ given }) => [
      given.has("resend_api_key") &&
        !given.has("mail_from") &&
        "RESEND_API_KEY is set, but MAIL_FROM is not: mail needs a sender in a domain that is verified at Resend.",
      given.has("receiving_email") &&
        !given.has("resend_api_key") &&
        "RECEIVING_EMAIL is set, but RESEND_API_KEY, which is needed to send mail to it, is not.",
    ],
    resolve: ({ resend_api_key: api_key, mail_from: from, receiving_email, resend_base_url: base_url }) => ({
      mail: {
        /** Absent: no mail is sent. */
        sender: api_key && from ? { api_key, from, base_url: base_url.replace(/\/+$/, "") } : undefined,
        receiving_email,
      },
    }),
  },
);
