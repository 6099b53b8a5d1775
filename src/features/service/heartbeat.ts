/** Records the service's own life: started, alive, stopped. Uptime is computed from it. */
import type { NewEvent } from "../../../events/envelope.ts";
import type { ServiceHeartbeat, ServiceStarted, ServiceStopped } from "../../../events/service.ts";
import { serviceStream } from "../../../events/service.ts";
import { every } from "../../async/mod.ts";
import { type EventLog, handle } from "../../log/mod.ts";

/** Uptime counts minutes with at least one beat; with two beats a minute, one of them may be late. */
const BEAT_MS = 30_000;

type ServiceEvent =
  | NewEvent<"service.started", ServiceStarted>
  | NewEvent<"service.heartbeat", ServiceHeartbeat>
  | NewEvent<"service.stopped", ServiceStopped>;

/** Whatever happened before. */
const anyEvent = { initial: null, evolve: () => null, decide: (event: ServiceEvent) => [event] };

export interface HeartbeatOptions {
  readonly log: EventLog;
  /** The process's id, new at each start. */
  readonly instance: string;
  readonly started: ServiceStarted;
  /** Called for the first beat in a row that could not be recorded: that minute may count as down. */
  readonly on_fault: (error: unknown) => void;
  /** Called when one is recorded again. */
  readonly on_recovery?: () => void;
  /** {@link BEAT_MS} by default. */
  readonly beat_ms?: number;
}

export interface Heartbeat {
  /** Records the end. */
  stop(reason: string): Promise<void>;
}

/** Records the start, and a beat every half minute until stopped. */
export function startHeartbeat(options: HeartbeatOptions): Heartbeat {
  const { log, instance, started, beat_ms = BEAT_MS, ...reports } = options;
  const stream_id = serviceStream(instance);
  const meta = { actor: `system:${instance}`, correlation_id: instance };
  let version = 0;

  const record = async (event: ServiceEvent) => {
    // Nobody else writes this stream: what is there beyond the expected version is an earlier event of ours whose
    // outcome was unknown.
    const expected = { state: null, version };
    ({ version } = await handle(log, { stream_id, decider: anyEvent, command: event, meta, expected }));
  };

  let next: ServiceEvent = { type: "service.started", data: started };
  const beating = every(
    beat_ms,
    () => {
      const event = next;
      next = { type: "service.heartbeat", data: {} };
      return record(event);
    },
    reports,
  );
  return {
    async stop(reason) {
      await beating.stop();
      await record({ type: "service.stopped", data: { reason } }).catch(options.on_fault);
    },
  };
}
