/** Mails about support threads, each sent by a separate job. */
import { type Static, Type } from "@sinclair/typebox";
import { type Connector, type ConnectorContext, ConnectorError } from "../../../connectors/connector.ts";
import { decode, entityId, eventId } from "../../../events/mod.ts";
import {
  type SupportMessageAdded,
  type SupportOpened,
  supportStream,
  supportSubject,
} from "../../../events/support.ts";
import { Uuid } from "../../../events/uuid.ts";
import { defineSystemWorkflow } from "../../jobs/mod.ts";
import type { EventLog } from "../../log/mod.ts";
import { MAIL_RETRY, type Mail, type Mailer, type Mailing, MailOutcome, NOT_MAILED } from "../../mail/mod.ts";
import { FORWARD_MESSAGE, MAIL_ANSWER } from "./reactions.ts";

export interface SupportMailOptions extends Pick<Mailing, "mailer" | "receiving_email"> {
  readonly log: Pick<EventLog, "readStream">;
}

/** Identifies a message by its event. */
const Message = Type.Object(
  { thread_id: Uuid, version: Type.Integer({ minimum: 1 }) },
  { additionalProperties: false },
);
type Message = Static<typeof Message>;

export function supportWorkflows({ log, mailer, receiving_email }: SupportMailOptions): readonly Connector[] {
  return [
    defineSystemWorkflow({
      name: FORWARD_MESSAGE,
      summary: "Forwards a sender's support message to operators by mail.",
      input: Message,
      output: MailOutcome,
      retry: MAIL_RETRY,
      run: async (asked, context) =>
        mailer && receiving_email ? await mailed(mailer, { asked, context, to: receiving_email }) : NOT_MAILED,
    }),
    defineSystemWorkflow({
      name: MAIL_ANSWER,
      summary: "Sends an operator's answer to the sender of a support thread by mail.",
      input: Message,
      output: MailOutcome,
      retry: MAIL_RETRY,
      run: async (asked, context) => (mailer ? await mailed(mailer, { asked, context }) : NOT_MAILED),
    }),
  ];

  /** Sends a message to an address, or to the thread's sender. */
  async function mailed(
    mailer: Mailer,
    { asked, context, to }: { asked: Message; context: ConnectorContext; to?: string },
  ): Promise<MailOutcome> {
    const { thread_id, version } = asked;
    const stream_id = supportStream(thread_id);
    const { email, message, person } = await read(stream_id, version);
    const mail = to
      ? forwarded({ to, thread_id, person, email, message, is_first: version === 1 })
      : answered({ to: email, thread_id, person, message, reply_to: receiving_email });
    const sending = { idempotency_key: eventId({ stream_id, version }), signal: context.signal };
    return await mailer.send(mail, sending);
  }

  /**
   * Reads a message, and the thread's sender. Throws if the log has no such event, and a `ConnectorError` if the sender was
   * erased: then there is nobody to write to, and nothing to say.
   */
  async function read(stream_id: string, version: number): Promise<{ email: string; message: string; person: string }> {
    const [[first], [event]] = await Promise.all([
      log.readStream(stream_id, { limit: 1 }),
      log.readStream(stream_id, { after_version: version - 1, limit: 1 }),
    ]);
    if (!first || !event) throw new Error(`Cannot mail ${eventId({ stream_id, version })}: the event does not exist`);
    const { data, meta } = decode(first);
    const { email } = data as { email: string | null };
    if (email === null)
      throw new ConnectorError("subject_erased", "The mail was not sent: the thread's sender was erased.");
    const person = meta.subject ?? supportSubject(entityId(stream_id));
    const { message } = decode(event).data as SupportOpened | SupportMessageAdded;
    return { email, message, person };
  }
}

interface Forwarded {
  readonly to: string;
  readonly thread_id: string;
  /** The vault's subject. */
  readonly person: string;
  readonly email: string;
  readonly message: string;
  readonly is_first: boolean;
}

function forwarded({ to, thread_id, person, email, message, is_first }: Forwarded): Mail {
  return {
    template: is_first ? "support_opened" : "support_message",
    values: { thread_id, email, message: { quote: message } },
    person,
    to,
    reply_to: email,
  };
}

interface Answered {
  readonly to: string;
  readonly thread_id: string;
  readonly person: string;
  readonly message: string;
  readonly reply_to: string | undefined;
}

function answered({ to, thread_id, person, message, reply_to }: Answered): Mail {
  return {
    template: reply_to === undefined ? "support_answer_by_token" : "support_answer",
    values: { thread_id, message: { quote: message } },
    person,
    to,
    ...(reply_to !== undefined && { reply_to }),
  };
}
