/** Creating something that has its own stream. */
import type { EventMeta } from "../../events/envelope.ts";
import type { AppendEvent, EventLog } from "./types.ts";

export interface Creation {
  readonly stream_id: string;
  /** Its first events. */
  readonly events: readonly AppendEvent[];
  readonly meta: EventMeta;
}

/** `position`: of the first event. Not `ok`: the stream exists, with these events or others. */
export type Created = { readonly ok: true; readonly position: number } | { readonly ok: false };

/** Records a stream's first events, unless it exists. Throws what `append` throws. */
export async function create(log: Pick<EventLog, "append">, creation: Creation): Promise<Created> {
  const result = await log.append({ ...creation, expected_version: 0 });
  return result.ok ? { ok: true, position: result.position } : { ok: false };
}
