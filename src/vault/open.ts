import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { type OwnSecret, ownSecret, type Sql } from "../db/mod.ts";
import { INDEX_OWNER } from "./blind_index.ts";
import { KEY_BYTES } from "./cipher.ts";
import { MasterKeyMissingError } from "./errors.ts";
import { MasterKeys } from "./master_keys.ts";
import { isVaultKey } from "./settings.ts";
import { wrappingProgress } from "./upkeep.ts";

/** Wraps keys if no master key is configured. */
const OWN: OwnSecret = {
  file: "vault-key",
  generate: () => randomBytes(KEY_BYTES).toString("base64"),
  matches: isVaultKey,
  purpose: "open the vault",
  form: "its key, which is the base64 of 32 bytes",
  renewal: "delete it if nothing was ever sealed: what was cannot be opened with another key.",
};

export interface MasterKeyOptions {
  readonly sql: Sql;
  /** Base64 of 32 bytes each, the one that wraps first; none: the service generates its own. */
  readonly vault_key: readonly string[];
  /** Where its own is stored. */
  readonly data_dir: string;
}

/**
 * The configured master keys, or the one in the data folder, which is generated for a new vault only: another would open nothing,
 * and be taken for the right one later. Throws `DataDirUnusableError`, and {@link MasterKeyMissingError}.
 */
export async function openMasterKeys({ sql, vault_key, data_dir }: MasterKeyOptions): Promise<MasterKeys> {
  if (vault_key.length > 0) return new MasterKeys(vault_key);
  // Looked at before the file: whoever generates a key stores it before it wraps anything.
  const [{ in_use }] = await sql<[{ in_use: boolean }]>`
    select exists (select from levqor_vault.keys where wrapped is not null) as in_use`;
  const missing = (): never => {
    throw new MasterKeyMissingError(
      `Cannot open the vault: it is in use, and its key, the file ${join(data_dir, OWN.file)}, is missing. Restore the file from a backup, set LEVQOR_DATA_DIR to the folder of the process that came first, or set VAULT_KEY to what was in the file.`,
    );
  };
  return new MasterKeys([ownSecret(data_dir, in_use ? { ...OWN, generate: missing } : OWN)]);
}

interface StartOptions {
  readonly sql: Sql;
  readonly master_keys: MasterKeys;
  readonly logger: Record<"error" | "info", (fields: object, message: string) => void>;
}

/**
 * Finds out at a start whether what was sealed can be opened with these master keys; keys that are lost are logged, and whether
 * an old master key is still needed. Throws
 * {@link MasterKeyMissingError} if the index key is among them: without it nobody is found, and a second one would make the vault
 * unusable for processes with the right key.
 */
export async function checkWrapping({ sql, master_keys, logger }: StartOptions): Promise<void> {
  const { old, unknown } = await wrappingProgress(sql, master_keys);
  if (old > 0)
    logger.info({ keys: old }, "Keys of personal data are wrapped with an old master key, and will be wrapped again");
  if (Object.keys(unknown).length === 0) return;
  const [row] = await sql<{ master_key: string }[]>`
    select master_key from levqor_vault.keys where subject = ${INDEX_OWNER} and wrapped is not null`;
  if (row && !master_keys.ids.includes(row.master_key)) {
    throw new MasterKeyMissingError(
      `Cannot open the vault: it belongs to the master key with the id ${row.master_key}, which this process does not have. Set VAULT_KEY to it, or add it after the one that is to replace it; without VAULT_KEY, it is in the file vault-key of the LEVQOR_DATA_DIR of the process that came first.`,
    );
  }
  logger.error({ keys: unknown }, "Personal data cannot be opened: these master keys are missing");
}
