import type { Migration } from "../db/mod.ts";

/** The projector's own table. Read models lie in `levqor_read`, which the service's role owns. */
export const projectorMigrations: readonly Migration[] = [
  {
    name: "projector/0001_projections",
    sql: (role) => `
-- How far each version of each read model has come, and which version readers see.
create table levqor_ops.projections (
  name text collate "C" not null,
  version int not null,
  -- Shown by the view levqor_read.<name>; a version that is not is being built.
  live boolean not null,
  -- The last event that the table contains.
  position bigint not null default 0,
  -- Raised when a rebuilt table takes this one's place: what its runner holds in memory is then void.
  generation int not null default 0,
  -- The event at which the fold stopped, and what it said.
  poison_position bigint,
  poison_message text,
  updated_at timestamptz not null default now(),
  primary key (name, version)
) with (fillfactor = 20);
create unique index on levqor_ops.projections (name) where live;
comment on table levqor_ops.projections is 'Checkpoints of the read models in levqor_read.';
grant select, insert, update, delete on levqor_ops.projections to ${role};
`,
  },
];
