import { chmodSync, statSync } from "node:fs";

/**
 * Takes from everybody but its owner what they may do with a file or folder; nothing where there is none. What is in a data
 * folder may have been made by hand, copied, or made by an earlier version.
 */
export function closeToOthers(path: string): void {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & 0o077) !== 0) chmodSync(path, mode & 0o700);
}
