/** What visitors choose about cookies. */
import { randomUUID } from "node:crypto";
import { VISITOR } from "../../../events/account.ts";
import { cookiesStream } from "../../../events/cookies.ts";
import { cookiesDecider } from "../../domain/cookies.ts";
import type { ApiParts } from "../../http/api.ts";
import { tags } from "../../http/document/tags.ts";
import { Problem } from "../../http/problem.ts";
import { problems } from "../../http/problems.ts";
import { route } from "../../http/route.ts";
import { handle } from "../../log/mod.ts";
import { Allowance } from "../../rate/mod.ts";
import { currentDocuments } from "./documents.ts";
import { consentProblems } from "./problems.ts";
import { CookieChoice, CookieConsent } from "./schemas.ts";

/** Choices that a process records, wherever they come from: nobody knows who makes them. */
export const CHOICES = { at_once: 500, an_hour: 3_600 };
/** When to retry, in seconds: by then some more may be recorded. */
const RETRY_AFTER_S = 10;

const [EXAMPLE] = CookieConsent.examples as [object];

export function cookieRoutes({ log }: Pick<ApiParts, "log">) {
  const choices = new Allowance(CHOICES, () => performance.now());
  return [
    route(
      {
        method: "POST",
        path: "/api/v1/cookie-consent",
        id: "chooseCookies",
        tag: tags.consent,
        summary: "Record a visitor's choice about cookies",
        description:
          "Records which categories a visitor allows, under a random id that their browser keeps, and sends again to change the choice. What is not named is refused; what is necessary cannot be. Neither an address, a browser's name nor an account is recorded, even if a key is sent.",
        rate: "cookies",
        records: "many",
        body: CookieChoice,
        responses: {
          200: { description: "The choice is recorded.", schema: CookieConsent, example: EXAMPLE },
        },
        errors: [
          consentProblems.cookie_choice_not_found,
          consentProblems.too_many_cookie_choices,
          consentProblems.too_many_choices,
        ],
      },
      async ({ body: { consent_id: known, categories } }) => {
        const told = (await currentDocuments(log)).find(({ document }) => document === "cookies");
        if (!told) throw new Problem(problems.unavailable, "The notice is not published yet.", { retry_after_s: 5 });
        if (!choices.acquire()) {
          const detail = "Too many choices about cookies are being made.";
          throw new Problem(consentProblems.too_many_choices, detail, { retry_after_s: RETRY_AFTER_S });
        }
        const { functional = false, analytics = false, marketing = false } = categories;
        const notice = { version: told.version, sha256: told.sha256 };
        // Without the order of time that other ids have: it would say when a visitor came first.
        const consent_id = known?.toLowerCase() ?? randomUUID();
        const stream_id = cookiesStream(consent_id);
        let isRecorded = false;
        try {
          const handled = await handle(log, {
            stream_id,
            decider: cookiesDecider,
            command: { type: "choose", first: known === undefined, functional, analytics, marketing, notice },
            // Not the request's id: the log of requests has addresses.
            meta: { actor: VISITOR, correlation_id: stream_id },
          });
          if (!handled.ok) throw refused(handled.refusal);
          isRecorded = handled.events.length > 0;
        } finally {
          if (!isRecorded) choices.release();
        }
        return {
          consent_id,
          categories: { necessary: true, functional, analytics, marketing },
          notice,
        };
      },
    ),
  ];
}

function refused({ code, message }: { code: string; message: string }): Problem {
  const kind =
    code === "too_many_cookie_choices"
      ? consentProblems.too_many_cookie_choices
      : consentProblems.cookie_choice_not_found;
  return new Problem(kind, message);
}
