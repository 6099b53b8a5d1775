import type { Logger } from "pino";
import { connect } from "./connect.ts";
import { type Embedded, startEmbedded } from "./embedded/mod.ts";
import { type Migration, MigrationError, migrate } from "./migrate.ts";

export interface OpenDatabaseOptions {
  /** Absent: an embedded Postgres in `data_dir`. */
  readonly database_url?: string | undefined;
  /** The owner's, for migrations; default: `database_url`. */
  readonly database_admin_url?: string | undefined;
  readonly data_dir: string;
  readonly migrations: readonly Migration[];
  readonly logger: Logger;
  /** Ends the start of the embedded one. */
  readonly signal?: AbortSignal | undefined;
}

/** A migrated database. */
export interface Database {
  readonly url: string;
  /** If it is the embedded one. */
  readonly embedded?: Embedded;
}

/**
 * The configured database, or our own, migrated. Throws `MigrationError`, `DataDirUnusableError`,
 * `DataDirInUseError` and `EmbeddedUnavailableError`.
 */
export async function openDatabase(options: OpenDatabaseOptions): Promise<Database> {
  const { database_url: url, database_admin_url: admin_url = url, data_dir: dir, logger, signal } = options;
  if (url && admin_url) {
    await migrateDatabase({ url, admin_url }, options);
    return { url };
  }
  const embedded = await startEmbedded({ dir, logger: logger.child({ part: "postgres" }), signal });
  try {
    await migrateDatabase(embedded, options);
  } catch (error) {
    await embedded.stop();
    throw error;
  }
  return { url: embedded.url, embedded };
}

async function migrateDatabase(
  { url, admin_url }: Pick<Embedded, "url" | "admin_url">,
  { migrations, logger }: Pick<OpenDatabaseOptions, "migrations" | "logger">,
): Promise<void> {
  const admin = connect(admin_url, { max: 1, application_name: "levqor-migrations" });
  try {
    const names = await migrate(admin, { migrations, role: decodeURIComponent(new URL(url).username) });
    if (names.length > 0) logger.info({ migrations: names }, "Migrated the database");
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === undefined) throw error;
    const { host, pathname } = new URL(admin_url);
    throw new MigrationError(
      `Cannot prepare the database ${pathname.slice(1)} at ${host}: ${(error as Error).message} (${code}). ` +
        "DATABASE_URL must point to a running Postgres; put the role that owns the database into DATABASE_ADMIN_URL.",
      { cause: error },
    );
  } finally {
    await admin.end({ timeout: 1 });
  }
}
