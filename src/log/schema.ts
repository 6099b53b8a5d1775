/** The log's tables and the one function that writes them. */

/**
 * Positions in one partition. A stream's version is looked up in each, which costs about 3 % of the append rate per
 * partition.
 */
export const PARTITION_SPAN = 100_000_000;

/** Between the values of one column in a batch: JSON text cannot contain it raw, ids and types must not. */
export const SEPARATOR = "\u001e";

/** The key of the advisory lock under which batches are appended, one after the other. */
const APPEND_LOCK = 5_382_771_905_413;

/** `role` is the service's: it may read, and write only through `append`. */
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
      -- Unique across partitions too: append checks every one of them under its lock.
      execute format('create unique index on levqor_log.%I (stream_id, version)', partition);
      execute format('create trigger append_only_truncate before truncate on levqor_log.%I for each statement execute function levqor_log.refuse_change()', partition);
      execute format('alter table levqor_log.events attach partition levqor_log.%I for values from (%s) to (%s)', partition, n * span, (n + 1) * span);
    end if;
  end loop;
end $$;
select levqor_log.ensure_partitions(0);

revoke all on all functions in schema levqor_log from public;
grant usage on schema levqor_log to ${role};
grant select on levqor_log.events to ${role};
grant execute on function levqor_log.ensure_partitions to ${role};
`,
  },
  {
    name: "log/0002_append",
    sql: (role: string) => `
-- What came before it. Processes of that version call append with nine arguments, and go on to.
drop function if exists levqor_log.append;
drop table if exists levqor_log.writers, levqor_log.head;

-- Each writer's last batches and what became of them, so that a batch sent twice is applied once. Only added to, but
-- for a clearing now and then: under an old snapshot, a dump's for example, versions of one row would pile up.
create table levqor_log.writers (
  writer uuid not null,
  batch bigint not null,
  first_position bigint not null,
  recorded_at timestamptz not null,
  conflicts text,
  primary key (writer, batch)
);

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
  previous levqor_log.writers;
  refused bigint[];
begin
  -- Held until the commit: it puts the commits of all processes in one order.
  perform pg_advisory_xact_lock(${APPEND_LOCK});
  select coalesce((select e.position from levqor_log.events e order by e.position desc limit 1), 0) into head_position;

  select * into previous from levqor_log.writers w where w.writer = writer_id order by w.batch desc limit 1;
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
      string_to_array(together, separator, '')::int[]
    ) with ordinality as b (stream_id, expected_version, together, row)
    left join lateral (
      select e.version from levqor_log.events e where e.stream_id = b.stream_id order by e.version desc limit 1
    ) as last on true
  )
  select string_agg(row || ':' || actual_version, ','), array_agg(row) from batch
  where actual_version <> expected_version or (together is not null and together = any(array(
    select other.together from batch other
    where other.together is not null and other.actual_version <> other.expected_version)))
  into conflicts, refused;

  insert into levqor_log.events (position, stream_id, version, type, schema_version, data, meta, recorded_at)
  select head_position + row - coalesce((select count(*) from unnest(refused) as r where r < row), 0),
    stream_id, version, type, schema_version, data::json, meta::json, recorded_at
  from unnest(
    string_to_array(stream_ids, separator),
    string_to_array(versions, separator)::int[],
    string_to_array(types, separator),
    string_to_array(schema_versions, separator)::smallint[],
    string_to_array(datas, separator),
    string_to_array(metas, separator)
  ) with ordinality as b (stream_id, version, type, schema_version, data, meta, row)
  where refused is null or row <> all(refused);

  insert into levqor_log.writers (writer, batch, first_position, recorded_at, conflicts)
    values (writer_id, batch_number, first_position, recorded_at, conflicts);
  if batch_number % 1000 = 0 then
    delete from levqor_log.writers w where w.writer = writer_id and w.batch < batch_number;
  end if;
end $$;

revoke all on function levqor_log.append from public;
grant execute on function levqor_log.append to ${role};
`,
  },
];
