/** Brings a database to the schema that this build needs. */
import type { Sql } from "./connect.ts";

/** One step in the database's history. Once released it is never changed; a new step follows. */
export interface Migration {
  /** Unique, for example `log/0001_events`. */
  readonly name: string;
  /** `role`: the service's login role as a quoted SQL identifier, for grants. */
  sql(role: string): string;
}

export interface MigrateOptions {
  readonly migrations: readonly Migration[];
  /** The service's login role, unquoted. */
  readonly role: string;
}

/** The database cannot be brought to the schema that this build needs. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
}

const OLDEST_POSTGRES = 14;

/** Any constant; every build must use the same. */
const ADVISORY_LOCK = 7_386_261_153;

/**
 * Runs the migrations that the database has not seen, in order, all in one transaction. `admin` must be able to create
 * schemas in the database. Safe to run from several processes concurrently.
 *
 * @returns the names of those that were run
 */
export async function migrate(admin: Sql, options: MigrateOptions): Promise<string[]> {
  const { migrations, role } = options;
  return await admin.begin(async (sql) => {
    const [server] = await sql`select current_setting('server_version_num')::int / 10000 as major`;
    if (server?.major < OLDEST_POSTGRES) {
      throw new MigrationError(
        `Cannot use this database: it is Postgres ${server?.major}, and Levqor needs ${OLDEST_POSTGRES} or newer.`,
      );
    }
    await sql`select pg_advisory_xact_lock(${ADVISORY_LOCK})`;
    const [found] = await sql`select to_regclass('levqor_ops.migrations') is not null as made`;
    // Checked first: "if not exists" needs the permission to create even if there is nothing to create.
    if (!found?.made) {
      await sql`create schema if not exists levqor_ops`;
      await sql`create table levqor_ops.migrations (name text primary key, run_at timestamptz not null default now())`;
    }
    const ran = new Set((await sql`select name from levqor_ops.migrations`).map((row) => row.name as string));
    const known = new Set(migrations.map(({ name }) => name));
    const unknown = [...ran].filter((name) => !known.has(name));
    if (unknown.length > 0) {
      throw new MigrationError(
        `Cannot use this database: a newer Levqor has changed it (${unknown.join(", ")}). Start that version or a newer one.`,
      );
    }
    const quotedRole = `"${role.replaceAll('"', '""')}"`;
    const pending = migrations.filter(({ name }) => !ran.has(name));
    for (const migration of pending) {
      try {
        await sql.unsafe(migration.sql(quotedRole));
        await sql`insert into levqor_ops.migrations (name) values (${migration.name})`;
      } catch (cause) {
        throw new MigrationError(`Cannot run the migration ${migration.name}: ${(cause as Error).message}`, { cause });
      }
    }
    return pending.map(({ name }) => name);
  });
}
