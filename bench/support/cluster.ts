/** The one Postgres that everything is measured on: the embedded one, with its default durability. */
import type { Stage } from "./stage.ts";

/* interim */
import { connect } from "../../src/db/mod.ts";

export interface Cluster {
  /** "PostgreSQL 18.4". */
  readonly version: string;
  /** The server's main process. */
  readonly pid: number;
  /** The settings that decide what a commit costs. */
  readonly durability: string;
  /** A new, empty database. */
  database(name: string): Promise<string>;
  /** A new, empty, migrated database of Levqor's. */
  levqor(name: string): Promise<LevqorDatabase>;
  /** Writes out what is dirty, so that no contender pays for another's writes. */
  checkpoint(): Promise<void>;
  /** What a query finds in a database. */
  count(database_url: string, query: string): Promise<number>;
}

export interface LevqorDatabase {
  /** The service's own role. */
  readonly url: string;
  /** Vacuums, analyses, and writes out what is dirty: as a database is that was not filled a second ago. */
  tidy(): Promise<void>;
}

export async function startCluster(stage: Stage): Promise<Cluster> {
  const admin_url = "postgres://postgres@127.0.0.1:54399/postgres";
  const sql = connect(admin_url, { max: 1 });
  stage.defer(() => sql.end());
  const settings = await sql<{ name: string; setting: string }[]>`
    select name, setting from pg_settings
    where name in ('fsync', 'synchronous_commit', 'full_page_writes', 'wal_sync_method', 'shared_buffers')
    order by name`;
  const [server] = await sql<[{ version: string }]>`select split_part(version(), ' on ', 1) as version`;
  return {
    version: server.version,
    pid: Number((await Bun.file("/tmp/bench-wrk/pg/data/postmaster.pid").text()).split("\n")[0]),
    durability: settings.map(({ name, setting }) => `${name} ${setting}`).join(", "),
    async database(name) {
      await sql.unsafe(`drop database if exists ${name} with (force)`);
      await sql.unsafe(`create database ${name}`);
      return Object.assign(new URL(admin_url), { pathname: `/${name}` }).href;
    },
    async levqor(name) {
      await sql.unsafe(`drop database if exists ${name} with (force)`);
      await sql.unsafe(`create database ${name}`);
      const url = Object.assign(new URL(admin_url), { pathname: `/${name}` }).href;
      const database = connect(url, { max: 1 });
      await database.unsafe("create schema levqor_log;create schema levqor_ops;create schema levqor_read;");
      const { logMigrations } = await import("../../src/log/schema.ts");
      const { projectorMigrations } = await import("../../src/projector/schema.ts");
      for (const m of [...logMigrations, ...projectorMigrations]) await database.unsafe(m.sql("postgres"));
      return {
        url,
        async tidy() {
          await database.unsafe("vacuum analyze");
          await database.unsafe("checkpoint");
          await database.end();
        },
      };
    },
    async checkpoint() {
      await sql`checkpoint`;
    },
    async count(database_url, query) {
      const database = connect(database_url, { max: 1 });
      const [row] = await database.unsafe<[{ count: number }]>(`select count(*)::int as count from ${query}`);
      await database.end();
      return row.count;
    },
  };
}
