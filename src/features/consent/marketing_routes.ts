/** Marketing mail: asking for it, confirming it and ending it. */
import { VISITOR } from "../../../events/account.ts";
import type { ApiParts } from "../../http/api.ts";
import type { Call } from "../../http/call.ts";
import type { PathParam } from "../../http/declaration.ts";
import { tags } from "../../http/document/tags.ts";
import type { Page } from "../../http/page.ts";
import { Problem } from "../../http/problem.ts";
import { problems } from "../../http/problems.ts";
import { checkedEmail } from "../../http/request/email.ts";
import { type Route, route } from "../../http/route.ts";
import { Allowance } from "../../rate/mod.ts";
import { currentDocuments } from "./documents.ts";
import { holderOfUser } from "./holders.ts";
import { confirmMarketing, requestMarketing, withdrawMarketing } from "./marketing.ts";
import { originReader } from "./origin.ts";
import { showPage } from "./pages.tsx";
import { consentProblems } from "./problems.ts";
import { MarketingConfirm, MarketingRequest, MarketingRequested, MarketingStatus, OptOut, Token } from "./schemas.ts";
import { readUnsubscribeToken } from "./tokens.ts";
import { userOf } from "./user_of.ts";

const ROUTE = "/api/v1/marketing";
const UNSUBSCRIBE = "/unsubscribe/:token";
const CONFIRM = "/marketing/confirm/:token";

/** Mails that a process lets callers without a key ask for, whatever the address, and wherever they come from. */
export const REQUESTS = { at_once: 100, an_hour: 60 };
/** When to retry, in seconds: by then one more may be asked for. */
const RETRY_AFTER_S = 60;

const PAGE = "<!doctype html>…";

/** Whatever is in its place gets the same response. */
const anyToken: PathParam<string> = { schema: Token, read: (text) => text, errors: [] };

