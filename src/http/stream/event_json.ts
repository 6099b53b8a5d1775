/** Recorded events as JSON text, without parsing what the log stores as JSON already. */
import { decode, entityId, eventId, type StoredEvent, schemaVersion } from "../../../events/mod.ts";

/** An entry of a job's history. */
export function jobEventJson(event: StoredEvent): string {
  return `{"position":${event.position},${common(event)}`;
}

/** An event of the log as it was recorded, in one line, whatever its schema was then. */
export function logEventJson(event: StoredEvent): string {
  const { position, stream_id, version, type, schema_version, data_json, meta_json, recorded_at } = event;
  const json = `{"event_id":"${eventId(event)}","position":${position},"stream_id":"${stream_id}","version":${version},"type":"${type}","schema_version":${schema_version},"data":${data_json},"meta":${meta_json},"recorded_at":"${recorded_at}"}`;
  return inOneLine(json);
}

/** The data of a streamed event, in one line. */
export function streamedEventJson(event: StoredEvent): string {
  const { position, stream_id } = event;
  const json = `{"position":${position},"stream_id":"${stream_id}","job_id":"${entityId(stream_id)}",${common(event)}`;
  return inOneLine(json);
}

/** In valid JSON, a line break is white space between tokens. */
function inOneLine(json: string): string {
  return json.replace(/[\r\n]+/g, " ");
}

function common(event: StoredEvent): string {
  const { version, type, meta_json, recorded_at } = event;
  const erased = event.erased ? `,"erased":${JSON.stringify(event.erased)}` : "";
  return `"version":${version},"type":"${type}","data":${newestData(event)},"meta":${meta_json},"recorded_at":"${recorded_at}"${erased}}`;
}

function newestData(event: StoredEvent): string {
  if (event.schema_version === schemaVersion(event.type)) return event.data_json;
  return JSON.stringify(decode(event).data);
}
