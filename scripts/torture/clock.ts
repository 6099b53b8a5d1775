/**
 * Wall clocks that can be set: libfaketime, loaded before a program's own libraries, adds an offset from a file to the
 * time that the program reads. Monotonic clocks are not affected, as when a machine's clock is set.
 */
import { existsSync, globSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { machine, type } from "node:os";
import { join } from "node:path";

const LIBRARY = "libfaketimeMT.so.1";
const ENV = "/usr/bin/env";
const SHARED_MEMORY = "/dev/shm";
const TOOLS = join(import.meta.dir, "../../.tools", `${type()}-${machine()}`);

export interface Clock {
  /** The command that runs `command` with this clock. */
  wrap(command: readonly string[]): string[];
  /** Sets the clock this many seconds fast or slow. */
  set(offset_seconds: number): void;
  /** Removes what a killed program left in shared memory. */
  forget(pid: number): void;
}

/** The library for this machine; `undefined` if there is none. */
export function findFaketime(): string | undefined {
  if (process.platform !== "linux") return undefined;
  return [join(TOOLS, "lib", LIBRARY), ...globSync(`/usr/lib/*/faketime/${LIBRARY}`)].find((path) => existsSync(path));
}

/** A separate clock for one program. `path`: a file to create for it. */
export function startClock(library: string, path: string): Clock {
  const settings = {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: path,
    // Read at each call: all processes of a program must jump at once.
    FAKETIME_NO_CACHE: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
    NO_FAKE_STAT: "1",
  };
  const set = (seconds: number) => {
    // Atomically: a half-written file would be read as no offset.
    writeFileSync(`${path}.new`, `${seconds < 0 ? "-" : "+"}${Math.abs(seconds)}\n`);
    renameSync(`${path}.new`, path);
  };
  set(0);
  return {
    // With `env`, not in the environment: a program that changes the user first must not load it.
    wrap: (command) => [ENV, ...Object.entries(settings).map(([name, value]) => `${name}=${value}`), ...command],
    set,
    forget: (pid) => {
      for (const left of [`faketime_shm_${pid}`, `sem.faketime_sem_${pid}`])
        rmSync(join(SHARED_MEMORY, left), { force: true });
    },
  };
}
