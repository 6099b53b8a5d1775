/** Sends mail. */
export { htmlOf, type Letter } from "./letter.tsx";
export { type Mail, type Mailer, resendMailer } from "./mailer.ts";
export { MAIL_RETRY, type Mailing, MailOutcome, mailingOf, NOT_MAILED } from "./mailing.ts";
