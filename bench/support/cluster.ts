/** The one Postgres that everything is measured on: the embedded one, with its default durability. */
import { chmod } from "node:fs/promises";
import { connect, migrate, startEmbedded } from "../../src/db/mod.ts";
import { migrations } from "../../src/migrations.ts";
import { silent } from "./silent.ts";
import type { Stage } from "./stage.ts";

export interface Cluster {
  /** For example `PostgreSQL 18.4`. */
  readonly version: string;
  /** The server's main process. */
  readonly pid: number;
  /** The settings that determine the cost of a commit. */
  readonly durability: string;
  /** A new, empty database, with its owner's role. */
  database(name: string): Promise<string>;
  /** A new, empty, migrated database of Levqor's. */
  levqor(name: string): Promise<LevqorDatabase>;
  /** Writes out what is dirty, so that no contender pays for another's writes. */
  checkpoint(): Promise<void>;
}

export interface LevqorDatabase {
  /** The service's own role. */
  readonly url: string;
  /** The owner's role. */
  readonly admin_url: string;
  /** Vacuums, analyses, and writes out what is dirty: like a database that was not filled a second ago. */
  tidy(): Promise<void>;
}

const DURABILITY = [
  "fsync",
  "full_page_writes",
  "synchronous_commit",
  "wal_sync_method",
  "shared_buffers",
  "max_wal_size",
];

/** `settings`: of Postgres, beside the usual ones. */
export async function startCluster(stage: Stage, settings: Record<string, string> = {}): Promise<Cluster> {
  const dir = await stage.folder();
  await chmod(dir, 0o755);
  const embedded = await startEmbedded({ dir, logger: silent, settings });
  stage.defer(() => embedded.stop());
  const admin = connect(embedded.admin_url, { max: 1 });
  stage.defer(() => admin.end());

  async function create(name: string): Promise<string> {
    await admin.unsafe(`drop database if exists ${name} with (force)`);
    await admin.unsafe(`create database ${name}`);
    return inDatabase(embedded.admin_url, name);
  }
  const durability = await admin<{ name: string; value: string }[]>`
    select name, current_setting(name) as value from pg_settings where name = any(${DURABILITY}) order by name`;
  const [server] = await admin<[{ version: string }]>`select current_setting('server_version') as version`;
  return {
    version: `PostgreSQL ${server.version}`,
    pid: embedded.pid,
    durability: durability.map(({ name, value }) => `${name} ${value}`).join(", "),
    database: create,
    async levqor(name) {
      const admin_url = await create(name);
      const owner = connect(admin_url, { max: 1 });
      const url = inDatabase(embedded.url, name);
      await migrate(owner, { migrations, role: new URL(url).username });
      await owner.end();
      return { url, admin_url, tidy: () => run(admin_url, ["vacuum analyze", "checkpoint"]) };
    },
    checkpoint: () => run(embedded.admin_url, ["checkpoint"]),
  };
}

/** How many rows a table has. */
export async function countRows(url: string, table: string): Promise<number> {
  const sql = connect(url, { max: 1 });
  const [row] = await sql.unsafe<[{ count: number }]>(`select count(*)::int as count from ${table}`);
  await sql.end();
  return row.count;
}

async function run(url: string, statements: readonly string[]): Promise<void> {
  const sql = connect(url, { max: 1 });
  for (const statement of statements) await sql.unsafe(statement);
  await sql.end();
}

function inDatabase(url: string, name: string): string {
  return Object.assign(new URL(url), { pathname: `/${name}` }).href;
}
