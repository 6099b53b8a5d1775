import { mkdirSync } from "node:fs";

/** The data folder cannot be created. */
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
