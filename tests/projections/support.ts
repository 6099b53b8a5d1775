import type { KnownEvent } from "../../events/mod.ts";

/** Events of one stream as they are read: positions from 101, recorded one second apart from 2026-01-02T03:00:01Z. */
export function history(
  stream_id: string,
  events: ReadonlyArray<{ type: string; data: unknown; recorded_at?: string; meta?: object }>,
): KnownEvent[] {
  return events.map(
    ({ type, data, recorded_at, meta }, i) =>
      ({
        position: 101 + i,
        stream_id,
        version: 1 + i,
        type,
        schema_version: 1,
        data,
        meta: meta ?? { actor: "test", correlation_id: stream_id },
        recorded_at: recorded_at ?? `2026-01-02T03:00:${String(1 + i).padStart(2, "0")}Z`,
      }) as KnownEvent,
  );
}
