/** Recorded events as JSON text, without parsing what the log keeps as JSON already. */
import { decode, entityId, type StoredEvent, schemaVersion } from "../../../events/mod.ts";

/** An entry of a job's history. */
export function jobEventJson(event: StoredEvent): string {
  return `{"position":${event.position},${common(event)}`;
}

/** The data of a streamed event, in one line. */
export function streamedEventJson(event: StoredEvent): string {
  const { position, stream_id } = event;
  const json = `{"position":${position},"stream_id":"${stream_id}","job_id":"${entityId(stream_id)}",${common(event)}`;
  // In valid JSON, a line break is white space between tokens.
  return json.replace(/[\r\n]+/g, " ");
}

function common(event: StoredEvent): string {
  const { version, type, meta_json, recorded_at } = event;
  return `"version":${version},"type":"${type}","data":${newestData(event)},"meta":${meta_json},"recorded_at":"${recorded_at}"}`;
}

function newestData(event: StoredEvent): string {
  if (event.schema_version === schemaVersion(event.type)) return event.data_json;
  return JSON.stringify(decode(event).data);
}
