/** All migrations of the database, oldest part first. */
import { accessMigrations } from "./access/schema.ts";
import { dbMigrations, type Migration } from "./db/mod.ts";
import { logMigrations } from "./log/schema.ts";
import { projectorMigrations } from "./projector/schema.ts";
import { rateMigrations } from "./rate/schema.ts";
import { reactorMigrations } from "./reactor/schema.ts";
import { vaultMigrations } from "./vault/schema.ts";

export const migrations: readonly Migration[] = [
  ...dbMigrations,
  ...logMigrations,
  ...projectorMigrations,
  ...rateMigrations,
  ...reactorMigrations,
  ...accessMigrations,
  ...vaultMigrations,
];
