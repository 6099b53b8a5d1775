/** The documents that are in force, and who accepted the terms. */
import type { ApiParts } from "../../http/api.ts";
import { tags } from "../../http/document/tags.ts";
import { Problem } from "../../http/problem.ts";
import { problems } from "../../http/problems.ts";
import { checkedParam } from "../../http/request/params.ts";
import { route } from "../../http/route.ts";
import { commandHolder, readConsents } from "./commands.ts";
import { currentDocuments, type PublishedDocument, textOf } from "./documents.ts";
import { holderOfUser, streamOf } from "./holders.ts";
import { originReader } from "./origin.ts";
import { consentProblems } from "./problems.ts";
import { Acceptance, DocumentName, Terms, TermsAccept, Version } from "./schemas.ts";
import { userOf } from "./user_of.ts";

const TERMS = "/api/v1/terms";

const [EXAMPLE_TERMS] = Terms.examples as [object];
const [EXAMPLE_ACCEPTANCE] = Acceptance.examples as [object];

export function termsRoutes({ log, addressOf }: Pick<ApiParts, "log" | "addressOf">) {
  const originOf = originReader(addressOf);
  return [
    route(
      {
        method: "GET",
        path: TERMS,
        id: "getTerms",
        tag: tags.consent,
        summary: "Get the documents that are in force",
        description:
          "The terms and the notices, each with its version and the SHA-256 of its text; and, for a user's session, what the user accepted last. No key is needed.",
        responses: { 200: { description: "The current versions.", schema: Terms, example: EXAMPLE_TERMS } },
      },
      async ({ caller }) => {
        const [documents, accepted] = await Promise.all([
          currentDocuments(log),
          caller?.actor.startsWith("user:") ? acceptedBy(caller.actor) : null,
        ]);
        return {
          terms_version: versionOf(documents, "terms")?.version ?? null,
          accepted,
          documents: documents.map(shown),
        };
      },
    ),
    route(
      {
        method: "GET",
        path: `${TERMS}/:document/:version`,
        id: "getDocumentText",
        tag: tags.consent,
        summary: "Get the text of a document's version",
        description:
          "The Markdown that was published, byte for byte: its SHA-256 is the one that consents name. Every version stays available. No key is needed.",
        params: { document: checkedParam("document", DocumentName), version: versionParam() },
        responses: {
          200: {
            description: "The text.",
            content_type: "text/markdown",
            example: "## The service\n\nLevqor accepts jobs …",
          },
        },
        errors: [consentProblems.document_not_found],
      },
      async ({ params }) => {
        const found = await textOf(log, params);
        if (!found) {
          const detail = `The document "${params.document}" has no version ${params.version}.`;
          throw new Problem(consentProblems.document_not_found, detail);
        }
        const headers = { "content-type": "text/markdown;charset=utf-8", "cache-control": "public, max-age=86400" };
        return new Response(found.text, { headers });
      },
    ),
    route(
      {
        method: "POST",
        path: TERMS,
        id: "acceptTerms",
        tag: tags.consent,
        summary: "Accept the terms",
        description:
          "Records that the user of the session accepts the version of the terms that they were shown: with the time, and with their IP address and browser name, which are forgotten after 90 days. Until a user accepts the version that is in force, their other calls respond 403 `terms_not_accepted`. Repeating the request changes nothing. The operator can record it for a user who accepted elsewhere.",
        scope: "consents:write",
        without_terms: true,
        body: TermsAccept,
        responses: {
          200: { description: "The version is accepted.", schema: Acceptance, example: EXAMPLE_ACCEPTANCE },
        },
        errors: [problems.session_required, consentProblems.terms_outdated],
      },
      async (call) => {
        const { caller, body, cause } = call;
        const user = userOf(caller, { named: body.user, pointer: "/user" });
        const documents = await currentDocuments(log);
        const [terms, privacy] = [versionOf(documents, "terms"), versionOf(documents, "privacy")];
        if (!terms || !privacy) throw outdated("There are no terms to accept at the moment.");
        const by_user = user === caller.actor ? originOf(call.request) : {};
        const handled = await commandHolder(log, {
          holder: holderOfUser(user),
          command: { type: "accept_terms", version: body.terms_version, terms, privacy, ...by_user },
          meta: { actor: caller.actor, ...cause },
        });
        if (!handled.ok) throw outdated(handled.refusal.message, terms.version);
        call.recorded(handled.position);
        const terms_accepted_at = handled.recorded_at ?? handled.state.terms?.accepted_at;
        return { terms_version: terms.version, sha256: terms.sha256, terms_accepted_at };
      },
    ),
  ];

  async function acceptedBy(user: string) {
    const { terms } = await readConsents(log, streamOf(holderOfUser(user)));
    return terms && { terms_version: terms.version, sha256: terms.sha256, terms_accepted_at: terms.accepted_at };
  }
}

function versionParam() {
  const number = checkedParam("version", Version);
  const read = (text: string) => number.read(/^[1-9]\d{0,9}$/.test(text) ? (Number(text) as never) : text);
  return { ...number, read };
}

function versionOf(documents: readonly PublishedDocument[], name: PublishedDocument["document"]) {
  const found = documents.find(({ document }) => document === name);
  return found && { version: found.version, sha256: found.sha256 };
}

function shown(document: PublishedDocument) {
  const { document: name, version } = document;
  return { ...document, page: `/public/legal/${name}`, text: `${TERMS}/${name}/${version}` };
}

function outdated(detail: string, terms_version?: number): Problem {
  const members = terms_version === undefined ? {} : { terms_version };
  return new Problem(consentProblems.terms_outdated, detail, { members });
}
