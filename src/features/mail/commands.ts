/** Recording what became of mail. */
import { SYSTEM } from "../../../events/account.ts";
import type { EventMeta } from "../../../events/envelope.ts";
import { mailStream } from "../../../events/mail.ts";
import { addressDecider } from "../../domain/address.ts";
import { mailDecider } from "../../domain/mail.ts";
import type { Cause } from "../../http/call.ts";
import { type EventLog, handle } from "../../log/mod.ts";
import { mailboxOf } from "../../mail/mod.ts";
import type { Vault } from "../../vault/mod.ts";
import type { Told } from "./webhook.ts";

/** Lets mail be sent to an address again. Returns the position; `undefined`: nothing was against it. */
export async function releaseAddress(
  { log, vault }: { log: EventLog; vault: Pick<Vault, "pseudonym"> },
  { email, actor, cause }: { email: string; actor: string; cause: Cause },
): Promise<number | undefined> {
  const stream_id = await mailboxOf(vault, email);
  const handled = await handle(log, {
    stream_id,
    decider: addressDecider,
    command: { type: "release", at: new Date().toISOString() },
    meta: { actor, account: SYSTEM, correlation_id: stream_id, ...cause },
  });
  return handled.ok ? handled.position : undefined;
}

interface Telling {
  readonly told: Told;
  /** Identifies what is reported, however often it is sent. */
  readonly svix_id: string;
  readonly cause: Cause;
}

/**
 * Records what a report says of a mail, and of its address, as far as it is new; so a report may be recorded again, in part or as a
 * whole. Returns the last position; `undefined`: nothing was new, or the mail is not one of the service. Throws what `log.append`
 * throws.
 */
export async function recordReport(
  { log, vault }: { log: EventLog; vault: Pick<Vault, "pseudonym"> },
  { told, svix_id, cause }: Telling,
): Promise<number | undefined> {
  const { mail_id, provider_id, report, address, addresses } = told;
  const meta: EventMeta = {
    actor: "system:resend",
    account: SYSTEM,
    correlation_id: mail_id,
    causation_id: `svix:${svix_id}`,
    ...cause,
  };
  const command = { type: "report", report, provider_id } as const;
  const handled = await handle(log, { stream_id: mailStream(mail_id), decider: mailDecider, command, meta });
  if (!handled.ok) return undefined;
  let { position } = handled;
  if (!address) return position;
  for (const each of addresses) {
    const stream_id = await mailboxOf(vault, each);
    const known = await handle(log, { stream_id, decider: addressDecider, command: address, meta });
    if (known.ok) position = known.position ?? position;
  }
  return position;
}
