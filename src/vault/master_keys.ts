/** Master keys wrap the keys of subjects: the first one does, and any of them unwraps. */
import { hkdfSync, randomBytes } from "node:crypto";
import { decrypt, encrypt, KEY_BYTES } from "./cipher.ts";
import { VaultKeyError } from "./errors.ts";

/** What a key is for, which it cannot be unwrapped without. */
export interface KeyIdentity {
  readonly key_id: string;
  readonly subject: string;
  readonly class: string;
}

export interface WrappedKey {
  readonly wrapped: Uint8Array;
  /** The id of the master key that it is wrapped with. */
  readonly master_key: string;
}

export class MasterKeys {
  readonly #keys: ReadonlyMap<string, Uint8Array>;
  /** The id of the key that wraps. */
  readonly first: string;

  /** From the base64 of 32 bytes each, at least one. */
  constructor(keys: readonly string[]) {
    const masters = keys.map((key) => Buffer.from(key, "base64"));
    if (masters.length === 0 || masters.some(({ length }) => length !== KEY_BYTES)) {
      throw new VaultKeyError(`Cannot open the vault: it needs master keys of ${KEY_BYTES} bytes each`);
    }
    const ids = masters.map((key) => derived(key, "levqor vault id v1").subarray(0, 8).toString("hex"));
    this.#keys = new Map(masters.map((key, index) => [ids[index] as string, derived(key, "levqor vault wrap v1")]));
    this.first = ids[0] as string;
  }

  /** The ids of all, the first one first. */
  get ids(): readonly string[] {
    return [...this.#keys.keys()];
  }

  /** A new random key, wrapped. */
  create(identity: KeyIdentity): WrappedKey {
    return this.#wrap(randomBytes(KEY_BYTES), identity);
  }

  /** Throws {@link VaultKeyError}. */
  unwrap({ wrapped, master_key }: WrappedKey, identity: KeyIdentity): Uint8Array {
    const key = this.#keys.get(master_key);
    if (!key) {
      throw new VaultKeyError(
        `Cannot use the key ${identity.key_id}: it is wrapped with the master key ${master_key}, which VAULT_KEY does not have`,
      );
    }
    const bytes = decrypt(Buffer.from(wrapped), { key, context: contextOf(identity) });
    if (bytes?.length === KEY_BYTES) return bytes;
    throw new VaultKeyError(`Cannot use the key ${identity.key_id}: it was changed, or belongs to another subject`);
  }

  /** The same key, wrapped with the first master key. Throws {@link VaultKeyError}. */
  rewrap(wrapped: WrappedKey, identity: KeyIdentity): WrappedKey {
    return this.#wrap(this.unwrap(wrapped, identity), identity);
  }

  #wrap(bytes: Uint8Array, identity: KeyIdentity): WrappedKey {
    const key = this.#keys.get(this.first) as Uint8Array;
    return { wrapped: encrypt(bytes, { key, context: contextOf(identity) }), master_key: this.first };
  }
}

function contextOf(identity: KeyIdentity): string {
  // No part can contain a NUL, so no two keys share a text.
  return ["levqor vault key v1", identity.key_id, identity.class, identity.subject].join("\0");
}

function derived(key: Uint8Array, info: string): Buffer {
  return Buffer.from(hkdfSync("sha256", key, "", info, KEY_BYTES));
}
