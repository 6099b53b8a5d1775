/** Mail that the service sent, for operators. */
import { type Caller, mayDo } from "../../access/mod.ts";
import { tags } from "../../http/document/tags.ts";
import { Problem } from "../../http/problem.ts";
import { idParam } from "../../http/request/params.ts";
import { route } from "../../http/route.ts";
import type { FeatureParts } from "../feature.ts";
import { releaseAddress } from "./commands.ts";
import { mailProblems } from "./problems.ts";
import { HIDDEN, readMail, readRecipients, readStanding, selectMails } from "./queries.ts";
import {
  ListedMail,
  MailAddress,
  MailAddressRequest,
  MailDomain,
  MailId,
  MailList,
  MailListQuery,
  ShownMail,
} from "./schemas.ts";

const ROUTE = "/api/v1/mails";
const ADDRESSES = "/api/v1/mail/addresses";

const mailIdParam = idParam({
  schema: MailId,
  what: "mail",
  invalid: mailProblems.invalid_mail_id,
  missing: mailProblems.mail_not_found,
});

const [LISTED] = ListedMail.examples as [object];
const [DOMAIN] = MailDomain.examples as [object];
const [ADDRESS] = MailAddress.examples as [object];
const RELEASED = { stopped: "nothing", hard_bounced_at: null, released_at: "2026-01-15T10:00:00.000Z" };
const [EXAMPLE] = ShownMail.examples as [object];

const NO_DOMAIN = { domain: null, ok: false, provider_status: null, problems: [], records: [] };

/** Whether a caller may see addresses and subject lines. */
const mayOpen = (caller: Caller) => mayDo(caller, "mail:recipients");

export function mailRoutes({ log, vault, sql, mail }: Pick<FeatureParts, "log" | "vault" | "sql" | "mail">) {
  return [
    route(
      {
        method: "GET",
        path: ROUTE,
        id: "listMails",
        tag: tags.mail,
        summary: "List mails, newest first",
        description:
          "Shows what became of each mail; with the scope mail:recipients, also to whom it went and its subject line. What a mail said is not recorded.",
        scope: "mail:read",
        query: MailListQuery,
        list: true,
        responses: {
          200: {
            description: "A page of mails.",
            schema: MailList,
            example: { data: [LISTED], has_more: false, next_cursor: null },
          },
        },
      },
      async (call) => {
        const { cursor: _, limit: __, ...filter } = call.query;
        const select = (before: number | undefined, take: number) => selectMails(sql, { filter, before, take });
        const page = await call.page("mails", { select, show: ({ position: _, ...mail }) => mail });
        const ids = page.data.map(({ mail_id }) => mail_id);
        const recipients = mayOpen(call.caller) ? await readRecipients(log, ids) : undefined;
        return { ...page, data: page.data.map((mail) => ({ ...mail, ...(recipients?.get(mail.mail_id) ?? HIDDEN) })) };
      },
    ),
    route(
      {
        method: "GET",
        path: `${ROUTE}/:mail_id`,
        id: "getMail",
        tag: tags.mail,
        summary: "Get a mail",
        description:
          "Returns what became of a mail, as the log has it now; with the scope mail:recipients, also to whom it went and its subject line.",
        scope: "mail:read",
        params: { mail_id: mailIdParam },
        responses: { 200: { description: "The mail.", schema: ShownMail, example: EXAMPLE } },
      },
      async ({ params: { mail_id }, caller }) => {
        const found = await readMail(log, { mail_id, opened: mayOpen(caller) });
        if (!found) throw new Problem(mailProblems.mail_not_found, `The service sent no mail with the id ${mail_id}.`);
        return found;
      },
    ),
    route(
      {
        method: "GET",
        path: "/api/v1/mail/domain",
        id: "checkMailDomain",
        tag: tags.mail,
        summary: "Check the domain that mail comes from",
        description:
          "Asks Resend and a name server whether SPF, DKIM and DMARC of the domain are right, and says what was expected, what was found and how to fix it. Takes some seconds if they do not answer.",
        scope: "mail:read",
        responses: { 200: { description: "What was found.", schema: MailDomain, example: DOMAIN } },
      },
      async () => (await mail.checkDomain?.()) ?? NO_DOMAIN,
    ),
    route(
      {
        method: "POST",
        path: `${ADDRESSES}/check`,
        id: "checkMailAddress",
        tag: tags.mail,
        summary: "Check whether mail is sent to an address",
        description:
          "Says whether mail to an address is stopped, and by what. The address is in the body, so that no log has it, and is looked up by its pseudonym.",
        scope: "mail:recipients",
        records: false,
        body: MailAddressRequest,
        responses: { 200: { description: "What is known.", schema: MailAddress, example: ADDRESS } },
      },
      async ({ body: { email } }) => await readStanding({ log, vault }, email),
    ),
    route(
      {
        method: "POST",
        path: `${ADDRESSES}/release`,
        id: "releaseMailAddress",
        tag: tags.mail,
        summary: "Let mail be sent to an address again",
        description:
          "Bounces and complaints up to now no longer stop mail to the address. Nothing changes if there was none. Resend has a list of its own: remove the address there, too.",
        scope: "mail:write",
        body: MailAddressRequest,
        responses: {
          200: { description: "Mail is sent again.", schema: MailAddress, example: { ...ADDRESS, ...RELEASED } },
        },
      },
      async (call) => {
        const { email } = call.body;
        const { actor } = call.caller;
        call.recorded(await releaseAddress({ log, vault }, { email, actor, cause: call.cause }));
        return await readStanding({ log, vault }, email);
      },
    ),
  ];
}
