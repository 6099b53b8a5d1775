/** The tokens in links of invitations, and the names of addresses. */
import { INVITED_ADDRESS } from "../../../events/org.ts";
import { idsOfToken, type MailedTokens, mailedToken, tokenPattern } from "../../access/mod.ts";
import type { Vault } from "../../vault/mod.ts";

type Pseudonyms = Pick<Vault, "pseudonym">;

export interface InvitationIds {
  readonly org_id: string;
  readonly invitation_id: string;
}

const LINKS: MailedTokens = { prefix: "lvi_", kind: "invitation_link", ids: 2 };
export const INVITATION_TOKEN = tokenPattern(LINKS);

export function invitationToken(vault: Pseudonyms, { org_id, invitation_id }: InvitationIds): Promise<string> {
  return mailedToken(vault, LINKS, [org_id, invitation_id]);
}

/** The invitation whose link has a token of this form; `undefined`: there never was one. */
export async function invitationOfToken(vault: Pseudonyms, token: string): Promise<InvitationIds | undefined> {
  const [org_id, invitation_id] = (await idsOfToken(vault, LINKS, token)) ?? [];
  return org_id === undefined || invitation_id === undefined ? undefined : { org_id, invitation_id };
}

/** The name by which invitations for one address are recognized. */
export function addressName(vault: Pseudonyms, email: string): Promise<string> {
  return vault.pseudonym({ kind: INVITED_ADDRESS, value: email });
}
