/** The log as a file: written as the client reads it, so that it needs memory for only one part. */
import { stringify } from "csv-stringify/sync";
import { eventId, metaOf, type StoredEvent } from "../../../events/mod.ts";
import { logEventJson } from "../../http/stream/event_json.ts";

/** Events that the first part of an export asks for. */
export const FIRST_PART = 50;

/**
 * Events that the next part asks for, after one of `length` events: 10 to 500. The database reads all that are asked for, even
 * where only a few of them fit into a part: of events of 200 KB, 5. Asking for 500 each time, an export of 82 MB of such events
 * took 106 s.
 */
export function nextPart(length: number): number {
  return Math.min(500, Math.max(10, 2 * length));
}

/** How events are written in one file format. */
export interface EventFile {
  readonly content_type: string;
  readonly extension: string;
  /** What precedes the first event. */
  readonly head: string;
  write(events: readonly StoredEvent[]): string;
}

const COLUMNS = [
  ...["position", "event_id", "stream_id", "version", "type", "schema_version", "recorded_at"],
  ...["actor", "account", "request_id", "correlation_id", "causation_id", "data", "meta"],
];

/**
 * A spreadsheet runs a cell that begins with = + - or @ as a formula, so an apostrophe is put before these: at the beginning of a
 * text, and after what ends a cell where semicolons or tabs separate them. Quotes do not help there: the cell begins elsewhere.
 */
const CSV = {
  escape_formulas: true,
  cast: { string: (text: string) => text.replace(/[;\t][ "]*(?=[=+\-@＝＋－＠])/g, "$&'") },
  record_delimiter: "\r\n",
} as const;

export const eventFiles = {
  ndjson: {
    content_type: "application/x-ndjson",
    extension: "ndjson",
    head: "",
    write: (events) => events.map((event) => `${logEventJson(event)}\n`).join(""),
  },
  csv: {
    content_type: "text/csv; charset=utf-8",
    extension: "csv",
    head: stringify([COLUMNS], CSV),
    write: (events) => stringify(events.map(rowOf), CSV),
  },
} as const satisfies Record<string, EventFile>;

function rowOf(event: StoredEvent): readonly (string | number | undefined)[] {
  const { position, stream_id, version, type, schema_version, recorded_at, data_json, meta_json } = event;
  const { actor, account, request_id, correlation_id, causation_id } = metaOf(event);
  return [
    ...[position, eventId(event), stream_id, version, type, schema_version, recorded_at],
    ...[actor, account, request_id, correlation_id, causation_id, data_json, meta_json],
  ];
}
