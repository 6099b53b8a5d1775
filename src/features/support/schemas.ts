/** The shapes of the feature's requests and answers. */
import { Type } from "@sinclair/typebox";
import { component } from "../../http/document/components.ts";
import { oneOf, PRINTABLE } from "../../http/schema.ts";

/** With tabs and line breaks, as people write and paste text. */
const PRINTABLE_TEXT = PRINTABLE.replace("\\u0000-\\u001f", "\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f");

export const EXAMPLE_THREAD_ID = "0197a1f0-c9d2-7e41-8a3b-5f6c7d8e9a0b";

/** As one looks; it is nobody's. */
export const EXAMPLE_REPLY_TOKEN = `lvr_${"EXAMPLE".padEnd(43, "x")}`;

const ThreadId = Type.String({
  format: "uuid",
  description: "A UUIDv7; a UUIDv8 where it was derived from an Idempotency-Key.",
  examples: [EXAMPLE_THREAD_ID],
});

const Email = Type.String({
  minLength: 3,
  maxLength: 254,
  format: "email",
  description: "Where answers are sent.",
  examples: ["ada@example.com"],
});

const Message = Type.String({
  minLength: 1,
  maxLength: 4_000,
  pattern: PRINTABLE_TEXT,
  description: "Plain text; it may have several lines.",
  examples: ["My jobs have been queued for an hour. What can I do?"],
});

export const SupportRequest = component(
  "SupportRequest",
  Type.Object(
    { email: Email, message: Message },
    {
      additionalProperties: false,
      examples: [{ email: "ada@example.com", message: "My jobs have been queued for an hour. What can I do?" }],
    },
  ),
);

export const SupportOpened = component(
  "SupportOpened",
  Type.Object(
    {
      thread_id: ThreadId,
      status: oneOf(["open"], "Where the thread stands."),
      reply_token: Type.String({
        pattern: "^lvr_[0-9A-Za-z_-]{43}$",
        description: "A secret: sent as Levqor-Reply-Token, it opens this thread and no other. It does not expire.",
        examples: [EXAMPLE_REPLY_TOKEN],
      }),
    },
    { additionalProperties: false },
  ),
);
