/** The user that Postgres runs as: it refuses to run as root. */
import { chownSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** Starts programs as the user that Postgres runs as. */
export interface Identity {
  /** `undefined`: as the user of this process. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
  /** The command and options with which `Bun.spawn` starts `command` as that user. */
  wrap(command: readonly string[]): { cmd: string[]; uid?: number; gid?: number };
  /** Makes that user the owner of a file or an empty folder. */
  own(path: string): void;
}

/**
 * Root uses the user `postgres`, which is created if it is missing. `paths` are what that user has to reach: if root's
 * own folders (mode 700) block it, it keeps the one capability that opens them.
 */
export function identity(paths: readonly string[]): Identity {
  const setpriv = process.platform === "linux" ? Bun.which("setpriv") : null;
  // Postgres then stops as soon as its service is killed; without setpriv, the next start stops it.
  const leash = ["--pdeathsig", "INT"];
  if (process.getuid?.() !== 0) {
    return {
      user: undefined,
      wrap: (command) => ({ cmd: setpriv ? [setpriv, ...leash, ...command] : [...command] }),
      own: () => {},
    };
  }
  const user = findUser() ?? createUser();
  const closed = paths.find((path) => !reachable(path, user));
  if (closed && !setpriv) {
    throw new Error(
      `Cannot start the embedded Postgres: it runs as the user postgres, who cannot reach ${closed}. ` +
        "Install util-linux (setpriv), move the service to a folder open to all, start it as another user, or set DATABASE_URL.",
    );
  }
  // access(2), which Postgres uses to check its own programs, drops capabilities unless no_setuid_fixup is set.
  const key = ["--securebits=+no_setuid_fixup", "--inh-caps=+dac_override", "--ambient-caps=+dac_override"];
  const become = [`--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups", ...(closed ? key : [])];
  return {
    user,
    wrap: (command) => (setpriv ? { cmd: [setpriv, ...become, ...leash, ...command] } : { cmd: [...command], ...user }),
    own: (path) => chownSync(path, user.uid, user.gid),
  };
}

interface User {
  readonly uid: number;
  readonly gid: number;
}

/** macOS calls it `_postgres`. */
function findUser(): User | undefined {
  const match = /^_?postgres:[^:]*:(\d+):(\d+):/m.exec(readFileSync("/etc/passwd", "utf8"));
  return match ? { uid: Number(match[1]), gid: Number(match[2]) } : undefined;
}

function createUser(): User {
  const useradd = Bun.which("useradd", { PATH: `${process.env.PATH}:/usr/sbin:/sbin` });
  const made =
    useradd && Bun.spawnSync([useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", "postgres"]);
  const user = made ? findUser() : undefined;
  if (user) return user;
  throw new Error(
    "Cannot start the embedded Postgres: it refuses to run as root, and there is no user postgres to run it as" +
      `${made ? ` (useradd: ${made.stderr.toString().trim()})` : ""}. ` +
      "Create that user, start the service as another user, or set DATABASE_URL.",
  );
}

/** Whether every folder on the way to `path` can be traversed by the user. */
function reachable(path: string, { uid, gid }: User): boolean {
  for (let dir = dirname(path); ; dir = dirname(dir)) {
    const { uid: owner, gid: group, mode } = statSync(dir);
    const bit = owner === uid ? 0o100 : group === gid ? 0o010 : 0o001;
    if (!(mode & bit)) return false;
    if (dir === dirname(dir)) return true;
  }
}
