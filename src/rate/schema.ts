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
  {
    name: "rate/0002_rare",
    sql: (role) => `
create unlogged table levqor_ops.rate_rare (
  policy text collate "C" not null,
  -- Names nobody.
  scope text collate "C" not null,
  at timestamptz not null
);
create index on levqor_ops.rate_rare (policy, scope, at);
create index on levqor_ops.rate_rare (policy, at);
comment on table levqor_ops.rate_rare is 'When what may rarely happen did, by what it is and whom it counts.';
grant select, insert, update, delete on levqor_ops.rate_rare to ${role};

-- Counts one under all scopes, or under none if one has no room: 0, or the seconds until there is.
create function levqor_ops.admit_rare(what text, wanted text[], quota integer, period interval) returns float8
language plpgsql as $$
declare wait float8;
begin
  -- In one order, so that nobody waits for each other.
  perform pg_advisory_xact_lock(hashtextextended(what || one, 0)) from (select unnest(wanted) as one order by 1) as ordered;
  delete from levqor_ops.rate_rare where ctid in (
    select ctid from levqor_ops.rate_rare where policy = what and at <= clock_timestamp() - period
    limit 100 for update skip locked);
  select max(extract(epoch from at + period - clock_timestamp())) into wait from (
    select at, row_number() over (partition by scope order by at desc) as place from levqor_ops.rate_rare
    where policy = what and scope = any(wanted) and at > clock_timestamp() - period) as counted
  where place = quota;
  if wait is not null then return greatest(wait, 1); end if;
  insert into levqor_ops.rate_rare select what, one, clock_timestamp() from unnest(wanted) as one;
  return 0;
end $$;
grant execute on function levqor_ops.admit_rare to ${role};
`,
  },
  {
    name: "rate/0003_rare_limits",
    sql: (role) => `
drop function levqor_ops.admit_rare;

-- Counts one under each scope by its policy, or none if one of them has no room: 0, or the seconds until all have.
create function levqor_ops.admit_rare(policies text[], scopes text[], quotas integer[], periods interval[]) returns float8
language plpgsql as $$
declare wait float8;
begin
  -- In one order, so that nobody waits for each other.
  perform pg_advisory_xact_lock(hashtextextended(one, 0)) from (
    select distinct p || s as one from unnest(policies, scopes) as limits (p, s) order by 1) as ordered;
  delete from levqor_ops.rate_rare where ctid in (
    select r.ctid from levqor_ops.rate_rare r
    join (select distinct p, period from unnest(policies, periods) as limits (p, period)) as own
      on r.policy = own.p and r.at <= clock_timestamp() - own.period
    limit 100 for update of r skip locked);
  select max(extract(epoch from last.at + period - clock_timestamp())) into wait
  from unnest(policies, scopes, quotas, periods) as limits (p, s, quota, period), lateral (
    select at from levqor_ops.rate_rare r
    where r.policy = p and r.scope = s and r.at > clock_timestamp() - period
    order by at desc offset quota - 1 limit 1) as last;
  if wait is not null then return greatest(wait, 1); end if;
  insert into levqor_ops.rate_rare select p, s, clock_timestamp() from unnest(policies, scopes) as limits (p, s);
  return 0;
end $$;
grant execute on function levqor_ops.admit_rare to ${role};
`,
  },
];
