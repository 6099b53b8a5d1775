/** The shapes of the feature's requests and responses. */
import { Type } from "@sinclair/typebox";
import { component } from "../../http/document/components.ts";
import { EXAMPLE_ORG_ID, EXAMPLE_TIME, OrgId, PRINTABLE, Timestamp } from "../../http/schema.ts";

const ISSUER = "https://login.example.com";
const CLIENT_ID = "levqor";
const DOMAIN = "example.com";

const Issuer = Type.String({
  minLength: 1,
  maxLength: 512,
  pattern: PRINTABLE,
  description: "The provider, as it calls itself: its metadata is at /.well-known/openid-configuration below it.",
  examples: [ISSUER],
});
const ClientId = Type.String({
  minLength: 1,
  maxLength: 255,
  pattern: PRINTABLE,
  description: "The client that the provider has for this service.",
  examples: [CLIENT_ID],
});
const Domain = Type.String({
  minLength: 1,
  maxLength: 253,
  pattern: PRINTABLE,
  description: "Whose addresses the provider may vouch for: this one, without its subdomains.",
  examples: [DOMAIN],
});

export const SsoConfigure = component(
  "SsoConfigure",
  Type.Object(
    {
      issuer: Issuer,
      client_id: ClientId,
      client_secret: Type.String({
        minLength: 1,
        maxLength: 1_024,
        pattern: PRINTABLE,
        description: "It is stored encrypted, and never shown.",
        examples: ["of-the-client-at-the-provider"],
      }),
      domain: Domain,
    },
    {
      additionalProperties: false,
      examples: [
        { issuer: ISSUER, client_id: CLIENT_ID, client_secret: "of-the-client-at-the-provider", domain: DOMAIN },
      ],
    },
  ),
);

const NullableTime = (description: string) =>
  Type.Unsafe<string | null>(Type.Union([Timestamp, Type.Null()], { description, examples: [null] }));

const RECORD = {
  type: "TXT",
  name: `_levqor.${DOMAIN}`,
  value: "levqor-verification=5f0c1d2e3b4a59687786a5b4c3d2e1f0",
} as const;

const TxtRecord = Type.Object(
  {
    type: Type.Literal("TXT"),
    name: Type.String({ examples: [RECORD.name] }),
    value: Type.String({ examples: [RECORD.value] }),
  },
  { additionalProperties: false, description: "What to set in the domain's DNS to prove it.", examples: [RECORD] },
);

export const Sso = component(
  "Sso",
  Type.Object(
    {
      org_id: OrgId,
      issuer: Issuer,
      client_id: ClientId,
      domain: Domain,
      configured_at: Timestamp,
      verified_at: NullableTime("When the domain was proven; null: not yet, and nobody can sign in there."),
      record: TxtRecord,
      redirect_uri: Type.String({
        description: "What to register at the provider as the client's redirect URI.",
        examples: [`https://api.levqor.ai/auth/sso/${EXAMPLE_ORG_ID}/callback`],
      }),
      sign_in_url: Type.String({
        description: "Where members sign in.",
        examples: [`https://api.levqor.ai/auth/sso/${EXAMPLE_ORG_ID}`],
      }),
    },
    {
      additionalProperties: false,
      examples: [
        {
          org_id: EXAMPLE_ORG_ID,
          issuer: ISSUER,
          client_id: CLIENT_ID,
          domain: DOMAIN,
          configured_at: EXAMPLE_TIME,
          verified_at: null,
          record: RECORD,
          redirect_uri: `https://api.levqor.ai/auth/sso/${EXAMPLE_ORG_ID}/callback`,
          sign_in_url: `https://api.levqor.ai/auth/sso/${EXAMPLE_ORG_ID}`,
        },
      ],
    },
  ),
);

export const SsoRemoved = component(
  "SsoRemoved",
  Type.Object(
    { org_id: OrgId, status: Type.Literal("removed") },
    { additionalProperties: false, examples: [{ org_id: EXAMPLE_ORG_ID, status: "removed" }] },
  ),
);
