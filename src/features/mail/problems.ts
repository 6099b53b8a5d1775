/** What can go wrong with mail. */
import { defineProblems } from "../../http/problem.ts";

export const mailProblems = defineProblems({
  invalid_mail_id: {
    status: 400,
    title: "Invalid mail id",
    help: "The mail id in the path is not a UUID. Use a mail_id from the list of mails.",
  },
  mail_not_found: {
    status: 404,
    title: "Mail not found",
    help: "The service sent no mail with this id. Use a mail_id from the list of mails.",
  },
  forged_webhook: {
    status: 400,
    title: "Forged webhook",
    help: "The report is not signed with a secret in RESEND_WEBHOOK_SECRET, or was sent more than five minutes ago or ahead. If it is Resend's own, compare the secret with the one that Resend shows for the webhook, and check this machine's clock.",
  },
  webhooks_not_configured: {
    status: 503,
    title: "Webhooks not configured",
    help: "RESEND_WEBHOOK_SECRET is not set, so nobody can tell Resend's reports from forged ones. Resend sends them again once it is.",
  },
});
