/**
 * The secrets of a request to sign in. The code, like the link's token, is computed from the request's id, with a key of the
 * vault. The browser's secret is random, and of it only the SHA-256 is recorded.
 */
import { hash, randomBytes, timingSafeEqual } from "node:crypto";
import { idsOfToken, type MailedTokens, mailedToken, tokenPattern } from "../../access/mod.ts";
import type { Vault } from "../../vault/mod.ts";

type Pseudonyms = Pick<Vault, "pseudonym">;

/** Crockford's: without letters that are easily confused. */
const DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/** 40 bits. */
const CODE_LENGTH = 8;

const LINKS: MailedTokens = { prefix: "lvl_", kind: "sign_in_link", ids: 1 };
export const LINK_TOKEN = tokenPattern(LINKS);
/** As it is mailed, in lower case, or with a hyphen or space in the middle. */
export const CODE = "^[0-9A-Za-z]{4}[ -]?[0-9A-Za-z]{4}$";

/** The token of a request's link. */
export function linkToken(vault: Pseudonyms, signInId: string): Promise<string> {
  return mailedToken(vault, LINKS, [signInId]);
}

/** The request whose link has a token of this form; `undefined`: there never was one. */
export async function signInOfToken(vault: Pseudonyms, token: string): Promise<string | undefined> {
  return (await idsOfToken(vault, LINKS, token))?.[0];
}

/** The code of a request: 8 letters and digits. */
export async function signInCode(vault: Pseudonyms, signInId: string): Promise<string> {
  const mac = Buffer.from(await vault.pseudonym({ kind: "sign_in_code", value: signInId }), "hex");
  // 256 is a multiple of 32: all digits are equally frequent.
  return Array.from(mac.subarray(0, CODE_LENGTH), (byte) => DIGITS[byte % DIGITS.length]).join("");
}

/** Whether somebody means this code, however they wrote it. */
export function isCode(written: string, code: string): boolean {
  const plain = written.replace(/[ -]/g, "").toUpperCase().replaceAll("O", "0").replace(/[IL]/g, "1");
  return isSame(plain, code);
}

/** The secret of a browser that asks; `cookie`: what it keeps, which says which request, too. */
export function newBrowserSecret(signInId: string): { cookie: string; hash: string } {
  const secret = randomBytes(32).toString("base64url");
  return { cookie: `${signInId}.${secret}`, hash: hash("sha256", secret, "hex") };
}

/** The request that a cookie says, and the SHA-256 of its secret; `undefined`: it has another form. */
export function readBrowserCookie(cookie: string): { sign_in_id: string; hash: string } | undefined {
  const [, sign_in_id, secret] = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([\w-]{43})$/.exec(cookie) ?? [];
  if (sign_in_id === undefined || secret === undefined) return undefined;
  return { sign_in_id, hash: hash("sha256", secret, "hex") };
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
