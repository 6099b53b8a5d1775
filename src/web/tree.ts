/** Reads a folder completely: afterwards a request can only name what was found there, and no path reaches the disk. */
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Everything that is served stays in memory. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;

export interface SourceFile {
  /** In the folder, with slashes: `docs/errors.md`. */
  readonly path: string;
  readonly bytes: Buffer;
  readonly modified: Date;
}

/** Reads every file. Throws if the folder is missing or a file is larger than 16 MB. */
export function readTree(dir: string): Map<string, SourceFile> {
  const files = new Map<string, SourceFile>();
  for (const { path, size, modified } of list(dir)) {
    if (size > MAX_FILE_BYTES) {
      throw new Error(`Cannot serve ${join(dir, path)}: it has ${size} bytes, and may have ${MAX_FILE_BYTES}`);
    }
    files.set(path, { path, bytes: readFileSync(join(dir, path)), modified });
  }
  return files;
}

/** A text that changes whenever a file is added, removed or written. */
export function fingerprint(dir: string): string {
  return Array.from(list(dir), ({ path, size, modified }) => `${path} ${size} ${modified.getTime()}`).join("\n");
}

/** Every file except hidden ones and symbolic links, which may lead anywhere. */
function* list(dir: string, prefix = ""): Generator<{ path: string; size: number; modified: Date }> {
  for (const name of readdirSync(join(dir, prefix)).sort()) {
    const path = prefix + name;
    if (name.startsWith(".") && path !== ".well-known") continue;
    const found = lstatSync(join(dir, path));
    if (found.isDirectory()) yield* list(dir, `${path}/`);
    else if (found.isFile()) yield { path, size: found.size, modified: found.mtime };
  }
}
