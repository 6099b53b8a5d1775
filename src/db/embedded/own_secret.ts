/** Secrets that the service generates for itself at its first start, each in a file of the data folder. */
import { closeSync, fsyncSync, linkSync, lstatSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createDataDir, DataDirUnusableError, dataDirError, readOwnFile } from "./data_dir.ts";
import { makePrivate } from "./private.ts";

export interface OwnSecret {
  /** The name of its file. */
  readonly file: string;
  generate(): string;
  matches(text: string): boolean;
  /** What cannot be done without it, to follow "Cannot": `sign callbacks`. */
  readonly purpose: string;
  /** What the file should contain: `a secret, which is …`. */
  readonly form: string;
  /** What to do if the file is lost and there is no backup of it, to follow "or". */
  readonly renewal: string;
}

/**
 * The secret in the data folder; generated, with permissions for its owner alone, if there is none. Processes that
 * generate it at once get the same. Throws {@link DataDirUnusableError}.
 */
export function ownSecret(dataDir: string, secret: OwnSecret): string {
  createDataDir(dataDir);
  try {
    return stored(join(dataDir, secret.file), secret);
  } catch (error) {
    throw dataDirError(dataDir, error);
  }
}

function stored(path: string, secret: OwnSecret): string {
  const found = read(path, secret);
  if (found !== undefined) return found;
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new DataDirUnusableError(
      `Cannot read ${path}: it is a symbolic link to a file that does not exist. Restore that file, or ${secret.renewal}`,
    );
  }
  store(path, secret.generate());
  // Another process may have been faster: its secret counts.
  return read(path, secret) as string;
}

function read(path: string, { matches, purpose, form, renewal }: OwnSecret): string | undefined {
  makePrivate(path);
  let text: string;
  try {
    text = readOwnFile(path).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  if (matches(text)) return text;
  throw new DataDirUnusableError(
    `Cannot ${purpose}: ${path} does not contain ${form}. Restore the file from a backup, or ${renewal}`,
  );
}

/** Writes a new file whole, and on the disk, or leaves the one that is there. */
function store(path: string, text: string): void {
  const draft = `${path}.${crypto.randomUUID()}`;
  try {
    writeThrough(draft, text);
    linkSync(draft, path);
    syncFolderOf(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw Object.assign(error as Error, { path });
  } finally {
    rmSync(draft, { force: true });
  }
}

function writeThrough(path: string, text: string): void {
  const file = openSync(path, "wx", 0o600);
  try {
    writeSync(file, `${text}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function syncFolderOf(path: string): void {
  const folder = openSync(join(path, ".."), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
