/**
 * The tokens in links of invitations. They are computed from the ids, with a key of the vault: so they are stored nowhere, and a
 * mail that is sent again says the same.
 */
import { timingSafeEqual } from "node:crypto";
import { INVITED_ADDRESS } from "../../../events/org.ts";
import type { Vault } from "../../vault/mod.ts";

type Pseudonyms = Pick<Vault, "pseudonym">;

export interface InvitationIds {
  readonly org_id: string;
  readonly invitation_id: string;
}

const PREFIX = "lvi_";
/** Two UUIDs in base64url. */
const IDS_LENGTH = 43;

/** `lvi_`, the ids of the organisation and the invitation, and their HMAC-SHA-256, in base64url. */
export const INVITATION_TOKEN = "^lvi_[A-Za-z0-9_-]{86}$";

export async function invitationToken(vault: Pseudonyms, ids: InvitationIds): Promise<string> {
  const { org_id, invitation_id } = ids;
  const named = Buffer.from((org_id + invitation_id).replaceAll("-", ""), "hex");
  const mac = await vault.pseudonym({ kind: "invitation_link", value: `${org_id} ${invitation_id}` });
  return PREFIX + named.toString("base64url") + Buffer.from(mac, "hex").toString("base64url");
}

/** The invitation whose link has a token of this form; `undefined`: there never was one. */
export async function invitationOfToken(vault: Pseudonyms, token: string): Promise<InvitationIds | undefined> {
  const hex = Buffer.from(token.slice(PREFIX.length, PREFIX.length + IDS_LENGTH), "base64url").toString("hex");
  const ids = { org_id: uuid(hex.slice(0, 32)), invitation_id: uuid(hex.slice(32, 64)) };
  const [sent, made] = [token, await invitationToken(vault, ids)].map((text) => Buffer.from(text)) as [Buffer, Buffer];
  return sent.length === made.length && timingSafeEqual(sent, made) ? ids : undefined;
}

function uuid(hex: string): string {
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** The name by which invitations for one address are recognized. */
export function addressName(vault: Pseudonyms, email: string): Promise<string> {
  return vault.pseudonym({ kind: INVITED_ADDRESS, value: email });
}
