import { mkdirSync } from "node:fs";

/** The data folder cannot be created, or the service may not use it. */
export class DataDirUnusableError extends Error {
  override readonly name = "DataDirUnusableError";
}

/** Creates the folder for the service's own files if it is missing. Throws {@link DataDirUnusableError}. */
export function createDataDir(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new DataDirUnusableError(
      `Cannot create the folder ${dir} (${code}): set LEVQOR_DATA_DIR to a folder that the service can create.`,
      { cause },
    );
  }
}

/**
 * What to throw for an error in the data folder: a {@link DataDirUnusableError} if the file system refused the service
 * something there, else the error itself.
 */
export function dataDirError(dir: string, error: unknown): unknown {
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined || !path?.startsWith(dir)) return error;
  return new DataDirUnusableError(
    `Cannot use the folder ${dir} (${code}: ${syscall} ${path}): make it writable for the service, ` +
      "which must own it, or set LEVQOR_DATA_DIR to another folder.",
    { cause: error },
  );
}
