/** Sends mail. */
export { type Mail, type Mailer, type MailerOptions, resendMailer } from "./mailer.ts";
