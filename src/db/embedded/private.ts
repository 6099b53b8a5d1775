import { chmodSync, statSync } from "node:fs";

/**
 * Removes everybody else's permissions on a file or folder; does nothing if it does not exist. Files in a data folder
 * may have been created by hand, copied, or written by an earlier version.
 */
export function makePrivate(path: string): void {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & 0o077) !== 0) chmodSync(path, mode & 0o700);
}
