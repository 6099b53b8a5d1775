/**
 * Tokens in links that are mailed. They are computed from ids, with a key of the vault: so they are stored nowhere, a mail that is
 * sent again says the same, and nobody can make one up.
 */
import { timingSafeEqual } from "node:crypto";

/** The vault's. */
interface Pseudonyms {
  pseudonym(named: { readonly kind: string; readonly value: string }): Promise<string>;
}

export interface MailedTokens {
  /** What tokens of this kind begin with, so that they are recognized where they must not be. */
  readonly prefix: string;
  /** A kind of its own: a token of one is none of another. */
  readonly kind: string;
  /** How many UUIDs it says. */
  readonly ids: 1 | 2;
}

/** The form of tokens: the prefix, the ids, and their HMAC-SHA-256, the latter two in base64url. */
export function tokenPattern({ prefix, ids }: MailedTokens): string {
  return `^${prefix}[A-Za-z0-9_-]{${idsLength(ids) + MAC_LENGTH}}$`;
}

/** The token that says these ids. Throws what the vault throws. */
export async function mailedToken(
  vault: Pseudonyms,
  { prefix, kind }: MailedTokens,
  ids: readonly string[],
): Promise<string> {
  const named = Buffer.from(ids.join("").replaceAll("-", ""), "hex");
  const mac = Buffer.from(await vault.pseudonym({ kind, value: ids.join(" ") }), "hex");
  return prefix + named.toString("base64url") + mac.toString("base64url");
}

/** The ids that a token of the right form says; `undefined`: it was not made here. Throws what the vault throws. */
export async function idsOfToken(
  vault: Pseudonyms,
  tokens: MailedTokens,
  token: string,
): Promise<readonly string[] | undefined> {
  const { prefix, ids: count } = tokens;
  const text = token.slice(prefix.length, prefix.length + idsLength(count));
  const hex = Buffer.from(text, "base64url").toString("hex");
  const ids = Array.from({ length: count }, (_, index) => uuid(hex.slice(32 * index, 32 * (index + 1))));
  const [sent, made] = [token, await mailedToken(vault, tokens, ids)].map((each) => Buffer.from(each)) as [
    Buffer,
    Buffer,
  ];
  return sent.length === made.length && timingSafeEqual(sent, made) ? ids : undefined;
}

/** Of 32 bytes in base64url. */
const MAC_LENGTH = 43;

/** Of UUIDs in base64url. */
function idsLength(count: MailedTokens["ids"]): number {
  return Math.ceil((count * 16 * 8) / 6);
}

function uuid(hex: string): string {
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
