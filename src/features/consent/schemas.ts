/** The shapes of the feature's requests and responses. */
import { type Static, Type } from "@sinclair/typebox";
import { documentNames } from "../../../events/document.ts";
import { Member } from "../../../events/org.ts";
import { component } from "../../http/document/components.ts";
import { EXAMPLE_TIME, list, oneOf, PageQuery, Position, Timestamp } from "../../http/schema.ts";

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
        minLength: 1,
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

const EXAMPLE_CONSENT = "consent-0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70@1";

export const ConsentId = Type.String({
  pattern: "^consent-[0-9a-z-]{1,64}@[1-9][0-9]{0,9}$",
  description: "The id of the event that records it.",
  examples: [EXAMPLE_CONSENT],
});

export const ConsentQuery = Type.Object(
  { ...PageQuery.properties, user: Type.Optional(NamedUser) },
  { additionalProperties: false },
);

const DocumentRef = Type.Object(
  { document: DocumentName, version: Version, sha256: Hash },
  { additionalProperties: false },
);
const EXAMPLE_REF = { document: "terms", version: 1, sha256: EXAMPLE_HASH };

const Consent = component(
  "Consent",
  Type.Object(
    {
      consent_id: ConsentId,
      about: oneOf(["terms", "marketing"], "What it is about."),
      action: oneOf(["accepted", "requested", "confirmed", "withdrawn"], "What the user did."),
      document: Type.Union([DocumentRef, Type.Null()], {
        description: "What they agreed to; `null`: they took something back.",
      }),
      recorded_at: Timestamp,
    },
    {
      additionalProperties: false,
      examples: [
        {
          consent_id: EXAMPLE_CONSENT,
          about: "terms",
          action: "accepted",
          document: EXAMPLE_REF,
          recorded_at: EXAMPLE_TIME,
        },
      ],
    },
  ),
);

export const ConsentList = component("ConsentList", list(Consent));

const EXAMPLE_RECEIPT_KEY = {
  key_id: "3f1c8e0b7a914d36",
  algorithm: "Ed25519",
  public_key:
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n",
};

export const ReceiptKey = component(
  "ReceiptKey",
  Type.Object(
    {
      key_id: Type.String({
        pattern: "^[0-9a-f]{16}$",
        description: "The first digits of the public key's SHA-256.",
        examples: [EXAMPLE_RECEIPT_KEY.key_id],
      }),
      algorithm: oneOf(["Ed25519"], "How receipts are signed."),
      public_key: Type.String({ description: "PEM.", examples: [EXAMPLE_RECEIPT_KEY.public_key] }),
    },
    { additionalProperties: false, examples: [EXAMPLE_RECEIPT_KEY] },
  ),
);

const Base64 = (description: string, example: string) => Type.String({ description, examples: [example] });

export const Receipt = component(
  "ConsentReceipt",
  Type.Object(
    {
      payload: Type.Object(
        {
          format: oneOf(["levqor-consent-receipt/1"], "What the payload is."),
          consent: ConsentId,
          what: Type.String({ description: "The event's type.", examples: ["consent.terms_accepted"] }),
          documents: Type.Array(DocumentRef, { description: "What was agreed to." }),
          recorded_at: Timestamp,
          position: Position,
          event_sha256: Type.Unsafe<string>({
            ...Hash,
            description: "SHA-256 of the event's data as it is recorded, with its personal parts encrypted, in hex.",
          }),
        },
        { additionalProperties: false, description: "What is signed, for reading." },
      ),
      signed: Base64("The bytes that are signed: the payload as JSON, in base64.", "eyJmb3JtYXQiOiJsZXZxb3It"),
      signature: Base64(
        "In base64.",
        "cPHxZ5wqZ0j5w0oXg6cJ4d1k2l3m4n5o6p7q8r9s0t1u2v3w4x5y6z7A8B9C0D1E2F3G4H5I6J7K8L9M0N1O2w==",
      ),
      key: ReceiptKey,
    },
    {
      additionalProperties: false,
      examples: [
        {
          payload: {
            format: "levqor-consent-receipt/1",
            consent: EXAMPLE_CONSENT,
            what: "consent.terms_accepted",
            documents: [EXAMPLE_REF],
            recorded_at: EXAMPLE_TIME,
            position: 1042,
            event_sha256: EXAMPLE_HASH,
          },
          signed: "eyJmb3JtYXQiOiJsZXZxb3It",
          signature: "cPHxZ5wqZ0j5w0oXg6cJ4d1k2l3m4n5o6p7q8r9s0t1u2v3w4x5y6z7A8B9C0D1E2F3G4H5I6J7K8L9M0N1O2w==",
          key: EXAMPLE_RECEIPT_KEY,
        },
      ],
    },
  ),
);

const EXAMPLE_CHOICE_ID = "9b2f6c1e-7d3a-4f58-8e21-5a0b7e3d9f21";

const ChoiceId = Type.String({
  format: "uuid",
  description: "Random; known to the visitor's browser alone.",
  examples: [EXAMPLE_CHOICE_ID],
});

const allowed = (what: string) => Type.Boolean({ description: `Whether the visitor allows ${what}.` });
const Necessary = Type.Literal(true, { description: "It cannot be refused: without it, nothing works." });
const CATEGORIES = {
  functional: allowed("what remembers their preferences"),
  analytics: allowed("what counts visits"),
  marketing: allowed("what is for advertising"),
};

export const CookieChoice = component(
  "CookieChoice",
  Type.Object(
    {
      categories: Type.Object(
        {
          necessary: Type.Optional(Necessary),
          functional: Type.Optional(CATEGORIES.functional),
          analytics: Type.Optional(CATEGORIES.analytics),
          marketing: Type.Optional(CATEGORIES.marketing),
        },
        { additionalProperties: false, description: "Those that are not named are refused: `{}` refuses all." },
      ),
      consent_id: Type.Optional(
        Type.Unsafe<string>({ ...ChoiceId, description: "To change an earlier choice: its id." }),
      ),
    },
    { additionalProperties: false, examples: [{ categories: { functional: true } }, { categories: {} }] },
  ),
);

export const CookieConsent = component(
  "CookieConsent",
  Type.Object(
    {
      consent_id: ChoiceId,
      categories: Type.Object({ necessary: Necessary, ...CATEGORIES }, { additionalProperties: false }),
      notice: Type.Object({ version: Version, sha256: Hash }, { additionalProperties: false }),
    },
    {
      additionalProperties: false,
      examples: [
        {
          consent_id: EXAMPLE_CHOICE_ID,
          categories: { necessary: true, functional: true, analytics: false, marketing: false },
          notice: { version: 1, sha256: EXAMPLE_HASH },
        },
      ],
    },
  ),
);
