import type { Migration } from "../db/mod.ts";

/** What processes tell each other about the requests that they admitted: rows of a minute. */
export const rateMigrations: readonly Migration[] = [
  {
    name: "rate/0001_counts",
    sql: (role) => `
-- Not logged: it is written often, worth little, and should be in no backup. A crash empties it.
create unlogged table levqor_ops.rate_counts (
  -- A salted hash of a policy and whom it counts: an address is in no table.
  scope text collate "C" not null,
  -- The ten seconds in which they were admitted, since 1970.
  slot bigint not null,
  -- The process that admitted them.
  instance text collate "C" not null,
  count bigint not null,
  primary key (scope, slot, instance)
) with (fillfactor = 50);
create index on levqor_ops.rate_counts (slot);
comment on table levqor_ops.rate_counts is 'Requests admitted in the last minute, by scope, slot and process.';
grant select, insert, update, delete on levqor_ops.rate_counts to ${role};

create table levqor_ops.rate_salt (salt uuid not null);
insert into levqor_ops.rate_salt values (gen_random_uuid());
grant select on levqor_ops.rate_salt to ${role};
`,
  },
];
