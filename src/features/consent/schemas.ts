/** The shapes of the feature's requests and responses. */
import { type Static, Type } from "@sinclair/typebox";
import { documentNames } from "../../../events/document.ts";
import { Member } from "../../../events/org.ts";
import { component } from "../../http/document/components.ts";
import { EXAMPLE_TIME, oneOf, Timestamp } from "../../http/schema.ts";

const EXAMPLE_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const EXAMPLE_USER = "user:0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70";

export const DocumentName = oneOf(
  documentNames,
  "`marketing`: what those who ask for news agree to; the others are the pages of these names.",
);

export const Version = Type.Integer({
  minimum: 1,
  maximum: 2 ** 31 - 1,
  description: "Counts from 1.",
  examples: [1],
});

const Hash = Type.String({
  pattern: "^[0-9a-f]{64}$",
  description: "SHA-256 of the version's text, in hex.",
  examples: [EXAMPLE_HASH],
});

const Document = component(
  "Document",
  Type.Object(
    {
      document: DocumentName,
      version: Version,
      sha256: Hash,
      published_at: Timestamp,
      page: Type.String({ description: "The page for people.", examples: ["/public/legal/terms"] }),
      text: Type.String({
        description: "The text of this version, whatever the page says by then.",
        examples: ["/api/v1/terms/terms/1"],
      }),
    },
    {
      additionalProperties: false,
      examples: [
        {
          document: "terms",
          version: 1,
          sha256: EXAMPLE_HASH,
          published_at: EXAMPLE_TIME,
          page: "/public/legal/terms",
          text: "/api/v1/terms/terms/1",
        },
      ],
    },
  ),
);

export const Acceptance = component(
  "TermsAcceptance",
  Type.Object(
    {
      terms_version: Version,
      sha256: Hash,
      terms_accepted_at: Timestamp,
    },
    {
      additionalProperties: false,
      examples: [{ terms_version: 1, sha256: EXAMPLE_HASH, terms_accepted_at: EXAMPLE_TIME }],
    },
  ),
);

const [EXAMPLE_ACCEPTANCE] = Acceptance.examples as [Static<typeof Acceptance>];

export const Terms = component(
  "Terms",
  Type.Object(
    {
      terms_version: Type.Union([Version, Type.Null()], {
        description: "The version of the terms that is in force; `null`: none is.",
      }),
      accepted: Type.Union([Acceptance, Type.Null()], {
        description: "What the user of the session accepted last; `null`: nothing, or there is no session.",
      }),
      documents: Type.Array(Document, { description: "The current version of each document." }),
    },
    {
      additionalProperties: false,
      examples: [{ terms_version: 1, accepted: EXAMPLE_ACCEPTANCE, documents: Document.examples as object[] }],
    },
  ),
);

export const MarketingRequest = component(
  "MarketingRequest",
  Type.Object(
    {
      email: Type.String({
        minLength: 3,
        maxLength: 320,
        description: "The address, which is asked to confirm. Spellings that differ only in case are one address.",
        examples: ["ada@example.com"],
      }),
    },
    { additionalProperties: false, examples: [{ email: "ada@example.com" }] },
  ),
);

export const MarketingRequested = component(
  "MarketingRequested",
  Type.Object(
    { status: oneOf(["accepted"], "The same for every address.") },
    { additionalProperties: false, examples: [{ status: "accepted" }] },
  ),
);

const EXAMPLE_TOKEN = `0197a1f0-7c6e-8b3a-9d5e-2f4c8a1b6e70.1.${"EXAMPLE".padEnd(43, "x")}`;

export const Token = Type.String({
  minLength: 1,
  maxLength: 256,
  description: "The last part of the link in a mail.",
  examples: [EXAMPLE_TOKEN],
});

export const MarketingConfirm = component(
  "MarketingConfirm",
  Type.Object({ token: Token }, { additionalProperties: false, examples: [{ token: EXAMPLE_TOKEN }] }),
);

export const MarketingStatus = component(
  "MarketingStatus",
  Type.Object(
    { status: oneOf(["confirmed", "withdrawn"], "Whether marketing mail is wanted.") },
    { additionalProperties: false, examples: [{ status: "confirmed" }] },
  ),
);

/** Of calls about a user, which the operator makes for them. */
const NamedUser = Type.Unsafe<string>({
  ...Member,
  description: "Named by the operator alone. Left out in a user's own session.",
  examples: [EXAMPLE_USER],
});

export const TermsAccept = component(
  "TermsAccept",
  Type.Object(
    {
      terms_version: Version,
      user: Type.Optional(NamedUser),
    },
    {
      additionalProperties: false,
      examples: [{ terms_version: 1, user: EXAMPLE_USER }, { terms_version: 1 }],
    },
  ),
);

export const OptOut = component(
  "MarketingOptOut",
  Type.Object(
    { user: Type.Optional(NamedUser) },
    { additionalProperties: false, examples: [{ user: EXAMPLE_USER }, {}] },
  ),
);
