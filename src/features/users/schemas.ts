/** The shapes of the feature's requests and responses. */
import { type Static, Type } from "@sinclair/typebox";
import { component } from "../../http/document/components.ts";
import { USER_META_LIMIT_BYTES } from "../../http/limits.ts";
import { anyObject, EXAMPLE_TIME, oneOf, PRINTABLE, Timestamp } from "../../http/schema.ts";
import { EMAIL_CHANGE_TOKEN } from "./email_change.ts";

const EXAMPLE_USER_ID = "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70";

export const UserId = Type.String({
  pattern: "^[0-9a-z-]{1,64}$",
  description: "A UUIDv7; of users of the auth server their id there, or 32 hex digits of its SHA-256.",
  examples: [EXAMPLE_USER_ID],
});

const Email = Type.String({
  minLength: 1,
  maxLength: 1_024,
  description:
    "An address, found in any spelling: Unicode's composed form, without white space around it, in lower case, the domain in Punycode. At most 254 bytes in that form.",
  examples: ["ada@example.com"],
});

const orNull = <Schema extends ReturnType<typeof Type.String>>(schema: Schema, description: string) =>
  Type.Unsafe<string | null>(Type.Union([schema, Type.Null()], { description }));

const editable = {
  name: orNull(
    Type.String({ minLength: 1, maxLength: 256, pattern: PRINTABLE, examples: ["Ada Lovelace"] }),
    "The user's name, as text for people.",
  ),
  locale: orNull(
    Type.String({ minLength: 2, maxLength: 64, examples: ["en-GB"] }),
    "The user's language and region, as a BCP 47 tag.",
  ),
  currency: orNull(
    Type.String({ minLength: 3, maxLength: 3, examples: ["GBP"] }),
    "The user's currency, as a code of ISO 4217.",
  ),
  meta: anyObject(`Anything else; at most ${USER_META_LIMIT_BYTES / 1024} KB of JSON. A change replaces all of it.`, {
    plan: "team",
  }),
};

const optional = {
  name: Type.Optional(editable.name),
  locale: Type.Optional(editable.locale),
  currency: Type.Optional(editable.currency),
  meta: Type.Optional(editable.meta),
};

export const UserUpsert = component(
  "UserUpsert",
  Type.Object(
    { email: Email, ...optional },
    {
      additionalProperties: false,
      examples: [
        {
          email: "ada@example.com",
          name: "Ada Lovelace",
          locale: "en-GB",
          currency: "GBP",
          meta: { plan: "team" },
        },
      ],
    },
  ),
);
export type UserUpsert = Static<typeof UserUpsert>;

export const UserUpdate = component(
  "UserUpdate",
  Type.Object(
    {
      email: Type.Optional(orNull(Email, "For the operator alone; `null` removes it.")),
      ...optional,
    },
    {
      additionalProperties: false,
      minProperties: 1,
      examples: [{ name: "Ada King", locale: "en-US", currency: "USD" }],
    },
  ),
);
export type UserUpdate = Static<typeof UserUpdate>;

export const EmailChange = component(
  "EmailChange",
  Type.Object({ email: Email }, { additionalProperties: false, examples: [{ email: "ada@example.org" }] }),
);

export const EmailChangeAccepted = component(
  "EmailChangeAccepted",
  Type.Object({ status: oneOf(["accepted"], "A link is on its way.") }, { additionalProperties: false }),
);

export const EmailConfirmation = component(
  "EmailConfirmation",
  Type.Object(
    { token: Type.String({ pattern: EMAIL_CHANGE_TOKEN, description: "What follows the # in the link." }) },
    { additionalProperties: false, examples: [{ token: `lve_${"A".repeat(65)}` }] },
  ),
);

export const UserSuspend = component(
  "UserSuspend",
  Type.Object(
    {
      reason: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 1_024,
          pattern: PRINTABLE,
          description: "A reason, for the record. It is erased with the user.",
          examples: ["Sends spam."],
        }),
      ),
    },
    { additionalProperties: false, examples: [{ reason: "Sends spam." }] },
  ),
);

export const EmailQuery = Type.Object({ email: Email }, { additionalProperties: false });

