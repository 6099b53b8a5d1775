/** Consents on record, and their receipts. */
import { OPERATOR } from "../../../events/account.ts";
import { consentStream } from "../../../events/consent.ts";
import type { ConsentRow } from "../../../projections/consents.ts";
import type { Caller } from "../../access/mod.ts";
import type { ApiParts } from "../../http/api.ts";
import { tags } from "../../http/document/tags.ts";
import { Problem } from "../../http/problem.ts";
import { problems } from "../../http/problems.ts";
import { checkedParam } from "../../http/request/params.ts";
import { route } from "../../http/route.ts";
import { holderOfUser } from "./holders.ts";
import { consentProblems } from "./problems.ts";
import { receiptKey, receiptOf } from "./receipts.ts";
import { ConsentId, ConsentList, ConsentQuery, Receipt, ReceiptKey } from "./schemas.ts";
import { userOf } from "./user_of.ts";

const ROUTE = "/api/v1/consents";

const [LISTED] = ConsentList.properties.data.items.examples as [object];
const [EXAMPLE_RECEIPT] = Receipt.examples as [object];
const [EXAMPLE_KEY] = ReceiptKey.examples as [object];

export function consentRoutes({ log, vault, sql }: Pick<ApiParts, "log" | "vault" | "sql">) {
  return [
    route(
      {
        method: "GET",
        path: ROUTE,
        id: "listConsents",
        tag: tags.consent,
        summary: "List a user's consents, newest first",
        description:
          "What the user of the session agreed to and took back, or the user whom the operator names. Read from a read model that follows the log.",
        scope: "consents:read",
        without_terms: true,
        query: ConsentQuery,
        list: true,
        responses: {
          200: {
            description: "A page of consents.",
            schema: ConsentList,
            example: { data: [LISTED], has_more: false, next_cursor: null },
          },
        },
        errors: [problems.session_required],
      },
      async (call) => {
        const { id: holder } = holderOfUser(userOf(call.caller, { named: call.query.user, pointer: "?user" }));
        const select = (before: number | undefined, take: number) => sql<ConsentRow[]>`
          select * from levqor_read.consents
          where holder = ${holder} ${before === undefined ? sql`` : sql`and position < ${before}`}
          order by position desc limit ${take}`;
        return await call.page("consents", { select, show: shown });
      },
    ),
    route(
      {
        method: "GET",
        path: `${ROUTE}/:consent_id/receipt`,
        id: "getConsentReceipt",
        tag: tags.consent,
        summary: "Get the receipt of a consent",
        description:
          "Says what was agreed to, by the version and hash of its text, and when, signed with Ed25519. It names no person, can be verified offline, and stays the same after the user was erased. For the user of the session, and for the operator.",
        scope: "consents:read",
        without_terms: true,
        params: { consent_id: checkedParam("consent_id", ConsentId) },
        responses: { 200: { description: "The receipt.", schema: Receipt, example: EXAMPLE_RECEIPT } },
        errors: [problems.session_required, consentProblems.consent_not_found],
      },
      async ({ caller, params: { consent_id } }) => {
        const [, holder, version] = /^consent-(.*)@(\d+)$/.exec(consent_id) as unknown as [string, string, string];
        const receipt =
          mayRead(caller, holder) && (await receiptOf({ log, vault }, { holder, version: Number(version) }));
        if (receipt) return receipt;
        throw new Problem(
          consentProblems.consent_not_found,
          `No consent that the caller may see has the id ${consent_id}.`,
        );
      },
    ),
    route(
      {
        method: "GET",
        path: `${ROUTE}/receipt-key`,
        id: "getReceiptKey",
        tag: tags.consent,
        summary: "Get the key that verifies receipts",
        description: "The public key of Ed25519 with which receipts are signed. No key of the API is needed.",
        responses: { 200: { description: "The public key.", schema: ReceiptKey, example: EXAMPLE_KEY } },
      },
      async () => await receiptKey(vault),
    ),
  ];
}

/** Whether a caller may see somebody's consents. Throws the problem `session_required`. */
function mayRead(caller: Caller, holder: string): boolean {
  if (caller.operator || caller.account === OPERATOR) return true;
  return holderOfUser(userOf(caller, { named: undefined, pointer: "" })).id === holder;
}

function shown({ holder, version, position: _, document, document_version, document_sha256, ...row }: ConsentRow) {
  return {
    consent_id: `${consentStream(holder)}@${version}`,
    ...row,
    document: document && { document, version: document_version, sha256: document_sha256 },
  };
}
