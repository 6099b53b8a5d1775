/**
 * Who agrees to marketing mail: a user, or an e-mail address that is no user's. An address has a stream of its own in any case,
 * in which requests to confirm it are counted; its id is derived from its pseudonym, so that only the vault can tell whose it is.
 */
import { consentStream, type MarketingConfirmed, type MarketingRequested } from "../../../events/consent.ts";
import { decode } from "../../../events/mod.ts";
import { derivedUuid } from "../../log/derived_id.ts";
import { type EventLog, pagesOf } from "../../log/mod.ts";
import type { Vault } from "../../vault/mod.ts";

export type Holder = { readonly kind: "user" | "address"; readonly id: string };

/** As the vault names them: `user:<id>`, or `address:<id>`. */
export function subjectOf({ kind, id }: Holder): string {
  return `${kind}:${id}`;
}

export function streamOf({ id }: Holder): string {
  return consentStream(id);
}

/** The user with this actor, `user:<id>`. */
export function holderOfUser(user: string): Holder {
  return { kind: "user", id: user.slice("user:".length) };
}

/** An address, whoever has it. */
export async function holderOfAddress(vault: Pick<Vault, "pseudonym">, address: string): Promise<Holder> {
  const pseudonym = await vault.pseudonym({ kind: "marketing_address", value: address });
  return { kind: "address", id: derivedUuid(["marketing", pseudonym]) };
}

/** The user who has an address; `undefined`: nobody has it. */
export async function userWith(vault: Pick<Vault, "find">, address: string): Promise<Holder | undefined> {
  const found = await vault.find({ kind: "email", value: address });
  return found?.startsWith("user:") ? holderOfUser(found) : undefined;
}

/** The newest address in somebody's consents; `undefined`: there is none, or it was erased. */
export async function latestAddress(log: Pick<EventLog, "readStream">, holder: Holder): Promise<string | undefined> {
  let address: string | undefined;
  for await (const page of pagesOf(log, { stream_id: streamOf(holder) })) {
    for (const { type, data } of page.map(decode)) {
      if (type !== "consent.marketing_confirmed" && type !== "consent.marketing_requested") continue;
      address = (data as Partial<MarketingConfirmed | MarketingRequested>).address ?? address;
    }
  }
  return address;
}
