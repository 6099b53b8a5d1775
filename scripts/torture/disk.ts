/** A small disk that can be full: a separate tmpfs, if this process may mount one. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Several times what ten minutes of the load write. It takes memory only as it is used. */
const SIZE_MB = 1024;

export interface Disk {
  readonly path: string;
  /** Uses up what is left. */
  fill(): Promise<void>;
  /** Releases it. */
  free(): void;
  unmount(): void;
}

/** Mounts a disk at `path`; `undefined` if that is not possible. */
export function mountDisk(path: string): Disk | undefined {
  mkdirSync(path);
  if (process.platform !== "linux" || process.getuid?.() !== 0) return undefined;
  const mounted = Bun.spawnSync(["mount", "-t", "tmpfs", "-o", `size=${SIZE_MB}m,mode=0755`, "levqor-torture", path]);
  if (mounted.exitCode !== 0) return undefined;
  const ballast = join(path, "ballast");
  return {
    path,
    // `dd` writes until there is no room, and says so.
    fill: async () => {
      await Bun.spawn(["dd", "if=/dev/zero", `of=${ballast}`, "bs=1M"], { stdio: ["ignore", "ignore", "ignore"] })
        .exited;
    },
    free: () => rmSync(ballast, { force: true }),
    unmount: () => {
      Bun.spawnSync(["umount", "--lazy", path]);
    },
  };
}
