/**
 * Personal data, sealed: the keys of persons, and what is found by a value that is stored nowhere
 * ([decision 113](../../docs/decisions/0113-a-vault-of-keys-outside-the-log.md)).
 *
 * `vault.ts` has the words that are used here.
 */
export type { Claim } from "./blind_index.ts";
export { MasterKeyMissingError, SealedValueError, VaultKeyError, VaultUnavailableError } from "./errors.ts";
export { MasterKeys } from "./master_keys.ts";
export { checkWrapping, openMasterKeys } from "./open.ts";
export type { VaultPeriods } from "./periods.ts";
export { openEvents, personalLog } from "./personal_log.ts";
export { subjectOf } from "./subjects.ts";
export { keepVault, retireKeys, rewrapKeys, wrappingProgress } from "./upkeep.ts";
export { type DestroyedKey, Vault } from "./vault.ts";
