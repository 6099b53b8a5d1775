import { randomBytes } from "node:crypto";
import { type OwnSecret, ownSecret } from "../db/mod.ts";
import { KEY_BYTES } from "./cipher.ts";
import { MasterKeys } from "./master_keys.ts";
import { isVaultKey } from "./settings.ts";

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
  /** Base64 of 32 bytes each, the one that wraps first; none: the service generates its own. */
  readonly vault_key: readonly string[];
  /** Where its own is stored. */
  readonly data_dir: string;
}

/** The configured master keys, or the one in the data folder. Throws `DataDirUnusableError`. */
export function openMasterKeys({ vault_key, data_dir }: MasterKeyOptions): MasterKeys {
  return new MasterKeys(vault_key.length > 0 ? vault_key : [ownSecret(data_dir, OWN)]);
}
