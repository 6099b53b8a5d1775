/** How an organisation proves that a domain is its own: with a TXT record that nobody else would set. */
import type { Lookup } from "../../dns/mod.ts";
import type { Vault } from "../../vault/mod.ts";

export interface TxtRecord {
  readonly type: "TXT";
  readonly name: string;
  readonly value: string;
}

/** Enough for 128 bits. */
const TOKEN_LENGTH = 32;
/** What is shown of the records that there are. */
const FOUND_MAX = 10;
const SHOWN_LENGTH = 255;

/** The record that proves a domain for an organisation: the same each time, and another for each of both. */
export async function expectedRecord(
  vault: Pick<Vault, "pseudonym">,
  { org_id, domain }: { org_id: string; domain: string },
): Promise<TxtRecord> {
  const token = await vault.pseudonym({ kind: "sso_domain", value: `${org_id}\0${domain}` });
  return { type: "TXT", name: `_levqor.${domain}`, value: `levqor-verification=${token.slice(0, TOKEN_LENGTH)}` };
}

export type Proof =
  | { readonly ok: true }
  /** `fault`: why the name server could not be asked. */
  | { readonly ok: false; readonly found: readonly string[]; readonly fault?: string };

/** Whether a record is there now. Never throws. */
export async function proofOf(lookup: Lookup, { name, type, value }: TxtRecord): Promise<Proof> {
  try {
    const found = await lookup(name, type);
    if (found.some((text) => text.trim() === value)) return { ok: true };
    return { ok: false, found: found.slice(0, FOUND_MAX).map((text) => text.slice(0, SHOWN_LENGTH).toWellFormed()) };
  } catch (error) {
    return { ok: false, found: [], fault: (error as Error).message };
  }
}
