/** What is known of addresses: by pseudonym, so that the log has none of them. */
import { addressStream } from "../../events/address.ts";
import { type AddressState, addressDecider } from "../domain/address.ts";
import { normalisedEmail } from "../domain/email_address.ts";
import { foldStream } from "../log/fold.ts";
import type { EventLog } from "../log/mod.ts";
import type { Vault } from "../vault/mod.ts";

/** Not the index by which users are found: what is known of an address cannot be connected with an account. */
const KIND = "mailbox";

/** The stream of what is known of an address. */
export async function mailboxOf(vault: Pick<Vault, "pseudonym">, address: string): Promise<string> {
  const value = normalisedEmail(address) ?? address.toLowerCase();
  return addressStream(await vault.pseudonym({ kind: KIND, value }));
}

/** What is known of an address, for example whether mail to it came back. */
export async function readAddress(
  { log, vault }: { log: Pick<EventLog, "readStream">; vault: Pick<Vault, "pseudonym"> },
  address: string,
): Promise<AddressState> {
  const { initial, evolve } = addressDecider;
  const stream_id = await mailboxOf(vault, address);
  return (await foldStream(log, { stream_id, evolve, known: { state: initial, version: 0 } })).state;
}
