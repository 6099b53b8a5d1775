import { LogUnavailableError } from "../log/mod.ts";

/** A sealed value that should open and does not: it was changed, belongs elsewhere, or its key is lost. Never erased. */
export class SealedValueError extends Error {
  override readonly name = "SealedValueError";
}

/** A key that should be usable and is not: its master key is missing, or it was changed. */
export class VaultKeyError extends Error {
  override readonly name = "VaultKeyError";
}

/** The vault belongs to a master key that is not configured. */
export class MasterKeyMissingError extends Error {
  override readonly name = "MasterKeyMissingError";
}

/**
 * The database takes too long to say whether a key still exists: nothing may be sealed or opened until it does. To whoever
 * appends, and to whoever reads, the log is unavailable.
 */
export class VaultUnavailableError extends LogUnavailableError {
  override readonly name = "VaultUnavailableError";
}
