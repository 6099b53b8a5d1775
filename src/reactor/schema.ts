import type { Migration } from "../db/mod.ts";

export const reactorMigrations: readonly Migration[] = [
  {
    name: "reactor/0001_reactions",
    sql: (role) => `
-- How far each reaction has come.
create table levqor_ops.reactions (
  name text collate "C" primary key,
  -- The highest one that has run.
  version int not null,
  -- What follows from the events up to here is done; of what follows from later ones, perhaps some.
  position bigint not null,
  -- The event at which it stopped, and why.
  poison_position bigint,
  poison_message text,
  updated_at timestamptz not null default now()
) with (fillfactor = 20);
comment on table levqor_ops.reactions is 'Positions of the reactions.';
grant select, insert, update, delete on levqor_ops.reactions to ${role};
`,
  },
];
