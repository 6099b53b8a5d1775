/** Sends mail. */
export { type Mail, type Mailer, resendMailer } from "./mailer.ts";
