/** Mails about marketing mail, each sent by a job of its own. */
import { type Static, Type } from "@sinclair/typebox";
import type { Connector } from "../../../connectors/connector.ts";
import { consentStream } from "../../../events/consent.ts";
import { decode, eventId } from "../../../events/mod.ts";
import { defineSystemWorkflow } from "../../jobs/mod.ts";
import { MAIL_RETRY, type Mailing, MailOutcome, NOT_MAILED } from "../../mail/mod.ts";
import type { Holder } from "./holders.ts";
import { forgetRequests, type Linking, marketingTo, mayMail } from "./marketing.ts";
import { FORGET_REQUESTS, MAIL_CONFIRMATION, MAIL_WELCOME } from "./reactions.ts";
import { confirmationToken } from "./tokens.ts";

const Id = Type.String({ pattern: "^[0-9a-z-]{1,64}$" });
const Version = Type.Integer({ minimum: 1 });

/** Identifies a request by its event. */
const Confirmation = Type.Object({ id: Id, version: Version }, { additionalProperties: false });
/** Identifies a consent by its event. */
const Welcome = Type.Object(
  { kind: Type.Union([Type.Literal("user"), Type.Literal("address")]), id: Id, version: Version },
  { additionalProperties: false },
);

/** Or the address need not be asked, or was erased meanwhile. */
const ConfirmationOutcome = Type.Union([MailOutcome, Type.Object({ skipped: Type.Literal("not_needed") })]);
/** Or there is no consent. */
const WelcomeOutcome = Type.Union([MailOutcome, Type.Object({ skipped: Type.Literal("consent_withdrawn") })]);

export function consentWorkflows({ mailer, ...parts }: Linking & Pick<Mailing, "mailer">): readonly Connector[] {
  return [
    defineSystemWorkflow({
      name: MAIL_CONFIRMATION,
      summary: "Asks an address by mail whether it wants marketing mail.",
      input: Confirmation,
      output: ConfirmationOutcome,
      retry: MAIL_RETRY,
      async run({ id, version }, { signal }): Promise<Static<typeof ConfirmationOutcome>> {
        if (!mailer) return NOT_MAILED;
        const holder: Holder = { kind: "address", id };
        const stream_id = consentStream(id);
        const { address, subject } = await readRequest(stream_id, version);
        if (address === null || (await mayMail(parts, { holder, address }))) return { skipped: "not_needed" };
        const confirm_url = `${parts.base_url}/marketing/confirm/${await confirmationToken(parts.vault, { id, version })}`;
        const mail = {
          template: "marketing_confirmation",
          values: { confirm_url },
          to: address,
          person: subject,
        };
        return await mailer.send(mail, { idempotency_key: eventId({ stream_id, version }), signal });
      },
    }),
    defineSystemWorkflow({
      name: MAIL_WELCOME,
      summary: "Tells somebody that they get marketing mail from now on.",
      input: Welcome,
      output: WelcomeOutcome,
      retry: MAIL_RETRY,
      async run({ kind, id, version }, { signal }): Promise<Static<typeof WelcomeOutcome>> {
        if (!mailer) return NOT_MAILED;
        const marketing = await marketingTo(parts, { kind, id });
        if (!marketing) return { skipped: "consent_withdrawn" };
        const { mayStillSend, ...mail } = marketing;
        const idempotency_key = eventId({ stream_id: consentStream(id), version });
        return await mailer.send(
          { template: "marketing_welcome", values: {}, ...mail },
          { idempotency_key, signal, mayStillSend },
        );
      },
    }),
    defineSystemWorkflow({
      name: FORGET_REQUESTS,
      summary: "Forgets the addresses for which an erased user asked for marketing mail.",
      input: Type.Object({ user_id: Id }, { additionalProperties: false }),
      output: Type.Object({ forgotten: Type.Integer() }),
      async run({ user_id }) {
        return { forgotten: await forgetRequests(parts, { kind: "user", id: user_id }) };
      },
    }),
  ];

  /** The address that is to confirm; `null`: it was erased. Throws if the log has no such event. */
  async function readRequest(stream_id: string, version: number) {
    const [event] = await parts.log.readStream(stream_id, { after_version: version - 1, limit: 1 });
    if (!event) throw new Error(`Cannot mail ${eventId({ stream_id, version })}: the event does not exist`);
    const { data, meta } = decode(event);
    return { address: (data as { address: string | null }).address, subject: meta.subject as string };
  }
}
