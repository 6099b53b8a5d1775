/** The shapes of the feature's requests and responses. */
import { Type } from "@sinclair/typebox";
import { environments } from "../../../events/key.ts";
import { type Scope, scopes } from "../../access/mod.ts";
import { component } from "../../http/document/components.ts";
import { KEY_OVERLAP_DEFAULT_S, KEY_OVERLAP_MAX_S, KEY_WORKFLOWS_MAX } from "../../http/limits.ts";
import { createdId, list, oneOf, PRINTABLE, Timestamp, Workflow } from "../../http/schema.ts";

const EXAMPLE_KEY_ID = "0197a1f0-b8e1-7c52-9d07-4f2e6a8c1b35";

export const KeyId = createdId(EXAMPLE_KEY_ID);

const KeyName = Type.String({
  minLength: 1,
  maxLength: 128,
  pattern: PRINTABLE,
  description: "What the key is for, as text for people.",
  examples: ["Billing service"],
});

const Scopes = Type.Array(
  oneOf(
    Object.keys(scopes) as Scope[],
    Object.entries(scopes)
      .map(([scope, meaning]) => `\`${scope}\`: ${meaning}`)
      .join(" "),
  ),
  { minItems: 1, uniqueItems: true, description: "What its holder may do.", examples: [["jobs:read", "jobs:write"]] },
);

const KeyWorkflows = Type.Union(
  [Type.Array(Workflow, { minItems: 1, maxItems: KEY_WORKFLOWS_MAX, uniqueItems: true }), Type.Null()],
  {
    description:
      "The only workflows that its holder can access: jobs that run another, by name or in their own steps, and schedules and pipelines for others do not exist for them; `null`: all.",
    examples: [["http"]],
  },
);

const Tier = Type.String({
  minLength: 1,
  maxLength: 64,
  description: "The tier of its rate limits, one of those in RATE_TIERS; by default `free`, `pro` and `enterprise`.",
  examples: ["pro"],
});

const ExpiresAt = Type.Union([Type.String({ format: "date-time" }), Type.Null()], {
  description: "From then on it is rejected (RFC 3339, up to 9999-12-31T23:59:59.999Z); `null`: it does not expire.",
  examples: ["2027-01-15T00:00:00.000Z"],
});

export const KeyCreateRequest = component(
  "KeyCreateRequest",
  Type.Object(
    {
      name: KeyName,
      scopes: Scopes,
      workflows: Type.Optional(KeyWorkflows),
      tier: Type.Optional(Tier),
      expires_at: Type.Optional(ExpiresAt),
    },
    {
      additionalProperties: false,
      examples: [
        {
          name: "Billing service",
          scopes: ["jobs:read", "jobs:write"],
          workflows: ["http"],
          tier: "pro",
          expires_at: "2027-01-15T00:00:00.000Z",
        },
      ],
    },
  ),
);

export const KeyRotateRequest = component(
  "KeyRotateRequest",
  Type.Object(
    {
      overlap_seconds: Type.Optional(
        Type.Integer({
          minimum: 0,
          maximum: KEY_OVERLAP_MAX_S,
          default: KEY_OVERLAP_DEFAULT_S,
          description: "How long earlier secrets remain valid: a day by default, 30 days at most; 0 ends them at once.",
        }),
      ),
      expires_at: Type.Optional(ExpiresAt),
    },
    { additionalProperties: false, examples: [{ overlap_seconds: 3600 }] },
  ),
);

export const KeyRevokeRequest = component(
  "KeyRevokeRequest",
  Type.Object(
    {
      reason: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 1024,
          pattern: PRINTABLE,
          description: "A reason, for the record.",
          examples: ["Found in a public repository."],
        }),
      ),
    },
    { additionalProperties: false, examples: [{ reason: "Found in a public repository." }] },
  ),
);

const OrTime = (description: string) => Type.Union([Timestamp, Type.Null()], { description });

const keyMembers = {
  key_id: KeyId,
  name: KeyName,
  environment: oneOf(environments, "Where it is accepted: `live` in production, `test` elsewhere."),
  prefix: Type.String({ description: "How its newest secret begins.", examples: ["lvq_live_4fK9"] }),
  scopes: Type.Array(Type.String(), {
    description: "What its holder may do.",
    examples: [["jobs:read", "jobs:write"]],
  }),
  workflows: KeyWorkflows,
  tier: Tier,
  status: oneOf(["active", "expired", "revoked"], "Whether it is valid."),
  created_by: Type.String({ description: "Who issued it, as events name them.", examples: ["key:9f86d081"] }),
  created_at: Timestamp,
  expires_at: ExpiresAt,
  rotated_at: OrTime("When its newest secret was issued; `null`: it still has its first."),
  overlap_ends_at: OrTime("Until when a secret from before the last rotation is accepted; `null`: none is."),
  revoked_at: OrTime("`null`: it has not been revoked."),
  last_used_at: OrTime("Accurate to a minute; `null`: never."),
};

/** Looks like a key; its checksum is wrong, so that no scanner mistakes it for one. */
const EXAMPLE_KEY = "lvq_live_4fK9dRz2Qw7Lm0Xb5Ty8Hc3Vn6JsPaQEXAMPLE";

const KEY_EXAMPLE = {
  key_id: EXAMPLE_KEY_ID,
  name: "Billing service",
  environment: "live",
  prefix: "lvq_live_4fK9",
  scopes: ["jobs:read", "jobs:write"],
  workflows: ["http"],
  tier: "pro",
  status: "active",
  created_by: "key:9f86d081",
  created_at: "2026-01-15T09:30:00.123Z",
  expires_at: "2027-01-15T00:00:00.000Z",
  rotated_at: null,
  overlap_ends_at: null,
  revoked_at: null,
  last_used_at: null,
};

export const Key = component("Key", Type.Object(keyMembers, { additionalProperties: false, examples: [KEY_EXAMPLE] }));

export const KeyList = component("KeyList", list(Key));

export const IssuedKey = component(
  "IssuedKey",
  Type.Object(
    {
      key: Type.Union([Type.String({ pattern: "^lvq_(?:live|test)_[0-9A-Za-z]{38}$" }), Type.Null()], {
        description:
          "The secret, to be sent as X-Api-Key; its last 6 characters are a checksum. `null` if the response is a replay.",
      }),
      ...keyMembers,
    },
    { additionalProperties: false, examples: [{ key: EXAMPLE_KEY, ...KEY_EXAMPLE }] },
  ),
);
