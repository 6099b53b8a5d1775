/** The embedded server's folder: created once, completely or not at all. */

import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type Static, Type } from "@sinclair/typebox";
import { compileCheck, decodeJson } from "../../json/mod.ts";
import type { Binaries } from "./binaries.ts";
import { DataDirUnusableError, readOwnFile } from "./data_dir.ts";
import type { Identity } from "./identity.ts";
import { send } from "./processes.ts";

/** Owns the database and everything in it; only migrations log in with it. */
export const ADMIN_ROLE = "levqor_admin";
/** The service's role, with no more permissions than it needs. */
export const SERVICE_ROLE = "levqor";
export const DATABASE = "levqor";

export interface ClusterPaths {
  readonly root: string;
  /** Postgres's own data folder. */
  readonly data: string;
  readonly settings: string;
  readonly log: string;
}

/** What was decided when the folder was created. Contains the passwords: readable only by its owner. */
const Settings = Type.Object({
  port: Type.Integer({ minimum: 1, maximum: 65_535 }),
  admin_password: Type.String(),
  service_password: Type.String(),
});
export type ClusterSettings = Readonly<Static<typeof Settings>>;

export function clusterPaths(root: string): ClusterPaths {
  return { root, data: join(root, "data"), settings: join(root, "settings.json"), log: join(root, "postgres.log") };
}

export interface CreateOptions {
  readonly binaries: Binaries;
  readonly identity: Identity;
  readonly port: number;
  /** Whether the files are on disk before this resolves. */
  readonly sync: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `initdb` in a temporary folder, and moves it into place when it is complete: a start that is killed halfway
 * leaves nothing that the next one could mistake for a database. When `signal` aborts, throws its reason.
 */
export async function createCluster(
  root: string,
  { binaries, identity, port, sync, signal }: CreateOptions,
): Promise<void> {
  const unfinished = clusterPaths(`${root}.new`);
  rmSync(unfinished.root, { recursive: true, force: true });
  mkdirSync(unfinished.data, { recursive: true, mode: 0o700 });
  identity.own(unfinished.data);
  const settings = { port, admin_password: password(), service_password: password() };
  saveSettings(unfinished, settings);

  const passwordFile = join(unfinished.root, "password");
  writeFileSync(passwordFile, settings.admin_password, { mode: 0o600 });
  identity.own(passwordFile);
  const { cmd, ...as } = identity.wrap([
    binaries.initdb,
    `--pgdata=${unfinished.data}`,
    `--username=${ADMIN_ROLE}`,
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    // Built into Postgres: sorts alike on every machine and needs no system locale.
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    ...(sync ? [] : ["--no-sync"]),
  ]);
  try {
    await runInitdb(cmd, { ...as, signal });
  } catch (error) {
    rmSync(unfinished.root, { recursive: true, force: true });
    throw error;
  }
  rmSync(passwordFile);
  renameSync(unfinished.root, root);
}

async function runInitdb(
  cmd: string[],
  { signal, ...as }: { uid?: number; gid?: number; signal: AbortSignal | undefined },
): Promise<void> {
  signal?.throwIfAborted();
  // Detached: Ctrl-C reaches the whole process group, and would look like a failure of initdb.
  const initdb = Bun.spawn(cmd, {
    ...as,
    cwd: "/",
    env: serverEnv(),
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const end = () => send(-initdb.pid, "SIGTERM");
  signal?.addEventListener("abort", end);
  try {
    const [out, err, code] = await Promise.all([
      new Response(initdb.stdout).text(),
      new Response(initdb.stderr).text(),
      initdb.exited,
    ]);
    signal?.throwIfAborted();
    if (code === 0) return;
    const said = `${out}${err}`.trim().split("\n").slice(-5).join("\n");
    throw new Error(`Cannot create the embedded database: initdb ended with ${code}.\n${said}`);
  } finally {
    signal?.removeEventListener("abort", end);
  }
}

export function clusterExists(paths: ClusterPaths): boolean {
  return existsSync(paths.settings);
}

/** Checks that nothing is where a cluster is to be created. Throws {@link DataDirUnusableError}. */
export function checkVacant({ root, settings }: ClusterPaths): void {
  const [found] = readdirSync(root);
  if (found === undefined) return;
  throw new DataDirUnusableError(
    `Cannot create the embedded database: ${root} is not empty (${found}), and ${basename(settings)}, which has the ` +
      "passwords of a database, is missing there. " +
      `If there is a database, restore ${basename(settings)} from a backup; otherwise move ${root} away.`,
  );
}

/**
 * Checks that `user` may use the data folder, and hands it over if a copy by root changed its owner. Postgres refuses a
 * folder that belongs to someone else. Throws {@link DataDirUnusableError}.
 */
export function claimCluster(paths: ClusterPaths, user: Identity["user"]): void {
  const owner = statSync(paths.data, { throwIfNoEntry: false })?.uid;
  if (owner === undefined || !isDatabase(paths)) {
    throw new DataDirUnusableError(
      `Cannot open the embedded database: ${paths.settings} is there, but ${paths.data} contains no database. ` +
        `Restore ${paths.data} from a backup, or move ${paths.root} away: the next start then creates an empty database.`,
    );
  }
  const wanted = user?.uid ?? process.getuid?.();
  if (wanted === undefined || owner === wanted) return;
  const command = ["chown", "-R", user ? `${user.uid}:${user.gid}` : String(wanted), user ? paths.data : paths.root];
  const chown = user && Bun.spawnSync(command);
  if (chown?.exitCode === 0) return;
  throw new DataDirUnusableError(
    `Cannot open ${paths.data}: it belongs to the user with id ${owner}, and Postgres would run as ${wanted}. ` +
      `Start the service as before, or hand the folder over: sudo ${command.join(" ")}`,
  );
}

/** Whether the data folder contains a database, or the service may not look into it. */
function isDatabase({ data }: ClusterPaths): boolean {
  try {
    return statSync(join(data, "PG_VERSION")).isFile();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EACCES";
  }
}

/** Throws {@link DataDirUnusableError} if the file does not contain settings. */
export function loadSettings(paths: ClusterPaths): ClusterSettings {
  const settings = parsed(readOwnFile(paths.settings));
  if (compileCheck(Settings).is(settings)) return settings;
  throw new DataDirUnusableError(
    `Cannot open the embedded database: ${paths.settings} does not contain its port and passwords. ` +
      `Restore the file from a backup, or move ${paths.root} away: the next start then creates an empty database.`,
  );
}

function parsed(json: string): unknown {
  try {
    return decodeJson(json);
  } catch {
    return undefined;
  }
}

export function saveSettings(paths: ClusterPaths, settings: ClusterSettings): void {
  writeFileSync(`${paths.settings}.new`, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${paths.settings}.new`, paths.settings);
}

/** Postgres gets nothing from the service's environment: it contains secrets, and `PG…` variables would affect it. */
export function serverEnv(): Record<string, string> {
  return { PATH: process.env.PATH ?? "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };
}

/** 192 random bits that need no escaping in URLs or SQL. */
function password(): string {
  return randomBytes(24).toString("base64url");
}
