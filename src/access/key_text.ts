/**
 * The format of secrets: how they begin, 32 random characters, and a checksum of 6 characters. A key begins with
 * `lvq_live_` or `lvq_test_`, a session's secret with `lvs_`.
 *
 * The checksum is the CRC-32 of what precedes it (IEEE 802.3, as in zlib, of the ASCII bytes) in base 62, most
 * significant digit first, with leading zeros: so a scanner can tell a key from a text that looks like one, offline.
 */
import { hash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Environment } from "../../events/key.ts";

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** 190 bits. */
const RANDOM_LENGTH = 32;
const CHECKSUM_LENGTH = 6;
/** This many characters of the random part are shown to recognise a key: 166 bits stay secret. */
const SHOWN_LENGTH = 4;

const KEY = /^lvq_(live|test)_[0-9A-Za-z]{38}$/;

const SESSION = /^lvs_[0-9A-Za-z]{38}$/;

/** A new secret; `hash` is its digest in hex, which is all that is stored of it. */
interface NewSecret {
  readonly text: string;
  readonly hash: string;
}

/** A new key; `prefix` is how it begins, to recognise it. */
export function newKey(environment: Environment): NewSecret & { readonly prefix: string } {
  const start = `lvq_${environment}_`;
  const secret = newSecret(start);
  return { ...secret, prefix: secret.text.slice(0, start.length + SHOWN_LENGTH) };
}

/** A new session's secret. */
export function newSessionSecret(): NewSecret {
  return newSecret("lvs_");
}

function newSecret(start: string): NewSecret {
  const body = start + randomDigits(RANDOM_LENGTH);
  const text = body + checksum(body);
  return { text, hash: digestOf(text).toString("hex") };
}

/** The SHA-256 of a secret's text. */
export function digestOf(text: string): Buffer {
  return hash("sha256", text, "buffer");
}

/** The environment in which a key is accepted; `undefined` if the text is not a key: another format, or damaged. */
export function environmentOf(text: string): Environment | undefined {
  const environment = KEY.exec(text)?.[1] as Environment | undefined;
  return environment && isWhole(text) ? environment : undefined;
}

/** Whether a text has the form of a session's secret, and arrived whole. */
export function isSessionSecret(text: string): boolean {
  return SESSION.test(text) && isWhole(text);
}

/** Whether a text looks like one of our keys, valid or damaged. */
export function looksLikeKey(text: string): boolean {
  return text.startsWith("lvq_");
}

/** Whether a text looks like a session's secret, valid or damaged. */
export function looksLikeSession(text: string): boolean {
  return text.startsWith("lvs_");
}

function isWhole(text: string): boolean {
  return text.endsWith(checksum(text.slice(0, -CHECKSUM_LENGTH)));
}

function checksum(body: string): string {
  let rest = crc32(body);
  let digits = "";
  for (let i = 0; i < CHECKSUM_LENGTH; i++) {
    digits = DIGITS[rest % DIGITS.length] + digits;
    rest = Math.floor(rest / DIGITS.length);
  }
  return digits;
}

function randomDigits(count: number): string {
  let digits = "";
  while (digits.length < count) {
    // 248 is the largest multiple of 62 below 256: above it some digits would be more frequent than others.
    for (const byte of crypto.getRandomValues(new Uint8Array(count))) {
      if (byte < 248 && digits.length < count) digits += DIGITS[byte % DIGITS.length];
    }
  }
  return digits;
}
