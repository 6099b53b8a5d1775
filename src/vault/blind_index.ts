/**
 * Finds a subject by a value that is stored nowhere: an e-mail address, a name in somebody else's naming. Its HMAC is
 * under a random key that is wrapped as all keys are, and not under one derived from a master key: so master keys can be
 * replaced without knowing the values.
 */
import { createHmac } from "node:crypto";
import type { Sql } from "../db/mod.ts";
import type { KeyCache } from "./key_cache.ts";

/** Whose key it is. */
export const INDEX_OWNER = "vault:blind-index";
const KIND = /^[a-z][a-z_]{0,31}$/;
/** UTF-16 units. */
const MAX_VALUE_LENGTH = 4_096;

export interface BlindValue {
  /** What kind of value: each kind is a separate index. */
  readonly kind: string;
  /** Normalised: two texts are the same value only if they are equal. */
  readonly value: string;
}

/** The claimer has it now, or somebody else does, or the claimer was erased. */
export type Claim =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: "taken"; readonly subject: string }
  | { readonly ok: false; readonly reason: "erased" };

export class BlindIndex {
  readonly #sql: Sql;
  readonly #keys: KeyCache;

  constructor(sql: Sql, keys: KeyCache) {
    this.#sql = sql;
    this.#keys = keys;
  }

  /** HMAC-SHA-256. */
  async hash({ kind, value }: BlindValue): Promise<Buffer> {
    if (!KIND.test(kind)) throw new TypeError(`Cannot index ${JSON.stringify(kind)}: it is no kind of value`);
    if (value.length === 0 || value.length > MAX_VALUE_LENGTH) {
      throw new TypeError(`Cannot index a value of ${value.length} characters: 1 to ${MAX_VALUE_LENGTH} are possible`);
    }
    const key = await this.#keys.sealing(INDEX_OWNER, "index");
    if ("erased" in key) throw new TypeError("Cannot index: the key was destroyed");
    return createHmac("sha256", key.bytes).update(`${kind}\0${value}`).digest();
  }

  async claim(wanted: BlindValue, subject: string): Promise<Claim> {
    const hmac = await this.hash(wanted);
    const [row] = await this.#sql<{ owner: string | null }[]>`
      select levqor_vault.claim(${wanted.kind}, ${hmac}, ${subject}) as owner`;
    const owner = row?.owner ?? null;
    if (owner === subject) return { ok: true };
    return owner === null ? { ok: false, reason: "erased" } : { ok: false, reason: "taken", subject: owner };
  }

  async find(wanted: BlindValue): Promise<string | undefined> {
    const hmac = await this.hash(wanted);
    const [row] = await this.#sql<{ subject: string }[]>`
      select subject from levqor_vault.blind_index where kind = ${wanted.kind} and hmac = ${hmac}`;
    return row?.subject;
  }

  async release(owned: BlindValue, subject: string): Promise<boolean> {
    const hmac = await this.hash(owned);
    const [row] = await this.#sql<{ released: boolean }[]>`
      select levqor_vault.release(${owned.kind}, ${hmac}, ${subject}) as released`;
    return row?.released ?? false;
  }
}
