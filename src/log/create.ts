/** Creating something that has its own stream: a repetition with the same derived id finds what was created before. */
import type { EventMeta, StoredEvent } from "../../events/envelope.ts";
import { inSlices } from "../async/mod.ts";
import { decodeJson, isSameJson } from "../json/mod.ts";
import type { AppendEvent, EventLog, WrittenEvent } from "./types.ts";

export interface Creation<Event = AppendEvent> {
  readonly stream_id: string;
  /** Its first events, the same each time it is repeated. */
  readonly events: readonly Event[];
  readonly meta: EventMeta;
}

/** `position`: of the first event. Not `ok`: the stream exists, with these events or others. */
export type Created = { readonly ok: true; readonly position: number } | { readonly ok: false };

/** Records a stream's first events, unless it exists. Throws what `append` throws. */
export async function create(log: Pick<EventLog, "append">, creation: Creation): Promise<Created> {
  const result = await log.append({ ...creation, expected_version: 0 });
  return result.ok ? { ok: true, position: result.position } : { ok: false };
}

/** The position of a stream's first event if it begins with the same events; `undefined` if not, or if it is missing. */
export async function createdBySame(
  log: Pick<EventLog, "readStream">,
  { stream_id, events }: Omit<Creation<WrittenEvent>, "meta">,
): Promise<number | undefined> {
  const recorded = await log.readStream(stream_id, { limit: events.length });
  let isSame = recorded.length > 0;
  await inSlices(events.entries(), ([i, event]) => {
    isSame &&= isSameEvent(recorded[i], event);
  });
  return isSame ? recorded[0]?.position : undefined;
}

function isSameEvent(before: StoredEvent | undefined, { type, data_json }: WrittenEvent): boolean {
  if (before?.type !== type) return false;
  return before.data_json === data_json || isSameJson(decodeJson(before.data_json), decodeJson(data_json));
}
