/** The shapes of the feature's requests and responses. */
import { type Static, Type } from "@sinclair/typebox";
import { Member, orgRoles } from "../../../events/org.ts";
import { component } from "../../http/document/components.ts";
import {
  createdId,
  EXAMPLE_ORG_ID,
  EXAMPLE_TIME,
  list,
  OrgId,
  oneOf,
  PRINTABLE,
  Timestamp,
} from "../../http/schema.ts";
import { INVITATION_TOKEN } from "./secrets.ts";

const Name = Type.String({
  minLength: 1,
  maxLength: 128,
  pattern: PRINTABLE,
  description: "For people; need not be unique.",
  examples: ["Acme"],
});

const Role = oneOf(
  orgRoles,
  "What the member may do in the organisation's account: `owner` and `admin` everything, `member` everything but keys and members, `viewer` read, `billing` only see the organisation. Only owners make and remove owners.",
);

export const OrgCreate = component(
  "OrgCreate",
  Type.Object(
    {
      name: Name,
      owner: Type.Optional(
        Type.Unsafe<string>({
          ...Member,
          description: "Named by the operator alone: who becomes the owner. A user who creates one owns it.",
        }),
      ),
    },
    {
      additionalProperties: false,
      examples: [{ name: "Acme" }, { name: "Acme", owner: "user:0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70" }],
    },
  ),
);

export const OrgUpdate = component(
  "OrgUpdate",
  Type.Object({ name: Name }, { additionalProperties: false, examples: [{ name: "Acme Europe" }] }),
);

export const MemberAdd = component(
  "MemberAdd",
  Type.Object(
    { member: Member, role: Role },
    {
      additionalProperties: false,
      examples: [{ member: "user:0197a1f0-91d2-7f04-8c11-5a0b7e3d9f21", role: "member" }],
    },
  ),
);

export const MemberUpdate = component(
  "MemberUpdate",
  Type.Object({ role: Role }, { additionalProperties: false, examples: [{ role: "admin" }] }),
);

export const HandOver = component(
  "HandOver",
  Type.Object(
    {
      to: Type.Unsafe<string>({ ...Member, description: "The member who becomes an owner." }),
      from: Type.Optional(
        Type.Unsafe<string>({ ...Member, description: "Named by the operator alone: the owner who becomes an admin." }),
      ),
    },
    {
      additionalProperties: false,
      examples: [
        {
          from: "user:0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
          to: "user:0197a1f0-91d2-7f04-8c11-5a0b7e3d9f21",
        },
        { to: "user:0197a1f0-91d2-7f04-8c11-5a0b7e3d9f21" },
      ],
    },
  ),
);

const OrgMember = component(
  "OrgMember",
  Type.Object(
    { member: Member, role: Role },
    {
      additionalProperties: false,
      examples: [{ member: "user:0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70", role: "owner" }],
    },
  ),
);

const summary = {
  org_id: OrgId,
  account: Type.String({
    description: "What to send as Levqor-Account to act for it.",
    examples: [`org:${EXAMPLE_ORG_ID}`],
  }),
  name: Name,
  role: Type.Unsafe<Static<typeof Role> | null>(
    Type.Union([Role, Type.Null()], { description: "The caller's own; null for the operator." }),
  ),
  created_at: Timestamp,
};

const EXAMPLE_SUMMARY = {
  org_id: EXAMPLE_ORG_ID,
  account: `org:${EXAMPLE_ORG_ID}`,
  name: "Acme",
  role: "owner",
  created_at: EXAMPLE_TIME,
};

export const Org = component(
  "Org",
  Type.Object(
    { ...summary, members: Type.Array(OrgMember, { description: "In the order in which they joined." }) },
    {
      additionalProperties: false,
      examples: [
        {
          ...EXAMPLE_SUMMARY,
          members: [{ member: "user:0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70", role: "owner" }],
        },
      ],
    },
  ),
);

const OrgSummary = component(
  "OrgSummary",
  Type.Object(summary, { additionalProperties: false, examples: [EXAMPLE_SUMMARY] }),
);

export const OrgList = component("OrgList", list(OrgSummary));

const EXAMPLE_INVITATION_ID = "0197a1f4-2d3e-7f4a-8b5c-6d7e8f9a0b1c";

export const InvitationId = createdId(EXAMPLE_INVITATION_ID);

export const InvitationCreate = component(
  "InvitationCreate",
  Type.Object(
    {
      email: Type.String({ minLength: 1, maxLength: 1_024, pattern: PRINTABLE, examples: ["bob@example.com"] }),
      role: Role,
    },
    { additionalProperties: false, examples: [{ email: "bob@example.com", role: "member" }] },
  ),
);

const EXAMPLE_EXPIRY = "2026-01-22T09:30:00.123Z";

export const Invitation = component(
  "Invitation",
  Type.Object(
    {
      invitation_id: InvitationId,
      email: Type.Union([Type.String(), Type.Null()], {
        description: "In its one spelling; null when it is no longer stored.",
        examples: ["bob@example.com"],
      }),
      role: Role,
      invited_by: Type.Union([Member, Type.Null()], { description: "Null: the operator." }),
      invited_at: Timestamp,
      expires_at: Timestamp,
    },
    {
      additionalProperties: false,
      examples: [
        {
          invitation_id: EXAMPLE_INVITATION_ID,
          email: "bob@example.com",
          role: "member",
          invited_by: "user:0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
          invited_at: EXAMPLE_TIME,
          expires_at: EXAMPLE_EXPIRY,
        },
      ],
    },
  ),
);

export const InvitationList = component("InvitationList", list(Invitation));

export const InvitationRevoked = component(
  "InvitationRevoked",
  Type.Object(
    { invitation_id: InvitationId, status: Type.Literal("revoked") },
    { additionalProperties: false, examples: [{ invitation_id: EXAMPLE_INVITATION_ID, status: "revoked" }] },
  ),
);

export const InvitationToken = component(
  "InvitationToken",
  Type.Object(
    { token: Type.String({ pattern: INVITATION_TOKEN, description: "What follows the # in the mailed link." }) },
    { additionalProperties: false, examples: [{ token: `lvi_${"A".repeat(86)}` }] },
  ),
);

export const InvitationPreview = component(
  "InvitationPreview",
  Type.Object(
    { org_id: OrgId, name: Name, role: Role, expires_at: Timestamp },
    {
      additionalProperties: false,
      examples: [{ org_id: EXAMPLE_ORG_ID, name: "Acme", role: "member", expires_at: EXAMPLE_EXPIRY }],
    },
  ),
);
