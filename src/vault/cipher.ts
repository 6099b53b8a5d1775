/** AES-256-GCM by node:crypto, with a fresh random nonce each time: at these sizes, WebCrypto's promises cost more. */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Nonce, ciphertext and tag. `context`: what it can only be decrypted with, besides the key. */
export function encrypt(plain: string | Uint8Array, { key, context }: { key: Uint8Array; context: string }): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(context));
  const text = typeof plain === "string" ? cipher.update(plain, "utf8") : cipher.update(plain);
  // Of a stream cipher, there is nothing left.
  cipher.final();
  return Buffer.concat([nonce, text, cipher.getAuthTag()]);
}

/** What was encrypted; `undefined` if it was changed, or the key or the context is another. */
export function decrypt(sealed: Buffer, { key, context }: { key: Uint8Array; context: string }): Buffer | undefined {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const end = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(sealed.subarray(end));
  const text = decipher.update(sealed.subarray(NONCE_BYTES, end));
  try {
    decipher.final();
    return text;
  } catch {
    return undefined;
  }
}
