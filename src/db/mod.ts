export { connect, type Sql, withSession } from "./connect.ts";
export { embeddedUrl } from "./embedded/attach.ts";
export {
  DataDirInUseError,
  type Embedded,
  type EmbeddedOptions,
  EmbeddedUnavailableError,
  startEmbedded,
} from "./embedded/mod.ts";
export { clearLeases, holdLease, type LeaseOptions } from "./lease.ts";
export { type Migration, MigrationError, migrate } from "./migrate.ts";
export { dbMigrations } from "./migrations.ts";