export function marketingRoutes({
  log,
  vault,
  site,
  addressOf,
}: Pick<ApiParts, "log" | "vault" | "site" | "addressOf">): (Route | Page)[] {
  const parts = { log, vault };
  const requests = new Allowance(REQUESTS, () => performance.now());
  const originOf = originReader(addressOf);
  const actorOf = ({ caller }: Pick<Call, "caller">) => (caller as { actor: string } | undefined)?.actor ?? VISITOR;

  return [
    route(
      {
        method: "POST",
        path: `${ROUTE}/opt-in`,
        id: "requestMarketing",
        tag: tags.consent,
        summary: "Ask for marketing mail",
        description:
          "Mails a link to the address, with which whoever has it confirms. Without that nothing comes of it. The response is the same whether or not the address is known, was confirmed, or gets a mail: one in 15 minutes and three in 24 hours are sent, whoever asks. No key is needed.",
        rate: "marketing",
        body: MarketingRequest,
        responses: {
          202: { description: "The request is accepted.", schema: MarketingRequested, example: { status: "accepted" } },
        },
        errors: [problems.invalid_email, consentProblems.too_many_opt_ins],
      },
      async (call) => {
        const address = checkedEmail(call.body.email, "/email");
        const notice = (await currentDocuments(log)).find(({ document }) => document === "marketing");
        if (!notice) throw new Problem(problems.unavailable, "The notice is not published yet.", { retry_after_s: 5 });
        const isCounted = call.caller === undefined;
        if (isCounted && !requests.acquire()) {
          const detail = "Too many mails were asked for without a key.";
          throw new Problem(consentProblems.too_many_opt_ins, detail, { retry_after_s: RETRY_AFTER_S });
        }
        let isMailed = false;
        try {
          const { version, sha256 } = notice;
          const meta = { actor: actorOf(call), ...call.cause };
          isMailed = (await requestMarketing(parts, { address, notice: { version, sha256 }, meta })).ok;
        } finally {
          if (isCounted && !isMailed) requests.release();
        }
        return { status: "accepted" };
      },
    ),
    route(
      {
        method: "POST",
        path: `${ROUTE}/confirm`,
        id: "confirmMarketing",
        tag: tags.consent,
        summary: "Confirm that marketing mail is wanted",
        description:
          "Gives consent, with the token from the mailed link: for the user who has the address, or else for the address alone. The time, the notice's version and, for 90 days, the IP address and browser name are recorded. Repeating the request changes nothing. No key is needed.",
        body: MarketingConfirm,
        responses: {
          200: {
            description: "Marketing mail is wanted.",
            schema: MarketingStatus,
            example: { status: "confirmed" },
          },
        },
        errors: [
          consentProblems.confirmation_unknown,
          consentProblems.confirmation_expired,
          consentProblems.confirmation_used,
        ],
      },
      async (call) => {
        const confirmed = await confirm(call, call.body.token);
        if (!confirmed.ok) throw new Problem(kindOf(confirmed.code), confirmed.message);
        call.recorded(confirmed.position);
        return { status: "confirmed" };
      },
    ),
    { path: CONFIRM, render: (request) => showPage(site, request, "confirm") },
    route(
      {
        method: "POST",
        path: CONFIRM,
        id: "confirmMarketingPage",
        tag: tags.consent,
        summary: "Confirm that marketing mail is wanted, in a browser",
        description:
          "The button of the page that the mailed link leads to. It does what the call above does, and responds with a page. The body is not read.",
        params: { token: anyToken },
        any_query: true,
        records: "many",
        responses: {
          200: {
            description: "A page that says whether marketing mail is wanted now, and if not, why.",
            content_type: "text/html",
            example: PAGE,
          },
        },
      },
      async (call) => {
        const confirmed = await confirm(call, call.params.token);
        return await showPage(site, call.request, confirmed.ok ? "confirmed" : kindOf(confirmed.code).code);
      },
    ),
    {
      path: UNSUBSCRIBE,
      render: (request) => showPage(site, request, "unsubscribe"),
    },
    route(
      {
        method: "POST",
        path: UNSUBSCRIBE,
        id: "unsubscribe",
        tag: tags.consent,
        summary: "End marketing mail, in a mail program or a browser",
        description:
          "What List-Unsubscribe in each marketing mail names (RFC 8058). It ends marketing mail to whom the link was sent, once, and responds with the same page for every link. The body, `List-Unsubscribe=One-Click` as a form of either kind, is not read. No cookie is set or needed.",
        params: { token: anyToken },
        any_query: true,
        records: "many",
        responses: { 200: { description: "Marketing mail has ended.", content_type: "text/html", example: PAGE } },
      },
      async (call) => {
        const holder = await readUnsubscribeToken(vault, call.params.token);
        if (holder) {
          const meta = { actor: VISITOR, ...call.cause };
          call.recorded(await withdrawMarketing(parts, { holder, by: "link", meta }));
        }
        return await showPage(site, call.request, "unsubscribed");
      },
    ),
    route(
      {
        method: "POST",
        path: `${ROUTE}/opt-out`,
        id: "withdrawMarketing",
        tag: tags.consent,
        summary: "End marketing mail to a user",
        description:
          "For the user of the session, or for the one whom the operator names. Repeating the request changes nothing.",
        scope: "consents:write",
        without_terms: true,
        body: OptOut,
        body_optional: true,
        responses: {
          200: { description: "Marketing mail has ended.", schema: MarketingStatus, example: { status: "withdrawn" } },
        },
        errors: [problems.session_required],
      },
      async (call) => {
        const { caller } = call;
        const user = userOf(caller, { named: call.body.user, pointer: "/user" });
        const by = user === caller.actor ? "user" : "operator";
        const meta = { actor: caller.actor, ...call.cause };
        call.recorded(await withdrawMarketing(parts, { holder: holderOfUser(user), by, meta }));
        return { status: "withdrawn" };
      },
    ),
  ];

  function confirm(call: Pick<Call, "request" | "cause" | "caller">, token: string) {
    const meta = { actor: actorOf(call), ...call.cause };
    return confirmMarketing(parts, { token, origin: originOf(call.request), meta });
  }
}

/** The problem with a link. */
function kindOf(code: string) {
  if (code === "confirmation_expired") return consentProblems.confirmation_expired;
  if (code === "confirmation_used") return consentProblems.confirmation_used;
  return consentProblems.confirmation_unknown;
}
