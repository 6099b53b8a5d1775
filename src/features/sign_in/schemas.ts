/** The shapes of the feature's requests and responses. */
import { Type } from "@sinclair/typebox";
import { signInMethods } from "../../../events/session.ts";
import { SESSIONS_MAX } from "../../domain/session.ts";
import { component } from "../../http/document/components.ts";
import { createdId, EXAMPLE_TIME, oneOf, Timestamp } from "../../http/schema.ts";

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
