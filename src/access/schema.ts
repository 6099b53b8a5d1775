import type { Migration } from "../db/mod.ts";

export const accessMigrations: readonly Migration[] = [
  {
    name: "access/0001_key_uses",
    sql: (role) => `
-- Not events: they would outnumber all others, and say what a request log says better.
create table levqor_ops.key_uses (
  key_id uuid primary key,
  last_used_at timestamptz not null
) with (fillfactor = 50);
comment on table levqor_ops.key_uses is 'When each issued key was used last, to a minute.';
grant select, insert, update on levqor_ops.key_uses to ${role};
`,
  },
];