export const User = component(
  "User",
  Type.Object(
    {
      user_id: UserId,
      account: Type.String({ description: "The user's own account.", examples: [`user:${EXAMPLE_USER_ID}`] }),
      email: orNull(
        Type.String({ description: "In the spelling that all spellings share.", examples: ["ada@example.com"] }),
        "`null`: none is known.",
      ),
      email_verified_at: orNull(
        Timestamp,
        "When the user proved that the address is theirs, by signing in with a mailed link, or by confirming it; `null`: not yet.",
      ),
      email_bounced_at: orNull(
        Timestamp,
        "When a mail to the address came back for good: none is sent to it any more. `null`: none did.",
      ),
      ...editable,
      status: oneOf(
        ["active", "suspended", "erasing", "erased"],
        "`suspended`: the operator locked the user out. `erasing`: an erasure was requested, and is not complete.",
      ),
      terms_accepted_at: orNull(Timestamp, "When the user accepted the terms last; `null`: never."),
      terms_version: Type.Unsafe<number | null>(
        Type.Union([Type.Integer({ minimum: 1, examples: [1] }), Type.Null()], {
          description: "The version of the terms that the user accepted last; `null`: none.",
        }),
      ),
      marketing_consent: Type.Boolean({ description: "Whether the user agreed to marketing mail, and still does." }),
      marketing_double_opt_in: Type.Boolean({ description: "Whether that was confirmed by mail." }),
      created_at: Timestamp,
      updated_at: Timestamp,
    },
    {
      additionalProperties: false,
      examples: [
        {
          user_id: EXAMPLE_USER_ID,
          account: `user:${EXAMPLE_USER_ID}`,
          email: "ada@example.com",
          email_verified_at: "2026-01-15T09:30:00.123456Z",
          email_bounced_at: null,
          name: "Ada Lovelace",
          locale: "en-GB",
          currency: "GBP",
          meta: { plan: "team" },
          status: "active",
          terms_accepted_at: null,
          terms_version: null,
          marketing_consent: false,
          marketing_double_opt_in: false,
          created_at: EXAMPLE_TIME,
          updated_at: EXAMPLE_TIME,
        },
      ],
    },
  ),
);
export type User = Static<typeof User>;

const [EXAMPLE_USER] = User.examples as [User];

export const UserIsCreated = component(
  "UserIsCreated",
  Type.Object(
    { created: Type.Literal(true), user: User },
    { additionalProperties: false, examples: [{ created: true, user: EXAMPLE_USER }] },
  ),
);

export const UserIsUpdated = component(
  "UserIsUpdated",
  Type.Object(
    { updated: Type.Literal(true), user: User },
    { additionalProperties: false, examples: [{ updated: true, user: EXAMPLE_USER }] },
  ),
);

const EXAMPLE_ERASURE_ID = "5b0c1f6e-3d2a-4c8e-9f71-2a6b8c0d4e13";

export const ErasureId = Type.String({
  format: "uuid",
  description: "Known to whoever asked for the erasure alone: the certificate is read with it, without a key.",
  examples: [EXAMPLE_ERASURE_ID],
});

const Part = Type.Object(
  {
    what: Type.String({ examples: ["The e-mail address, the name and meta"] }),
    why: Type.String({ examples: ["They were known for the sake of the user's account, which has ended."] }),
  },
  { additionalProperties: false },
);

export const Erasure = component(
  "Erasure",
  Type.Object(
    {
      erasure_id: ErasureId,
      user_id: UserId,
      status: oneOf(["erasing", "erased"], "`erasing`: it goes on by itself, whatever fails meanwhile."),
      requested_at: Timestamp,
      erased_at: Type.Unsafe<string | null>(
        Type.Union([Timestamp, Type.Null()], { description: "`null`: it is not complete." }),
      ),
      destroyed: Type.Array(Part, {
        description: "What cannot be read any more, by anybody, in any copy; empty before.",
      }),
      ended: Type.Array(Type.String(), {
        description: "What the user had, and has no more.",
        examples: [["sessions"]],
      }),
      kept: Type.Array(Part, { description: "What stays, and why." }),
    },
    {
      additionalProperties: false,
      examples: [
        {
          erasure_id: EXAMPLE_ERASURE_ID,
          user_id: EXAMPLE_USER_ID,
          status: "erased",
          requested_at: EXAMPLE_TIME,
          erased_at: EXAMPLE_TIME,
          destroyed: [
            {
              what: "The e-mail address, the name and meta",
              why: "They were known for the sake of the user's account, which has ended.",
            },
          ],
          ended: ["sessions", "keys"],
          kept: [
            {
              what: "That the user existed, under an id that names nobody, and what happened when",
              why: "The log proves its own completeness, and contains no readable personal data of the user's.",
            },
          ],
        },
      ],
    },
  ),
);
export type Erasure = Static<typeof Erasure>;
