/** Sends mail, and keeps what became of it on record. */
export { mailboxOf, readAddress } from "./addresses.ts";
export { htmlOf, type Letter } from "./letter.tsx";
export { createMailer, type Mail, type Mailer } from "./mailer.ts";
export { MAIL_RETRY, type Mailing, MailOutcome, NO_MAIL, NOT_MAILED, openMailing } from "./mailing.ts";
export { OUTBOX_MAX, Outbox } from "./outbox.ts";
export { MAIL_ID_TAG, resendDelivery } from "./resend.ts";
