/** Mails about a user's new address: a link to the new one, and afterwards a notice to the former one. */
import { type Static, Type } from "@sinclair/typebox";
import type { Connector } from "../../../connectors/connector.ts";
import { decode, eventId } from "../../../events/mod.ts";
import { userAccount, userStream } from "../../../events/user.ts";
import { idsOfToken, type MailedTokens, mailedToken, tokenPattern } from "../../access/mod.ts";
import { EMAIL_CHANGE_MS, type UserState, userDecider } from "../../domain/user.ts";
import { defineSystemWorkflow } from "../../jobs/mod.ts";
import type { EventLog } from "../../log/mod.ts";
import { MAIL_RETRY, type Mailing, MailOutcome, NOT_MAILED } from "../../mail/mod.ts";
import type { Vault } from "../../vault/mod.ts";
import { MAIL_EMAIL_CHANGE, MAIL_EMAIL_CHANGED } from "./reactions.ts";

/** What the mailed link leads to. */
export const EMAIL_CHANGE_PATH = "/auth/email";

const LINKS: MailedTokens = { prefix: "lve_", kind: "email_change_link", ids: 1 };
export const EMAIL_CHANGE_TOKEN = tokenPattern(LINKS);

type Pseudonyms = Pick<Vault, "pseudonym">;

/** The token of the link that confirms a change. */
export function emailChangeToken(vault: Pseudonyms, change_id: string): Promise<string> {
  return mailedToken(vault, LINKS, [change_id]);
}

/** The change whose link has a token of this form; `undefined`: there never was one. */
export async function changeOfToken(vault: Pseudonyms, token: string): Promise<string | undefined> {
  return (await idsOfToken(vault, LINKS, token))?.[0];
}

interface EmailChangeParts extends Pick<Mailing, "mailer"> {
  readonly log: Pick<EventLog, "readStream">;
  readonly vault: Pseudonyms;
  /** Of the service, as its users reach it, without a trailing slash. */
  readonly base_url: string;
}

/** Identifies an event of a user. */
const Event = Type.Object(
  { user_id: Type.String({ maxLength: 64 }), version: Type.Integer({ minimum: 1 }) },
  { additionalProperties: false },
);

const Outcome = Type.Union([MailOutcome, Type.Object({ skipped: Type.Literal("not_needed") })]);

export function emailChangeWorkflows({ log, vault, mailer, base_url }: EmailChangeParts): readonly Connector[] {
  return [
    defineSystemWorkflow({
      name: MAIL_EMAIL_CHANGE,
      summary: "Mails a link to the address that a user wants to have.",
      input: Event,
      output: Outcome,
      retry: MAIL_RETRY,
      async run({ user_id, version }, { signal }): Promise<Static<typeof Outcome>> {
        const at = await historyOf(user_id);
        const [asked, change] = [at(version).email_change, at(Number.POSITIVE_INFINITY).email_change];
        // Another was asked for since, it was confirmed, or the user was erased.
        if (!change?.email || change.change_id !== asked?.change_id) return { skipped: "not_needed" };
        const values = {
          url: `${base_url}${EMAIL_CHANGE_PATH}#${await emailChangeToken(vault, change.change_id)}`,
          minutes: String(EMAIL_CHANGE_MS / 60_000),
        };
        const mail = { template: "email_change", values, person: userAccount(user_id), to: change.email };
        return await sent(mail, { user_id, version, signal });
      },
    }),
    defineSystemWorkflow({
      name: MAIL_EMAIL_CHANGED,
      summary: "Tells the address that a user had before that they have another.",
      input: Event,
      output: Outcome,
      retry: MAIL_RETRY,
      async run({ user_id, version }, { signal }): Promise<Static<typeof Outcome>> {
        const at = await historyOf(user_id);
        const [before, after] = [at(version - 1).profile, at(version).profile];
        if (before.email === null || before.email === after.email) return { skipped: "not_needed" };
        const mail = { template: "email_changed", values: {}, person: userAccount(user_id), to: before.email };
        return await sent(mail, { user_id, version, signal });
      },
    }),
  ];

  /** Tells what a user was after each event of theirs. */
  async function historyOf(user_id: string): Promise<(version: number) => UserState> {
    const events = (await log.readStream(userStream(user_id))).map(decode);
    return (version) =>
      events.filter((event) => event.version <= version).reduce(userDecider.evolve, userDecider.initial);
  }

  async function sent(
    mail: Parameters<NonNullable<typeof mailer>["send"]>[0],
    { user_id, version, signal }: Static<typeof Event> & { signal: AbortSignal },
  ): Promise<Static<typeof Outcome>> {
    const idempotency_key = eventId({ stream_id: userStream(user_id), version });
    return (await mailer?.send(mail, { idempotency_key, signal })) ?? NOT_MAILED;
  }
}
