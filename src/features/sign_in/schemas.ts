/** The shapes of the feature's requests and responses. */
import { Type } from "@sinclair/typebox";
import { signInMethods } from "../../../events/session.ts";
import { SESSIONS_MAX } from "../../domain/session.ts";
import { component } from "../../http/document/components.ts";
import { createdId, EXAMPLE_TIME, oneOf, PRINTABLE, Timestamp } from "../../http/schema.ts";
import { CODE, LINK_TOKEN } from "./secrets.ts";

export const EXAMPLE_SESSION_ID = "0197a1f3-5b7c-7d2e-9f30-4b5c6d7e8f90";

export const SessionId = createdId(EXAMPLE_SESSION_ID);

const Traced = (description: string, example: string) =>
  Type.Union([Type.String(), Type.Null()], { description, examples: [example] });

export const Session = component(
  "Session",
  Type.Object(
    {
      session_id: SessionId,
      method: oneOf(signInMethods, "How its user signed in."),
      started_at: Timestamp,
      last_used_at: Type.Unsafe<string>({ ...Timestamp, description: "To a day. RFC 3339, UTC." }),
      expires_at: Type.Unsafe<string>({
        ...Timestamp,
        description: "30 days after it began, or 14 after it was last used, whichever comes first. RFC 3339, UTC.",
      }),
      ip: Traced("The address that signed in; null when it is no longer stored.", "203.0.113.7"),
      user_agent: Traced("The browser that signed in; null when it is no longer stored.", "Mozilla/5.0"),
      current: Type.Boolean({ description: "Whether it is the session that asks." }),
    },
    {
      additionalProperties: false,
      examples: [
        {
          session_id: EXAMPLE_SESSION_ID,
          method: "email_link",
          started_at: EXAMPLE_TIME,
          last_used_at: EXAMPLE_TIME,
          expires_at: "2026-01-29T09:30:00.123456Z",
          ip: "203.0.113.7",
          user_agent: "Mozilla/5.0",
          current: true,
        },
      ],
    },
  ),
);

export const SessionList = component(
  "SessionList",
  Type.Object(
    { data: Type.Array(Session, { maxItems: SESSIONS_MAX, description: "The latest first; all of them." }) },
    { additionalProperties: false },
  ),
);

export const SessionEnded = component(
  "SessionEnded",
  Type.Object(
    { session_id: SessionId, status: Type.Literal("ended") },
    { additionalProperties: false, examples: [{ session_id: EXAMPLE_SESSION_ID, status: "ended" }] },
  ),
);

export const SessionsEnded = component(
  "SessionsEnded",
  Type.Object(
    { ended: Type.Integer({ minimum: 0, description: "How many sessions were ended." }) },
    { additionalProperties: false, examples: [{ ended: 2 }] },
  ),
);

export const SignedOut = component(
  "SignedOut",
  Type.Object(
    { status: Type.Literal("signed_out") },
    { additionalProperties: false, examples: [{ status: "signed_out" }] },
  ),
);

export const SignInRequest = component(
  "SignInRequest",
  Type.Object(
    {
      email: Type.String({ minLength: 1, maxLength: 1_024, pattern: PRINTABLE, examples: ["ada@example.com"] }),
      next: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 2_048,
          description: "Where to go afterwards: a path of this service, or a URL of an origin in CORS_ORIGINS.",
          examples: ["/public/docs"],
        }),
      ),
    },
    { additionalProperties: false, examples: [{ email: "ada@example.com", next: "/public/docs" }] },
  ),
);

export const SignInAccepted = component(
  "SignInAccepted",
  Type.Object(
    { status: Type.Literal("accepted") },
    { additionalProperties: false, examples: [{ status: "accepted" }] },
  ),
);

const deliver = Type.Optional(
  oneOf(["cookie", "token"], "How the session is handed over; default: `cookie`, for pages of this service only."),
);
const EXAMPLE_TOKEN = `lvl_${"A".repeat(65)}`;

export const RedeemRequest = component(
  "RedeemRequest",
  Type.Union(
    [
      Type.Object(
        { token: Type.String({ pattern: LINK_TOKEN, description: "What follows the # in the link." }), deliver },
        { additionalProperties: false },
      ),
      Type.Object(
        {
          code: Type.String({ pattern: CODE, description: "From the mail, in any case, with or without the hyphen." }),
          deliver,
        },
        { additionalProperties: false },
      ),
    ],
    {
      examples: [
        { token: EXAMPLE_TOKEN, deliver: "token" },
        { code: "7K3M-9QXT", deliver: "token" },
      ],
    },
  ),
);

export const SignedIn = component(
  "SignedIn",
  Type.Object(
    {
      user: Type.String({ examples: ["user:0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70"] }),
      session_id: SessionId,
      next: Type.String({
        description: "Where to go now, as it was asked for: a path of this service, or a URL.",
        examples: ["/"],
      }),
      token: Type.Union([Type.String(), Type.Null()], {
        description: "To be sent as `Authorization: Bearer`; null if the session is in a cookie.",
        examples: [null],
      }),
    },
    {
      additionalProperties: false,
      examples: [
        { user: "user:0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70", session_id: EXAMPLE_SESSION_ID, next: "/", token: null },
      ],
    },
  ),
);
