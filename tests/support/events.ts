import type { EventMeta } from "../../events/envelope.ts";
import { connect, type Sql } from "../../src/db/mod.ts";
import type { Append, AppendResult, EventLog } from "../../src/log/mod.ts";
import { SEPARATOR } from "../../src/log/schema.ts";

export const meta: EventMeta = { actor: "test", correlation_id: "test" };

/** An append of `count` events to a stream. */
export function appendOf(stream_id: string, expected_version: number, count = 1): Append {
  const events = Array.from({ length: count }, (_, i) => ({
    type: "test.happened",
    data: { stream_id, version: expected_version + 1 + i },
  }));
  return { stream_id, expected_version, events, meta };
}

/** Records a new stream without any checks: events that no current writer would record, but that a log may contain. */
export async function appendUnchecked(
  sql: Sql,
  stream_id: string,
  events: readonly { type: string; data: unknown; meta?: object }[],
): Promise<void> {
  const column = (of: (event: { type: string; data: unknown; meta?: object }, index: number) => unknown) =>
    events.map(of).join(SEPARATOR);
  await sql`
    select from levqor_log.append(
      ${crypto.randomUUID()}, 1, ${column(() => stream_id)}, ${column(() => 0)}, ${column((_, index) => index + 1)},
      ${column(({ type }) => type)}, ${column(() => 1)}, ${column(({ data }) => JSON.stringify(data))},
      ${column((event) => JSON.stringify(event.meta ?? meta))})`;
}

/** An event as it was recorded at some time: when, in which stream, and what. */
export type RecordedAt = readonly [
  recorded_at: string,
  stream_id: string,
  event: { type: string; data: unknown },
  meta?: object,
];

/** Fills an empty log with events of other times, as their owner could alone. Returns the last position. */
export async function recordAt(admin_url: string, events: readonly RecordedAt[]): Promise<number> {
  const admin = connect(admin_url, { max: 1 });
  const versions = new Map<string, number>();
  const rows = events.map(([recorded_at, stream_id, { type, data }, by = meta], index) => {
    const version = (versions.get(stream_id) ?? 0) + 1;
    versions.set(stream_id, version);
    return { position: index + 1, stream_id, version, type, schema_version: 1, data, meta: by, recorded_at };
  });
  await admin`
    insert into levqor_log.events
    select * from json_to_recordset(${JSON.stringify(rows)}::text::json)
      as row (position bigint, stream_id text, version int, type text, schema_version smallint, data json, meta json,
        recorded_at timestamptz)`;
  await admin.end({ timeout: 1 });
  return rows.length;
}

/** Reads the whole log in ranges. */
export async function readAll(log: EventLog) {
  const all = [];
  let after = 0;
  while (true) {
    const range = await log.readRange(after, 5_000);
    if (range.length === 0) return all;
    all.push(...range);
    after = range.at(-1)?.position ?? after;
  }
}

/**
 * Checks a whole log against its writers' results: positions and versions are without gaps, every acknowledged append is in
 * the log, and no other, except those in doubt. Returns what is wrong.
 */
export async function faultsOf(
  log: EventLog,
  answers: ReadonlyArray<{ append: Append; result: AppendResult | "in_doubt" | "unavailable" }>,
): Promise<string[]> {
  const faults: string[] = [];
  const all = await readAll(log);
  const versions = new Map<string, number>();
  const byPosition = new Map<number, (typeof all)[number]>();
  for (const [index, event] of all.entries()) {
    if (event.position !== index + 1) faults.push(`position ${event.position} stands at place ${index + 1}`);
    const version = (versions.get(event.stream_id) ?? 0) + 1;
    if (event.version !== version) faults.push(`${event.stream_id}@${event.version} stands where @${version} should`);
    versions.set(event.stream_id, version);
    byPosition.set(event.position, event);
  }
  let acknowledged = 0;
  let inDoubt = 0;
  for (const { append, result } of answers) {
    if (result === "in_doubt") inDoubt += append.events.length;
    if (typeof result === "string" || !result.ok) continue;
    acknowledged += append.events.length;
    for (let i = 0; i < append.events.length; i++) {
      const event = byPosition.get(result.position + i);
      if (event?.stream_id !== append.stream_id || event.version !== append.expected_version + 1 + i) {
        faults.push(`${append.stream_id}@${append.expected_version + 1 + i} was acknowledged but is not in the log`);
      }
    }
  }
  if (all.length < acknowledged || all.length > acknowledged + inDoubt) {
    faults.push(`the log holds ${all.length} events; ${acknowledged} were acknowledged, ${inDoubt} are in doubt`);
  }
  return faults;
}
