/**
 * Tokens in links of mails. What they are for is written in them, and signed with a key of the vault; nothing is stored. They
 * do not expire by themselves: a link to unsubscribe must work for as long as somebody keeps the mail.
 */
import { timingSafeEqual } from "node:crypto";
import type { Vault } from "../../vault/mod.ts";
import type { Holder } from "./holders.ts";

type Signing = Pick<Vault, "pseudonym">;
/** Each is a kind of its own: a token for one does not work for another. */
type Purpose = "unsubscribe" | "confirm_marketing";

const ID = "[0-9a-z-]{1,64}";
/** 256 bits of base64url. */
const SIGNATURE = "[\\w-]{43}";

/** What a link to unsubscribe has at its end. */
export async function unsubscribeToken(vault: Signing, { kind, id }: Holder): Promise<string> {
  return await signed(vault, "unsubscribe", `${kind}.${id}`);
}

/** Whose link it is; `undefined`: it was not made here. */
export async function readUnsubscribeToken(vault: Signing, token: string): Promise<Holder | undefined> {
  const [kind, id] = (await read(vault, token, { purpose: "unsubscribe", form: `(?:user|address)\\.${ID}` })) ?? [];
  return kind === undefined || id === undefined ? undefined : { kind: kind as Holder["kind"], id };
}

/** Which request a link confirms: the stream's id, and the event's version there. */
interface Request {
  readonly id: string;
  readonly version: number;
}

/** What a link to confirm has at its end. */
export async function confirmationToken(vault: Signing, { id, version }: Request): Promise<string> {
  return await signed(vault, "confirm_marketing", `${id}.${version}`);
}

export async function readConfirmationToken(vault: Signing, token: string): Promise<Request | undefined> {
  const parts = await read(vault, token, { purpose: "confirm_marketing", form: `${ID}\\.[1-9]\\d{0,9}` });
  return parts && { id: parts[0] as string, version: Number(parts[1]) };
}

async function signed(vault: Signing, purpose: Purpose, text: string): Promise<string> {
  return `${text}.${(await signatureOf(vault, purpose, text)).toString("base64url")}`;
}

async function signatureOf(vault: Signing, purpose: Purpose, text: string): Promise<Buffer> {
  return Buffer.from(await vault.pseudonym({ kind: purpose, value: text }), "hex");
}

async function read(
  vault: Signing,
  token: string,
  { purpose, form }: { purpose: Purpose; form: string },
): Promise<string[] | undefined> {
  const [, text, signature] = new RegExp(`^(${form})\\.(${SIGNATURE})$`).exec(token) ?? [];
  if (text === undefined || signature === undefined) return undefined;
  const wanted = await signatureOf(vault, purpose, text);
  return timingSafeEqual(wanted, Buffer.from(signature, "base64url")) ? text.split(".") : undefined;
}
