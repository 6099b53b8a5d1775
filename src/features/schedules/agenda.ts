/** When each active schedule is due next, according to the events seen so far. */
import { entityId, type KnownEvent } from "../../../events/mod.ts";

/** A schedule at a version of its stream. */
export interface ScheduledRun {
  readonly schedule_id: string;
  readonly version: number;
  /** Milliseconds since 1970. */
  readonly next_run_at: number;
}

export class Agenda {
  readonly #appointments = new Map<string, ScheduledRun>();

  /** Active schedules. */
  get size(): number {
    return this.#appointments.size;
  }

  /** Adds an appointment, unless there is a newer one. */
  put(appointment: ScheduledRun): void {
    const known = this.#appointments.get(appointment.schedule_id);
    if (!known || known.version < appointment.version) {
      this.#appointments.set(appointment.schedule_id, appointment);
    }
  }

  /** Removes an appointment, unless there is a newer one. */
  strike({ schedule_id, version }: { schedule_id: string; version: number }): void {
    const known = this.#appointments.get(schedule_id);
    if (known && known.version <= version) this.#appointments.delete(schedule_id);
  }

  /** Applies an event of a schedule, however late or often it arrives. */
  see(event: KnownEvent): void {
    const schedule_id = entityId(event.stream_id);
    const { version } = event;
    switch (event.type) {
      case "schedule.created":
      case "schedule.resumed":
      case "schedule.fired":
      case "schedule.misfired":
        this.put({ schedule_id, version, next_run_at: Date.parse(event.data.next_run_at) });
        break;
      case "schedule.updated":
      case "schedule.triggered": {
        const { next_run_at } = event.data;
        if (next_run_at === null) this.strike({ schedule_id, version });
        else this.put({ schedule_id, version, next_run_at: Date.parse(next_run_at) });
        break;
      }
      case "schedule.paused":
      case "schedule.deleted":
        this.strike({ schedule_id, version });
        break;
    }
  }

  /**
   * What is due at `now`, the longest overdue first, and when the next is due after that (`undefined`: none is known).
   * Looks at every entry: 100,000 of them take about a millisecond.
   */
  look(now: number): { due: ScheduledRun[]; next_run_at: number | undefined } {
    const due: ScheduledRun[] = [];
    let next: number | undefined;
    for (const appointment of this.#appointments.values()) {
      const { next_run_at } = appointment;
      if (next_run_at <= now) due.push(appointment);
      else if (next === undefined || next_run_at < next) next = next_run_at;
    }
    return { due: due.sort((a, b) => a.next_run_at - b.next_run_at), next_run_at: next };
  }
}
