/** Sends mail. */
export { htmlOf, type Letter } from "./letter.tsx";
export { createMailer, type Mail, type Mailer } from "./mailer.ts";
export { MAIL_RETRY, type Mailing, MailOutcome, NOT_MAILED, openMailing } from "./mailing.ts";
export { OUTBOX_MAX, Outbox } from "./outbox.ts";
export { resendDelivery } from "./resend.ts";
