/** Reads the log with a filter, part by part: no query returns more than fits into memory. */
import type { StoredEvent } from "../../../events/envelope.ts";
import type { Sql } from "../../db/mod.ts";
import { filterCondition } from "./event_filter.ts";
import type { EventFilter } from "./schemas.ts";

/** Positions that one query searches by default. */
const SCAN_POSITIONS = 10_000;
/** The maximum length of data and meta that one query returns, except for a single event. */
const MAX_LENGTH = 1_000_000;

export interface Scan {
  /** The position after which to search. */
  readonly after: number;
  /** The last position to search. */
  readonly until: number;
  /** The maximum number of events. */
  readonly limit: number;
  /** The maximum number of positions to search. */
  readonly positions?: number | undefined;
}

export interface ScanResult {
  /** In order of position. */
  readonly events: readonly StoredEvent[];
  /** All matches up to here are among `events`, or were before. */
  readonly position: number;
}

/** The matches in the next part of the log. */
export async function scanEvents(
  sql: Sql,
  filter: EventFilter,
  { after, until, limit, positions = SCAN_POSITIONS }: Scan,
): Promise<ScanResult> {
  // One stream has its own index: all of it is searched.
  const end = filter.stream === undefined ? Math.min(until, after + positions) : until;
  const events = await sql<StoredEvent[]>`
    select position, stream_id, version, type, schema_version, data as data_json, meta as meta_json, recorded_at
    from (
      select *, row_number() over up_to as nth, sum(length(data::text) + length(meta::text)) over up_to as sum
      from (
        select * from levqor_log.events
        where position > ${after} and position <= ${end} ${filterCondition(sql, filter)}
        order by ${filter.stream === undefined ? sql`position` : sql`version`} limit ${limit}
      ) as found
      window up_to as (order by position rows unbounded preceding)
    ) as measured
    where nth = 1 or sum <= ${MAX_LENGTH}
    order by position`;
  const last = events.at(-1);
  if (!last || (events.length < limit && (await isLast(sql, filter, { after: last.position, end })))) {
    return { events, position: end };
  }
  return { events, position: last.position };
}

/** Whether there are no more matches up to `end`: fewer events than requested may be all that fit into memory. */
async function isLast(sql: Sql, filter: EventFilter, { after, end }: { after: number; end: number }): Promise<boolean> {
  const more = await sql`
    select from levqor_log.events
    where position > ${after} and position <= ${end} ${filterCondition(sql, filter)}
    limit 1`;
  return more.length === 0;
}
