/** One service per data folder. */
import { Database } from "bun:sqlite";
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Another service is using the data folder. */
export class DataDirInUseError extends Error {
  override readonly name = "DataDirInUseError";
  /** Of the service that has locked the folder, if known. */
  readonly pid: number | undefined;

  constructor(dir: string, options: ErrorOptions & { pid: number | undefined }) {
    super(
      `Cannot use ${dir}: the service with pid ${options.pid ?? "unknown"} is using it. ` +
        "Stop that service first, or give this one its own folder with LEVQOR_DATA_DIR.",
      options,
    );
    this.pid = options.pid;
  }
}

/**
 * Locks the folder for this process, or throws `DataDirInUseError`. The kernel releases the lock however the process
 * ends, so a killed service never leaves a folder locked. SQLite, because it is the file lock that is built into Bun:
 * it works alike on Linux and macOS.
 */
export function lockFolder(dir: string): { release(): void } {
  const pidFile = join(dir, "service.pid");
  const lockFile = join(dir, "service.lock");
  // SQLite would make it readable to all.
  closeSync(openSync(lockFile, "a", 0o600));
  const lock = new Database(lockFile, { create: true });
  try {
    lock.run("pragma busy_timeout = 0");
    lock.run("begin exclusive");
  } catch (error) {
    lock.close();
    if ((error as { code?: string }).code !== "SQLITE_BUSY") throw error;
    throw new DataDirInUseError(dir, { pid: readPid(pidFile), cause: error });
  }
  const release = () => {
    rmSync(pidFile, { force: true });
    lock.close();
  };
  try {
    writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 });
  } catch (error) {
    lock.close();
    throw error;
  }
  return { release };
}

function readPid(file: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(file, "utf8"), 10) || undefined;
  } catch {
    return undefined;
  }
}
