/** Sends mail. */
export { htmlOf, type Letter } from "./letter.tsx";
export { type Mail, type Mailer, type MailerOptions, resendMailer } from "./mailer.ts";
