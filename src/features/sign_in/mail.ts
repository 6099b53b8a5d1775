/** Mails a link to sign in, in a job: so how long that takes tells whoever asked nothing about the address. */
import { type Static, Type } from "@sinclair/typebox";
import type { Connector } from "../../../connectors/connector.ts";
import { signInSubject } from "../../../events/sign_in.ts";
import { userAccount } from "../../../events/user.ts";
import { Uuid } from "../../../events/uuid.ts";
import { type UserParts, upsertUser } from "../../access/users.ts";
import { LINK_MS } from "../../domain/sign_in.ts";
import { SIGN_IN_ACTOR as actor } from "../../domain/user.ts";
import { defineSystemWorkflow } from "../../jobs/mod.ts";
import { MAIL_RETRY, type Mailing, MailOutcome, NOT_MAILED } from "../../mail/mod.ts";
import type { Vault } from "../../vault/mod.ts";
import { issueLink, readSignIn } from "./commands.ts";
import { MAIL_LINK } from "./reactions.ts";
import { linkToken, signInCode } from "./secrets.ts";

export interface SignInMailOptions extends Pick<Mailing, "mailer">, Pick<UserParts, "log"> {
  readonly vault: Pick<Vault, "claim" | "find" | "prepare" | "release" | "pseudonym" | "destroy">;
  /** Of the service, as its users reach it, without a trailing slash. */
  readonly public_url: string;
}

const Asked = Type.Object({ sign_in_id: Uuid }, { additionalProperties: false });

const Forgotten = Type.Object({ skipped: Type.Union([Type.Literal("forgotten"), Type.Literal("user_erased")]) });
const Outcome = Type.Union([MailOutcome, Forgotten]);

export function signInWorkflows(options: SignInMailOptions): readonly Connector[] {
  return [
    defineSystemWorkflow({
      name: MAIL_LINK,
      summary: "Mails a link to sign in.",
      input: Asked,
      output: Outcome,
      retry: MAIL_RETRY,
      run: async ({ sign_in_id }, { signal }) => await mailLink(options, { sign_in_id, signal }),
    }),
  ];
}

async function mailLink(
  { mailer, log, vault, public_url }: SignInMailOptions,
  { sign_in_id, signal }: { sign_in_id: string; signal: AbortSignal },
): Promise<Static<typeof Outcome>> {
  const { state } = await readSignIn(log, sign_in_id);
  const email = state.requested?.email ?? null;
  // A job that runs again after it was done.
  if (email === null) return { skipped: "forgotten" };
  const outcome = mailer ? await sent(email) : NOT_MAILED;
  await vault.destroy(signInSubject(sign_in_id), ["trace"]);
  return outcome;

  async function sent(to: string): Promise<Static<typeof Outcome>> {
    const upserted = await upsertUser({ log, vault }, { profile: { email: to }, meta: { actor } });
    if ("refusal" in upserted) return { skipped: "user_erased" };
    const user = userAccount(upserted.user_id);
    await issueLink(log, { sign_in_id, user, meta: { actor } });
    const values = {
      url: `${public_url}/auth/link#${await linkToken(vault, sign_in_id)}`,
      code: (await signInCode(vault, sign_in_id)).replace(/^(....)/, "$1-"),
      minutes: String(LINK_MS / 60_000),
    };
    const mail = { template: "sign_in", values, person: user, to };
    return (await mailer?.send(mail, { idempotency_key: `sign_in-${sign_in_id}`, signal })) ?? NOT_MAILED;
  }
}
