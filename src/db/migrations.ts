import type { Migration } from "./migrate.ts";

/**
 * The schemas of the database: `levqor_log` the log, `levqor_read` the read models, `levqor_ops` operational state. The
 * service's role owns only `levqor_read`, in which the projector creates tables.
 */
export const dbMigrations: readonly Migration[] = [
  {
    name: "db/0001_schemas",
    sql: (role) => `
      create schema levqor_log;
      create schema levqor_read authorization ${role};
      grant usage on schema levqor_ops, levqor_log to ${role};
      grant select on levqor_ops.migrations to ${role};

      -- Unlogged: a crash of Postgres empties it, and with it end the leases of those who worked from what was lost.
      create unlogged table levqor_ops.leases (
        name text primary key,
        holder text not null,
        expires_at timestamptz not null
      );
      grant select, insert, update, delete on levqor_ops.leases to ${role};
    `,
  },
];
