/** A span for each traced append of a batch: from when it started to wait until it was committed. */
import type { Tracing } from "./tracing.ts";

interface TracedBatch {
  readonly appends: readonly {
    readonly since: number;
    readonly parts: readonly {
      readonly append: {
        readonly stream_id: string;
        readonly events: readonly { readonly type: string }[];
        readonly meta: { readonly traceparent?: string };
      };
    }[];
  }[];
  readonly sent_at: number;
  readonly failed: boolean;
  readonly events: number;
}

export function traceAppends(tracing: Tracing, { appends, sent_at, failed, events }: TracedBatch): void {
  for (const { since, parts } of appends) {
    for (const { append } of parts) {
      const { traceparent: parent } = append.meta;
      if (parent === undefined) continue;
      const span = tracing.start("append", { kind: "client", parent, started: since });
      span.end({
        error: failed ? "not_recorded" : undefined,
        attributes: {
          "db.system.name": "postgresql",
          "levqor.stream": append.stream_id,
          "levqor.event": append.events[0]?.type,
          "levqor.events": append.events.length,
          "levqor.waited_ms": sent_at - since,
          "levqor.batch.appends": appends.length,
          "levqor.batch.events": events,
        },
      });
    }
  }
}
