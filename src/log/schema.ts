/** The log's tables and the one function that writes them. */

/** Positions in one partition. A stream's version is looked up in each, which costs about 3 % of the append rate per partition. */
export const PARTITION_SPAN = 100_000_000;

/** Between the values of one column in a batch: JSON text cannot contain it raw, ids and types must not. */
export const SEPARATOR = "\u001e";

/** Of a row of `batch`: its append met another version, or one that it is to be taken together with did. */
const REFUSED = `actual_version <> expected_version or (together is not null and together = any(array(
      select other.together from batch other
      where other.together is not null and other.actual_version <> other.expected_version)))`;

/** `role` is the service's: it may read, and write through `append` alone. */
export const logMigrations = [
  {
    name: "log/0001_events",
    sql: (role: string) => `
create table levqor_log.events (
  position bigint not null primary key,
  stream_id text collate "C" not null,
  version int not null check (version > 0),
  type text collate "C" not null,
  schema_version smallint not null,
  data json not null,
  meta json not null,
  recorded_at timestamptz not null
) partition by range (position);
comment on table levqor_log.events is
  'Append-only. Positions are dense and in commit order; an event''s id is stream_id@version. Written by levqor_log.append alone.';

-- One row; its lock is what puts the commits of all processes in one order.
create table levqor_log.head (
  only_row boolean primary key default true check (only_row),
  position bigint not null
) with (fillfactor = 10);
insert into levqor_log.head (position) values (0);

-- Each writer's last batch and what became of it, so that a batch sent twice is applied once.
create table levqor_log.writers (
  writer uuid primary key,
  batch bigint not null,
  first_position bigint not null,
  recorded_at timestamptz not null,
  conflicts text
) with (fillfactor = 50);

create function levqor_log.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'The log is append-only: cannot % %.%', tg_op, tg_table_schema, tg_table_name
    using errcode = 'insufficient_privilege';
end $$;
create trigger append_only before update or delete on levqor_log.events
  for each row execute function levqor_log.refuse_change();
create trigger append_only_truncate before truncate on levqor_log.events
  for each statement execute function levqor_log.refuse_change();

-- Makes sure that the partition of a position exists, and the one after it.
create function levqor_log.ensure_partitions(upto bigint) returns void
language plpgsql security definer set search_path = levqor_log, pg_temp as $$
declare
  span constant bigint := ${PARTITION_SPAN};
  n bigint;
  partition text;
begin
  perform pg_advisory_xact_lock(hashtext('levqor_log.ensure_partitions'));
  for n in upto / span .. upto / span + 1 loop
    partition := format('events_%s', lpad(n::text, 6, '0'));
    if to_regclass('levqor_log.' || partition) is null then
      -- Built aside and then attached: attaching lets readers and writers go on.
      execute format('create table levqor_log.%I (like levqor_log.events including defaults including constraints)', partition);
      execute format('alter table levqor_log.%I add check (position >= %s and position < %s)', partition, n * span, (n + 1) * span);
      -- Unique across partitions too: append checks every one of them under the head's lock.
      execute format('create unique index on levqor_log.%I (stream_id, version)', partition);
      execute format('create trigger append_only_truncate before truncate on levqor_log.%I for each statement execute function levqor_log.refuse_change()', partition);
      execute format('alter table levqor_log.events attach partition levqor_log.%I for values from (%s) to (%s)', partition, n * span, (n + 1) * span);
    end if;
  end loop;
end $$;
select levqor_log.ensure_partitions(0);

-- Appends a batch: row i of every column is one event. An append is the rows of one stream; it is
-- taken whole if the stream's last version is the expected one, else left out and named in
-- conflicts as "<row>:<actual version>". A batch holds at most one append per stream.
create function levqor_log.append(
  writer_id uuid, batch_number bigint,
  stream_ids text, expected_versions text, versions text, types text, schema_versions text, datas text, metas text,
  out first_position bigint, out recorded_at timestamptz, out conflicts text
) language plpgsql security definer set search_path = levqor_log, pg_temp
-- Planned once, not at every call: that took half of a small batch's time. By index, however empty the table is then.
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
declare
  separator constant text := chr(30);
  head_position bigint;
  appended int;
  previous levqor_log.writers;
begin
  select position into strict head_position from levqor_log.head for update;

  select * into previous from levqor_log.writers w where w.writer = writer_id;
  if previous.batch = batch_number then
    first_position := previous.first_position;
    recorded_at := previous.recorded_at;
    conflicts := previous.conflicts;
    return;
  elsif previous.batch > batch_number then
    raise exception 'Batch % of writer % comes after its batch %', batch_number, writer_id, previous.batch
      using errcode = 'object_not_in_prerequisite_state';
  end if;

  first_position := head_position + 1;
  recorded_at := clock_timestamp();
  with batch as materialized (
    select b.*, coalesce(last.version, 0) as actual_version
    from unnest(
      string_to_array(stream_ids, separator),
      string_to_array(expected_versions, separator)::int[],
      string_to_array(versions, separator)::int[],
      string_to_array(types, separator),
      string_to_array(schema_versions, separator)::smallint[],
      string_to_array(datas, separator),
      string_to_array(metas, separator)
    ) with ordinality as b (stream_id, expected_version, version, type, schema_version, data, meta, row)
    left join lateral (
      select e.version from levqor_log.events e where e.stream_id = b.stream_id order by e.version desc limit 1
    ) as last on true
  ), inserted as (
    insert into levqor_log.events (position, stream_id, version, type, schema_version, data, meta, recorded_at)
    select head_position + row_number() over (order by row), stream_id, version, type, schema_version, data::json, meta::json, recorded_at
    from batch where actual_version = expected_version
    returning 1
  )
  select
    (select string_agg(row || ':' || actual_version, ',') from batch where actual_version <> expected_version),
    (select count(*) from inserted)
  into conflicts, appended;

  update levqor_log.head set position = head_position + appended;
  insert into levqor_log.writers (writer, batch, first_position, recorded_at, conflicts)
    values (writer_id, batch_number, first_position, recorded_at, conflicts)
    on conflict (writer) do update set
      batch = excluded.batch, first_position = excluded.first_position,
      recorded_at = excluded.recorded_at, conflicts = excluded.conflicts;
end $$;

revoke all on all functions in schema levqor_log from public;
grant usage on schema levqor_log to ${role};
grant select on levqor_log.events, levqor_log.head to ${role};
grant execute on function levqor_log.append, levqor_log.ensure_partitions to ${role};
`,
  },
  {
    name: "log/0002_append_together",
    sql: (role: string) => `
-- Processes of the version before call it with nine arguments, and go on to.
drop function levqor_log.append;

-- Appends a batch: row i of every column is one event. An append is the rows of one stream; it is
-- taken whole if the stream's last version is the expected one, else left out and named in
-- conflicts as "<row>:<actual version>". Appends with the same number in together are taken or left
-- out all at once; the number is empty for those that stand alone, together null where all do. A batch
-- holds at most one append per stream.
create function levqor_log.append(
  writer_id uuid, batch_number bigint,
  stream_ids text, expected_versions text, versions text, types text, schema_versions text, datas text, metas text,
  together text default null,
  out first_position bigint, out recorded_at timestamptz, out conflicts text
) language plpgsql security definer set search_path = levqor_log, pg_temp
-- Planned once, not at every call: that took half of a small batch's time. By index, however empty the table is then.
set plan_cache_mode = force_generic_plan set enable_seqscan = off as $$
#variable_conflict use_column
declare
  separator constant text := chr(30);
  head_position bigint;
  appended int;
  previous levqor_log.writers;
begin
  select position into strict head_position from levqor_log.head for update;

  select * into previous from levqor_log.writers w where w.writer = writer_id;
  if previous.batch = batch_number then
    first_position := previous.first_position;
    recorded_at := previous.recorded_at;
    conflicts := previous.conflicts;
    return;
  elsif previous.batch > batch_number then
    raise exception 'Batch % of writer % comes after its batch %', batch_number, writer_id, previous.batch
      using errcode = 'object_not_in_prerequisite_state';
  end if;

  first_position := head_position + 1;
  recorded_at := clock_timestamp();
  with batch as materialized (
    select b.*, coalesce(last.version, 0) as actual_version
    from unnest(
      string_to_array(stream_ids, separator),
      string_to_array(expected_versions, separator)::int[],
      string_to_array(versions, separator)::int[],
      string_to_array(types, separator),
      string_to_array(schema_versions, separator)::smallint[],
      string_to_array(datas, separator),
      string_to_array(metas, separator),
      string_to_array(together, separator, '')::int[]
    ) with ordinality as b (stream_id, expected_version, version, type, schema_version, data, meta, together, row)
    left join lateral (
      select e.version from levqor_log.events e where e.stream_id = b.stream_id order by e.version desc limit 1
    ) as last on true
  ), inserted as (
    insert into levqor_log.events (position, stream_id, version, type, schema_version, data, meta, recorded_at)
    select head_position + row_number() over (order by row), stream_id, version, type, schema_version, data::json, meta::json, recorded_at
    from batch where not (${REFUSED})
    returning 1
  )
  select
    (select string_agg(row || ':' || actual_version, ',') from batch where ${REFUSED}),
    (select count(*) from inserted)
  into conflicts, appended;

  update levqor_log.head set position = head_position + appended;
  insert into levqor_log.writers (writer, batch, first_position, recorded_at, conflicts)
    values (writer_id, batch_number, first_position, recorded_at, conflicts)
    on conflict (writer) do update set
      batch = excluded.batch, first_position = excluded.first_position,
      recorded_at = excluded.recorded_at, conflicts = excluded.conflicts;
end $$;

revoke all on function levqor_log.append from public;
grant execute on function levqor_log.append to ${role};
`,
  },
];
