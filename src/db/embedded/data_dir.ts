import { mkdirSync, readFileSync } from "node:fs";

/** The data folder cannot be created or used, or contains what the service cannot use. */
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

/** The text of a file there. Its errors name the file, also if a folder is in its place. */
export function readOwnFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw Object.assign(error as Error, { path });
  }
}

/** What to do about what was found at a path, by the code of the file system's error. */
const FOUND: Readonly<Record<string, (path: string) => string>> = {
  EISDIR: (path) => `${path} is a folder and should be a file: move it away`,
  ENOTDIR: (path) => `a file is where a folder should be on the way to ${path}: move it away`,
  EEXIST: (path) => `something else is at ${path}: move it away`,
  ENOENT: (path) => `${path} is missing: restore it from a backup`,
  ENOSPC: () => "the disk is full: free some space",
  EDQUOT: () => "the disk quota is used up: free some space",
};
/** What the file system says of a service that may not write there. */
const NOT_WRITABLE = ["EACCES", "EPERM", "EROFS"];

/**
 * What to throw for an error in the data folder: a {@link DataDirUnusableError} if the file system refused the service
 * something there, else the error itself.
 */
export function dataDirError(dir: string, error: unknown): unknown {
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined || !path?.startsWith(dir)) return error;
  const mend = NOT_WRITABLE.includes(code)
    ? "make it writable for the service, which must own it,"
    : `${FOUND[code]?.(path) ?? `see what is wrong with ${path}`},`;
  return new DataDirUnusableError(
    `Cannot use the folder ${dir} (${code}: ${syscall} ${path}): ${mend} or set LEVQOR_DATA_DIR to another folder.`,
    { cause: error },
  );
}
