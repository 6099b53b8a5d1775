/** Filters events of the log: as a condition of a query, and for single events. */
import { OPERATOR } from "../../../events/account.ts";
import type { StoredEvent } from "../../../events/envelope.ts";
import { metaOf } from "../../../events/mod.ts";
import { microseconds } from "../../../events/time.ts";
import type { Sql } from "../../db/mod.ts";
import type { EventFilter } from "./schemas.ts";

export function filterCondition(sql: Sql, filter: EventFilter) {
  const { types, category, stream, actor, account, subject, request_id, from, until } = filter;
  return sql`
    ${types === undefined ? sql`` : sql`and type = any(${types.split(",")}::text[])`}
    ${category === undefined ? sql`` : sql`and stream_id >= ${`${category}-`} and stream_id < ${`${category}.`}`}
    ${stream === undefined ? sql`` : sql`and stream_id = ${stream}`}
    ${actor === undefined ? sql`` : sql`and meta->>'actor' = ${actor}`}
    ${account === undefined ? sql`` : sql`and coalesce(meta->>'account', ${OPERATOR}) = ${account}`}
    ${subject === undefined ? sql`` : sql`and meta->>'subject' = ${subject}`}
    ${request_id === undefined ? sql`` : sql`and meta->>'request_id' = ${request_id}`}
    ${from === undefined ? sql`` : sql`and recorded_at >= ${microseconds(from)}`}
    ${until === undefined ? sql`` : sql`and recorded_at < ${microseconds(until)}`}`;
}

/** The same for one event, without times: a live event is never in a past period. */
export function matches(filter: Omit<EventFilter, "from" | "until">): (event: StoredEvent) => boolean {
  const { category, stream, actor, account, subject, request_id } = filter;
  const types = filter.types === undefined ? undefined : new Set(filter.types.split(","));
  const asked = Object.entries({ actor, subject, request_id }).filter(([, wanted]) => wanted !== undefined);
  return (event) => {
    if (types && !types.has(event.type)) return false;
    if (category !== undefined && !event.stream_id.startsWith(`${category}-`)) return false;
    if (stream !== undefined && event.stream_id !== stream) return false;
    if (asked.length === 0 && account === undefined) return true;
    const meta = metaOf(event);
    if (account !== undefined && (meta.account ?? OPERATOR) !== account) return false;
    return asked.every(([name, wanted]) => meta[name as "actor"] === wanted);
  };
}
