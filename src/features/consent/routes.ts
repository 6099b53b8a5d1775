/** Documents and consents: what is in force, and who agreed to it. */
import { OPERATOR } from "../../../events/account.ts";
import type { Caller } from "../../access/mod.ts";
import type { ApiParts } from "../../http/api.ts";
import { contextOf } from "../../http/context.ts";
import { tags } from "../../http/document/tags.ts";
import { Problem } from "../../http/problem.ts";
import { problems } from "../../http/problems.ts";
import { checkedParam } from "../../http/request/params.ts";
import { invalid } from "../../http/request/validation.ts";
import { route } from "../../http/route.ts";
import { commandUser, type Origin, readConsents, streamOfUser } from "./commands.ts";
import { currentDocuments, type PublishedDocument, textOf } from "./documents.ts";
import { consentProblems } from "./problems.ts";
import { Acceptance, DocumentName, Terms, TermsAccept, Version } from "./schemas.ts";

const TERMS = "/api/v1/terms";

const [EXAMPLE_TERMS] = Terms.examples as [object];
const [EXAMPLE_ACCEPTANCE] = Acceptance.examples as [object];

/** User agents are cut to this length, in UTF-16 units. */
const USER_AGENT_MAX = 512;

export function consentRoutes({ log, addressOf }: Pick<ApiParts, "log" | "addressOf">) {
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
        const handled = await commandUser(log, {
          user,
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
    const { terms } = await readConsents(log, streamOfUser(user));
    return terms && { terms_version: terms.version, sha256: terms.sha256, terms_accepted_at: terms.accepted_at };
  }

  /** Where a request came from. */
  function originOf(request: Request): Origin {
    const ip = addressOf(request);
    const user_agent = contextOf(request).headers["user-agent"]?.slice(0, USER_AGENT_MAX).toWellFormed();
    return { ...(ip && { ip }), ...(user_agent && { user_agent }) };
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

/**
 * The user whom a call is about: the one of the session, or the one whom the operator names. Throws the problems
 * `session_required` and `validation_failed`.
 */
function userOf(
  { actor, account, operator }: Caller,
  { named, pointer }: { named: string | undefined; pointer: string },
): string {
  const names = operator || account === OPERATOR;
  if (names && named !== undefined) return named;
  if (names && !actor.startsWith("user:"))
    throw invalid([{ pointer, message: "is missing: the operator names the user" }]);
  if (named !== undefined && named !== actor) {
    throw invalid([{ pointer, message: "must be left out: only the operator names another user" }]);
  }
  if (actor.startsWith("user:")) return actor;
  throw new Problem(
    problems.session_required,
    "The call is about a user, and needs a session of theirs rather than a key.",
  );
}
