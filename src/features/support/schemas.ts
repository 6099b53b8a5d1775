/** Schemas of the feature's requests and responses. */
import { Type } from "@sinclair/typebox";
import { supportParties } from "../../../events/support.ts";
import { SUPPORT_MESSAGES_MAX } from "../../domain/support.ts";
import { component } from "../../http/document/components.ts";
import {
  createdId,
  list,
  NOT_BLANK,
  oneOf,
  PageQuery,
  PRINTABLE,
  readModelHealth,
  Timestamp,
} from "../../http/schema.ts";

/** Text with tabs and line breaks, as people type and paste it. */
const PRINTABLE_TEXT = PRINTABLE.replace("\\u0000-\\u001f", "\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f");
const WRITTEN_TEXT = PRINTABLE_TEXT.replace("^", `^${NOT_BLANK}`);

export const EXAMPLE_THREAD_ID = "0197a1f0-c9d2-7e41-8a3b-5f6c7d8e9a0b";

/** An example token, which no thread has. */
export const EXAMPLE_REPLY_TOKEN = `lvr_${"EXAMPLE".padEnd(43, "x")}`;

export const ThreadId = createdId(EXAMPLE_THREAD_ID);

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
  pattern: WRITTEN_TEXT,
  description: "Plain text, of one or more lines. Must not be blank.",
  examples: ["My jobs have been queued for an hour. What can I do?"],
});

const Party = oneOf(supportParties, "`sender`: the person who opened the thread.");

const threadStatuses = ["open", "closed", "erased"] as const;

const threadMembers = {
  thread_id: ThreadId,
  status: oneOf(threadStatuses, "Where the thread stands."),
  opened_at: Timestamp,
  closed_at: Type.Union([Timestamp, Type.Null()], { description: "`null` while the thread is open." }),
};

export const SupportListQuery = Type.Object(
  { ...PageQuery.properties, status: Type.Optional(oneOf(threadStatuses, "Only threads with this status.")) },
  { additionalProperties: false },
);

export const ListedSupportThread = component(
  "ListedSupportThread",
  Type.Object(
    {
      ...threadMembers,
      messages: Type.Integer({ minimum: 1, maximum: SUPPORT_MESSAGES_MAX, description: "Number of messages." }),
      last_message_from: Party,
      last_message_at: Timestamp,
    },
    {
      additionalProperties: false,
      examples: [
        {
          thread_id: EXAMPLE_THREAD_ID,
          status: "open",
          opened_at: "2026-01-15T09:30:00.123456Z",
          closed_at: null,
          messages: 2,
          last_message_from: "operator",
          last_message_at: "2026-01-15T09:45:00.123456Z",
        },
      ],
    },
  ),
);

export const SupportThreadList = component("SupportThreadList", list(ListedSupportThread));

export const SupportHealth = component(
  "SupportHealth",
  Type.Object(
    {
      ...readModelHealth,
      open: Type.Integer({ minimum: 0, description: "Threads that are not closed." }),
      unanswered: Type.Integer({ minimum: 0, description: "Those of them whose sender wrote last." }),
      oldest_unanswered_at: Type.Union([Timestamp, Type.Null()], {
        description: "When the first of these was last written to; `null`: there is none.",
      }),
    },
    {
      additionalProperties: false,
      examples: [
        { ok: true, position: 1042, open: 3, unanswered: 1, oldest_unanswered_at: "2026-01-15T09:30:00.123456Z" },
      ],
    },
  ),
);

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

export const SupportMessageRequest = component(
  "SupportMessageRequest",
  Type.Object(
    { message: Message },
    { additionalProperties: false, examples: [{ message: "They run again since 9:40." }] },
  ),
);

const { opened_at: _, closed_at: __, ...threadStatus } = threadMembers;

export const SupportThreadChanged = component(
  "SupportThreadChanged",
  Type.Object(threadStatus, {
    additionalProperties: false,
    examples: [{ thread_id: EXAMPLE_THREAD_ID, status: "open" }],
  }),
);

export const SupportThread = component(
  "SupportThread",
  Type.Object(
    {
      ...threadMembers,
      email: Type.Union([Email, Type.Null()], { description: "null: the sender, or the thread, was erased." }),
      messages: Type.Array(
        Type.Object(
          {
            from: Party,
            message: Type.Union([Message, Type.Null()], {
              description: "null: the sender, or the thread, was erased.",
            }),
            at: Timestamp,
          },
          { additionalProperties: false },
        ),
        { maxItems: SUPPORT_MESSAGES_MAX, description: "In order; the first one opened the thread." },
      ),
    },
    {
      additionalProperties: false,
      examples: [
        {
          thread_id: EXAMPLE_THREAD_ID,
          status: "open",
          opened_at: "2026-01-15T09:30:00.123456Z",
          closed_at: null,
          email: "ada@example.com",
          messages: [
            {
              from: "sender",
              message: "My jobs have been queued for an hour. What can I do?",
              at: "2026-01-15T09:30:00.123456Z",
            },
            { from: "operator", message: "They run again since 9:40.", at: "2026-01-15T09:45:00.123456Z" },
          ],
        },
      ],
    },
  ),
);
