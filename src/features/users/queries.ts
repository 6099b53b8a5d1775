/** What is shown of a user. */
import { consentStream } from "../../../events/consent.ts";
import { decode } from "../../../events/mod.ts";
import { userAccount } from "../../../events/user.ts";
import { readUser } from "../../access/users.ts";
import { consentDecider, userConsents } from "../../domain/consent.ts";
import type { EventLog } from "../../log/mod.ts";
import { readAddress } from "../../mail/mod.ts";
import type { Vault } from "../../vault/mod.ts";
import type { User } from "./schemas.ts";

/** A user with their consents, as they are in the log now; `undefined` if there is none. */
export async function showUser(
  { log, vault }: { log: Pick<EventLog, "readStream">; vault: Pick<Vault, "pseudonym"> },
  userId: string,
): Promise<User | undefined> {
  const [user, consents] = await Promise.all([readUser(log, userId), log.readStream(consentStream(userId))]);
  if (!user || user.status === "none" || user.created_at === null || user.updated_at === null) return undefined;
  const { profile, email_verified_at, status, created_at, updated_at } = user;
  const { email } = profile;
  const mailbox = email === null ? undefined : await readAddress({ log, vault }, email);
  return {
    user_id: userId,
    account: userAccount(userId),
    ...profile,
    email_verified_at,
    email_bounced_at: mailbox?.hard_bounced_at ?? null,
    // Its key may be destroyed already.
    meta: profile.meta ?? {},
    status,
    ...userConsents(consents.map(decode).reduce(consentDecider.evolve, consentDecider.initial)),
    created_at,
    updated_at,
  };
}
