/** The vault's tables, and the functions that are the only way to change them. */
import type { Migration } from "../db/mod.ts";

/**
 * The key of an advisory lock: shared while a key or a claim is made, exclusive while keys are destroyed. So no key
 * appears for a subject whose keys are being destroyed, and the numbers of destructions are in commit order.
 */
const DESTRUCTION_LOCK = 6_120_447_391_858;

export const vaultMigrations: readonly Migration[] = [
  {
    name: "vault/0001_keys",
    sql: (role) => `
create schema levqor_vault;

create table levqor_vault.keys (
  -- 16 random bytes in base64url.
  key_id text collate "C" primary key,
  subject text collate "C" not null,
  -- What is sealed with it is kept for: a class of personal data; 'index': the key of the blind index.
  class text collate "C" not null check (class in ('profile', 'trace', 'evidence', 'fiscal', 'index')),
  -- The key, encrypted with a master key; null once it is destroyed.
  wrapped bytea,
  -- The id of that master key.
  master_key text collate "C",
  created_at timestamptz not null default clock_timestamp(),
  -- To a day, where the time of a class counts from the last use.
  last_used_at timestamptz,
  -- Whether new values are sealed with it.
  sealing boolean not null,
  destroyed_at timestamptz,
  destroyed_by text collate "C" check (destroyed_by in ('erasure', 'retention')),
  -- Counts destructions, in commit order: from this, processes learn which keys to forget.
  destruction bigint,
  -- Whether the end of its time was reported; null if it was not destroyed for that.
  reported boolean,
  check ((wrapped is null) = (destroyed_at is not null)),
  check ((wrapped is null) = (master_key is null)),
  check ((wrapped is null) = (destroyed_by is not null)),
  check ((wrapped is null) = (destruction is not null)),
  check ((reported is not null) = (coalesce(destroyed_by, '') = 'retention')),
  check (not (sealing and wrapped is null))
);
comment on table levqor_vault.keys is
  'Keys of personal data. A destroyed one stays as a row without its key, so that it differs from one that never existed.';
create unique index one_seals on levqor_vault.keys (subject, class) where sealing;
create index on levqor_vault.keys (subject, class);
create index on levqor_vault.keys (class, coalesce(last_used_at, created_at)) where wrapped is not null;
create index on levqor_vault.keys (master_key, key_id) where wrapped is not null;
create index on levqor_vault.keys (destruction) where destruction is not null;
create index on levqor_vault.keys (key_id) where not reported;

create table levqor_vault.blind_index (
  kind text collate "C" not null,
  -- HMAC-SHA-256 of a value.
  hmac bytea not null,
  subject text collate "C" not null,
  primary key (kind, hmac)
);
create index on levqor_vault.blind_index (subject);
comment on table levqor_vault.blind_index is 'Whose a value is, found by the value, which is not in it.';

-- The key that seals for a subject: the one that does, if it is young enough, else the new one. A null key: the subject
-- was erased.
create function levqor_vault.take_key(
  for_subject text, for_class text, new_id text, new_wrapped bytea, new_master_key text, seals_for interval
) returns table (key_id text, wrapped bytea, master_key text, created_at timestamptz)
language plpgsql security definer set search_path = levqor_vault, pg_temp as $$
#variable_conflict use_column
begin
  -- Without the lock: usually there is one, or they were erased.
  return query select k.key_id, k.wrapped, k.master_key, k.created_at from keys k
    where k.subject = for_subject and k.class = for_class and (k.destroyed_by = 'erasure' or k.sealing and (
      seals_for is null or k.created_at > clock_timestamp() - seals_for))
    order by k.sealing limit 1;
  if found then return; end if;
  perform pg_advisory_xact_lock_shared(${DESTRUCTION_LOCK});
  return query select k.key_id, k.wrapped, k.master_key, k.created_at from keys k
    where k.subject = for_subject and k.class = for_class and k.destroyed_by = 'erasure' limit 1;
  if found then return; end if;
  update keys k set sealing = false
    where k.subject = for_subject and k.class = for_class and k.sealing and k.created_at <= clock_timestamp() - seals_for;
  insert into keys (key_id, subject, class, wrapped, master_key, last_used_at, sealing)
    values (new_id, for_subject, for_class, new_wrapped, new_master_key,
      case when for_class = 'evidence' then clock_timestamp() end, true)
    on conflict (subject, class) where sealing do nothing;
  return query select k.key_id, k.wrapped, k.master_key, k.created_at from keys k
    where k.subject = for_subject and k.class = for_class and k.sealing;
end $$;

-- Destroys all keys of some subjects in some classes, for ever: where there is none, a row without a key says so.
create function levqor_vault.destroy(of_subjects text[], in_classes text[])
returns table (key_id text, subject text, class text)
language plpgsql security definer set search_path = levqor_vault, pg_temp as $$
#variable_conflict use_column
declare
  number bigint;
begin
  if 'index' = any(in_classes) then
    raise exception 'The key of the blind index cannot be destroyed' using errcode = 'insufficient_privilege';
  end if;
  perform pg_advisory_xact_lock(${DESTRUCTION_LOCK});
  number := 1 + coalesce((select k.destruction from keys k
    where k.destruction is not null order by k.destruction desc limit 1), 0);
  return query update keys k set wrapped = null, master_key = null, sealing = false,
      destroyed_at = clock_timestamp(), destroyed_by = 'erasure', destruction = number
    where k.subject = any(of_subjects) and k.class = any(in_classes) and k.wrapped is not null
    returning k.key_id, k.subject, k.class;
  insert into keys (key_id, subject, class, sealing, destroyed_at, destroyed_by, destruction)
    select rtrim(translate(encode(uuid_send(gen_random_uuid()), 'base64'), '+/', '-_'), '='), s, c, false,
      clock_timestamp(), 'erasure', number
    from (select distinct unnest(of_subjects)) as subjects (s), (select distinct unnest(in_classes)) as classes (c)
    where not exists (
      select from keys k where k.subject = s and k.class = c and k.destroyed_by = 'erasure');
  if 'profile' = any(in_classes) then
    delete from blind_index i where i.subject = any(of_subjects);
  end if;
end $$;

-- Destroys up to so many keys of a class whose time is over.
create function levqor_vault.retire(of_class text, kept_for interval, at_most int)
returns table (key_id text, subject text, class text)
language plpgsql security definer set search_path = levqor_vault, pg_temp as $$
#variable_conflict use_column
declare
  number bigint;
begin
  if of_class not in ('trace', 'evidence', 'fiscal') then
    raise exception 'Keys of the class % have no end', of_class using errcode = 'insufficient_privilege';
  end if;
  -- Without the lock: usually there are none.
  if not exists (select from keys k where k.class = of_class and k.wrapped is not null
    and coalesce(k.last_used_at, k.created_at) < clock_timestamp() - kept_for) then return; end if;
  perform pg_advisory_xact_lock(${DESTRUCTION_LOCK});
  number := 1 + coalesce((select k.destruction from keys k
    where k.destruction is not null order by k.destruction desc limit 1), 0);
  return query update keys k set wrapped = null, master_key = null, sealing = false,
      destroyed_at = clock_timestamp(), destroyed_by = 'retention', destruction = number, reported = false
    where k.wrapped is not null and coalesce(k.last_used_at, k.created_at) < clock_timestamp() - kept_for
      and k.key_id in (
        select o.key_id from keys o where o.class = of_class and o.wrapped is not null
          and coalesce(o.last_used_at, o.created_at) < clock_timestamp() - kept_for
        order by coalesce(o.last_used_at, o.created_at) limit at_most)
    returning k.key_id, k.subject, k.class;
end $$;

create function levqor_vault.mark_reported(ids text[]) returns void
language sql security definer set search_path = levqor_vault, pg_temp as $$
  update keys k set reported = true where k.key_id = any(ids) and not k.reported;
$$;

-- Lets the time of a class that counts from the last use begin again. Once a day is enough.
create function levqor_vault.note_use(of_subject text, of_class text) returns void
language sql security definer set search_path = levqor_vault, pg_temp as $$
  update keys k set last_used_at = clock_timestamp()
    where k.subject = of_subject and k.class = of_class and k.wrapped is not null
      and k.last_used_at <= clock_timestamp() - interval '1 day';
$$;

-- Replaces how a key is wrapped, unless it has been replaced or destroyed meanwhile.
create function levqor_vault.rewrap(of_key text, old_master_key text, new_wrapped bytea, new_master_key text)
returns boolean language plpgsql security definer set search_path = levqor_vault, pg_temp as $$
begin
  if new_wrapped is null or new_master_key is null then return false; end if;
  update keys k set wrapped = new_wrapped, master_key = new_master_key
    where k.key_id = of_key and k.master_key = old_master_key and k.wrapped is not null;
  return found;
end $$;

-- Whose a value is from now on: the claimer's, if it is nobody else's. Null: the claimer was erased.
create function levqor_vault.claim(of_kind text, of_hmac bytea, claimer text) returns text
language plpgsql security definer set search_path = levqor_vault, pg_temp as $$
declare
  owner text;
begin
  perform pg_advisory_xact_lock_shared(${DESTRUCTION_LOCK});
  if exists (select from keys k where k.subject = claimer and k.class = 'profile' and k.destroyed_by = 'erasure') then
    return null;
  end if;
  loop
    insert into blind_index (kind, hmac, subject) values (of_kind, of_hmac, claimer) on conflict do nothing;
    select i.subject into owner from blind_index i where i.kind = of_kind and i.hmac = of_hmac;
    -- Else it was released in between.
    if owner is not null then return owner; end if;
  end loop;
end $$;

create function levqor_vault.release(of_kind text, of_hmac bytea, owner text) returns boolean
language plpgsql security definer set search_path = levqor_vault, pg_temp as $$
begin
  delete from blind_index i where i.kind = of_kind and i.hmac = of_hmac and i.subject = owner;
  return found;
end $$;

revoke all on all functions in schema levqor_vault from public;
grant usage on schema levqor_vault to ${role};
grant select on levqor_vault.keys, levqor_vault.blind_index to ${role};
grant execute on all functions in schema levqor_vault to ${role};
`,
  },
];
