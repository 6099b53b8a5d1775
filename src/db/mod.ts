export { databaseNow } from "./clock.ts";
export { closedConnections, connect, type Sql, withSession } from "./connect.ts";
export { embeddedUrl } from "./embedded/attach.ts";
export {
  DataDirInUseError,
  DataDirUnusableError,
  type Embedded,
  EmbeddedUnavailableError,
  type OwnSecret,
  ownSecret,
  startEmbedded,
} from "./embedded/mod.ts";
export { connectionFault, isUndefinedTable } from "./faults.ts";
export { type LeadOptions, lead } from "./lead.ts";
export { clearLeases, holdLease } from "./lease.ts";
export { type Migration, MigrationError, migrate } from "./migrate.ts";
export { dbMigrations } from "./migrations.ts";
export { type Database, openDatabase } from "./open.ts";
export { type SweepOptions, sweep } from "./sweep.ts";
export { inTransaction, type Transaction } from "./transaction.ts";
