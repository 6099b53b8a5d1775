/** Records the service's own life: started, alive in each minute, stopped. Uptime is computed from it. */
import type { NewEvent } from "../../../events/envelope.ts";
import type { ServiceHeartbeat, ServiceStarted, ServiceStopped } from "../../../events/service.ts";
import { serviceStream } from "../../../events/service.ts";
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
  /** Called for each beat that could not be recorded: that minute may count as down. */
  readonly on_fault: (error: unknown) => void;
}

export interface Heartbeat {
  /** Records the end. */
  stop(reason: string): Promise<void>;
}

/** Records the start, and a beat every half minute until stopped. */
export function startHeartbeat({ log, instance, started, on_fault }: HeartbeatOptions): Heartbeat {
  const stream_id = serviceStream(instance);
  const meta = { actor: `system:${instance}`, correlation_id: instance };
  let version = 0;
  let recording = Promise.resolve();

  const record = (event: ServiceEvent) => {
    recording = recording.then(async () => {
      try {
        // Nobody else writes this stream: what is there beyond the expected version is an earlier event of ours whose
        // outcome was unknown.
        const expected = { state: null, version };
        ({ version } = await handle(log, { stream_id, decider: anyEvent, command: event, meta, expected }));
      } catch (error) {
        on_fault(error);
      }
    });
    return recording;
  };

  record({ type: "service.started", data: started });
  const timer = setInterval(() => record({ type: "service.heartbeat", data: {} }), BEAT_MS);
  return {
    stop(reason) {
      clearInterval(timer);
      return record({ type: "service.stopped", data: { reason } });
    },
  };
}
