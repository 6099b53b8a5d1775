/** `POST /webhooks/resend`: what became of mail, as Resend reports it. */
import { contextOf } from "../../http/context.ts";
import { tags } from "../../http/document/tags.ts";
import { Problem } from "../../http/problem.ts";
import { route } from "../../http/route.ts";
import type { FeatureParts } from "../feature.ts";
import { recordReport } from "./commands.ts";
import { mailProblems } from "./problems.ts";
import { ReportReceived } from "./schemas.ts";
import { ResendReport, type Signed, toldBy, verifierOf } from "./webhook.ts";

const ID_LENGTH_MAX = 256;

export function webhookRoutes({ log, vault, mail }: Pick<FeatureParts, "log" | "vault" | "mail">) {
  const verify = mail.webhook_secrets.length > 0 ? verifierOf(mail.webhook_secrets) : undefined;
  return [
    route(
      {
        method: "POST",
        path: "/webhooks/resend",
        id: "receiveResendReport",
        tag: tags.mail,
        summary: "Receive a report of what became of a mail",
        description:
          "For Resend, which signs its reports (Standard Webhooks) with the secret in RESEND_WEBHOOK_SECRET. Reports may come twice and in any order. Those about other mail than the service's, and what says nothing of a mail's fate, are accepted and ignored.",
        headers: ["svix-id", "svix-timestamp", "svix-signature"],
        rate: "reports",
        body: ResendReport,
        checkText(text, request) {
          if (!verify) throw new Problem(mailProblems.webhooks_not_configured, "RESEND_WEBHOOK_SECRET is not set.");
          const signed = signedBy(request);
          if (signed && verify(text, signed)) return;
          const detail = "The report is not signed with a known secret, or not recent.";
          throw new Problem(mailProblems.forged_webhook, detail);
        },
        responses: {
          200: { description: "The report was received.", schema: ReportReceived, example: { outcome: "recorded" } },
        },
        records: "many",
        errors: [mailProblems.forged_webhook, mailProblems.webhooks_not_configured],
      },
      async (call) => {
        const told = toldBy(call.body);
        const { id: svix_id } = signedBy(call.request) as Signed;
        const position = told && (await recordReport({ log, vault }, { told, svix_id, cause: call.cause }));
        call.recorded(position);
        return { outcome: position === undefined ? "ignored" : "recorded" };
      },
    ),
  ];
}

/** `undefined` if a header is missing or too long. */
function signedBy(request: Request): Signed | undefined {
  const { headers } = contextOf(request);
  const { "svix-id": id, "svix-timestamp": timestamp, "svix-signature": signature } = headers;
  if (!id || id.length > ID_LENGTH_MAX || !timestamp || !/^\d{1,12}$/.test(timestamp) || !signature) return undefined;
  return { id, timestamp, signature };
}
