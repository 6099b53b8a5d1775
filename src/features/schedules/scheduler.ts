/**
 * Fires schedules: one process at a time, the leader, by a lease.
 *
 * A firing is `schedule.fired` and the job's `job.submitted` in one commit, all or nothing: the first at the version of
 * the schedule's stream that was read, the second under an id that is derived from the schedule and the instant, in a
 * stream that must not exist yet. So if two processes consider themselves the leader one meets a conflict, a pause is
 * never overlooked, and no crash can come in between.
 *
 * The leader knows when every active schedule is due: from the read model at startup, and from the log as it grows.
 * Time is the database's. Between two instants the leader sleeps, until news of a schedule wakes it.
 */

import type { Logger } from "pino";
import { ofAccount } from "../../../events/account.ts";
import { decode, type KnownNewEvent } from "../../../events/mod.ts";
import { scheduleStream } from "../../../events/schedule.ts";
import { Backoff, pause, type Repeating, unlessAborted } from "../../async/mod.ts";
import { follow } from "../../bus/follow.ts";
import type { Bus } from "../../bus/types.ts";
import { databaseNow, lead, type Sql } from "../../db/mod.ts";
import { jobDecider } from "../../domain/job/job.ts";
import type { JobState } from "../../domain/job/job_state.ts";
import { SCHEDULER_LEASE, type ScheduleState, scheduleDecider } from "../../domain/schedule.ts";
import { readModelPosition } from "../../jobs/queue/read_model.ts";
import { type EventLog, handleAll, isTransient } from "../../log/mod.ts";
import { Agenda, type ScheduledRun } from "./agenda.ts";
import {
  decidedJob,
  decidedSchedule,
  dueCommand,
  firedJobMeta,
  readSchedules,
  type StoredSchedule,
  scheduleMeta,
} from "./commands.ts";
import { activeSchedules } from "./read_model.ts";

/** The database's clock is read at least this often: it may be set, and timers drift. */
const RESYNC_MS = 5_000;
/** Schedules read and fired at once. Each may have a payload of 200 KB. */
const AT_ONCE = 128;

export interface SchedulerOptions {
  readonly log: EventLog;
  readonly bus: Bus;
  /** For the clock, the lease and the read model. */
  readonly sql: Sql;
  /** Identifies this process, different at every start. */
  readonly instance: string;
  readonly logger: Pick<Logger, "info" | "warn" | "error">;
}

/** Fires schedules whenever this process leads. Returns at once; failures are retried. */
export function startScheduler(options: SchedulerOptions): Repeating {
  const { sql, instance: holder, logger } = options;
  return lead({ sql, name: SCHEDULER_LEASE, holder, task: "fire schedules", logger }, (held, worked) =>
    new Term(options, held).run(worked),
  );
}

/** How often to check whether the read model has been built. */
const BUILD_POLL_MS = 100;

/** One leadership. */
class Term {
  readonly #options: SchedulerOptions;
  readonly #agenda = new Agenda();
  readonly #over = new AbortController();
  /** Ends the current sleep. */
  #alarm = new AbortController();

  /** `held` fires when the leadership ends. */
  constructor(options: SchedulerOptions, held: AbortSignal) {
    this.#options = options;
    if (held.aborted) this.#end();
    else held.addEventListener("abort", () => this.#end(), { once: true });
  }

  /** Leads to the end of the term; calls `on_start` when everything active is known. */
  async run(on_start: () => void): Promise<void> {
    const position = await unlessAborted(this.#load(), this.#over.signal);
    if (position === undefined) return;
    on_start();
    this.#options.logger.info({ schedules: this.#agenda.size, position }, "Now firing schedules");
    const parts = [this.#watchLog(position), this.#watchClock()];
    const ends = await Promise.allSettled(parts.map((part) => part.finally(() => this.#end())));
    for (const end of ends) if (end.status === "rejected") throw end.reason;
  }

  #end(): void {
    this.#over.abort();
    this.#alarm.abort();
  }

  /** Resolves to the position of the log up to which everything is known; `undefined` if the term ends before. */
  async #load(): Promise<number | undefined> {
    const { sql } = this.#options;
    // Read first: the rows are then at least as new.
    let position = await readModelPosition(sql, "schedules");
    while (position === undefined) {
      // A service's first moments: the read model is being built.
      if (!(await pause(BUILD_POLL_MS, this.#over.signal))) return undefined;
      position = await readModelPosition(sql, "schedules");
    }
    for (const appointment of await activeSchedules(sql)) this.#agenda.put(appointment);
    return position;
  }

  async #watchLog(after: number): Promise<void> {
    const { log, bus, logger } = this.#options;
    const on_fault = (error: unknown) => logger.warn({ err: error }, "Cannot read the log for schedules; retrying");
    for await (const events of follow({ log, bus, after, signal: this.#over.signal, on_fault })) {
      const news = events.filter(({ stream_id }) => scheduleStream.matches(stream_id));
      for (const event of news) {
        try {
          this.#agenda.see(decode(event));
        } catch (error) {
          // One unreadable event must not keep the other schedules from being fired.
          logger.error({ err: error, position: event.position }, "Cannot read an event of a schedule; skipping it");
        }
      }
      if (news.length > 0) this.#alarm.abort();
    }
  }

  async #watchClock(): Promise<void> {
    const { sql, logger } = this.#options;
    const { signal } = this.#over;
    const backoff = new Backoff(50, 2_000);
    while (!signal.aborted) {
      try {
        const now = await unlessAborted(databaseNow(sql), signal);
        if (now === undefined) return;
        const { due, next_run_at } = this.#agenda.look(now);
        if (due.length > 0) await this.#keepAll(due, now);
        else await this.#sleep(Math.min((next_run_at ?? Number.POSITIVE_INFINITY) - now, RESYNC_MS));
        backoff.reset();
      } catch (error) {
        if (signal.aborted) return;
        logger.warn({ err: error }, "Cannot fire schedules for now; retrying");
        await pause(backoff.next(), signal);
      }
    }
  }

  /** There must be no await between the look at the agenda and this. */
  async #sleep(ms: number): Promise<void> {
    if (this.#over.signal.aborted) return;
    this.#alarm = new AbortController();
    await pause(ms, this.#alarm.signal);
  }

  /** Fires what is due. Rejects with the first fault, when all have had their turn. */
  async #keepAll(due: readonly ScheduledRun[], now: number): Promise<void> {
    const { signal } = this.#over;
    const faults: unknown[] = [];
    for (let start = 0; start < due.length; start += AT_ONCE) {
      const part = due.slice(start, start + AT_ONCE);
      const ids = part.map(({ schedule_id }) => schedule_id);
      const on_fault = (schedule_id: string, err: unknown) =>
        this.#options.logger.error({ schedule_id, err }, "Cannot read a schedule");
      const schedules = await unlessAborted(readSchedules(this.#options.log, ids, on_fault), signal);
      if (schedules === undefined) return;
      const kept = part.map((appointment) => this.#keep(appointment, schedules.get(appointment.schedule_id), now));
      for (const end of await Promise.allSettled(kept)) if (end.status === "rejected") faults.push(end.reason);
    }
    if (faults.length > 0) throw faults[0];
  }

  /** Fires what is due for one schedule, and notes when it is due again. */
  async #keep(appointment: ScheduledRun, schedule: StoredSchedule | undefined, now: number): Promise<void> {
    const { logger } = this.#options;
    const { schedule_id, version } = appointment;
    try {
      if (!schedule) throw new Error(`Cannot fire schedule ${schedule_id}: it is not in the log, or cannot be read`);
      const { state, last } = schedule;
      if (last.version !== version) {
        // Somebody was faster, and the news is still on its way.
        this.#agenda.strike(appointment);
        return this.#agenda.see(decode(last));
      }
      const decision = scheduleDecider.decide(dueCommand(schedule_id, state, now), state);
      if ("rejected" in decision) throw new Error(decision.message);
      const [event] = decision as readonly KnownNewEvent[];
      if (event?.type !== "schedule.fired" && event?.type !== "schedule.misfired") return;
      const recorded = await this.#record(event, { schedule_id, version, state });
      if (!recorded) return;
      this.#agenda.put({ schedule_id, version: version + 1, next_run_at: Date.parse(event.data.next_run_at) });
      if (event.type === "schedule.misfired") logger.warn({ schedule_id, ...event.data }, "A schedule misfired");
    } catch (error) {
      if (isTransient(error)) throw error;
      // A retry will not help soon, and the others must not wait for it.
      this.#agenda.strike(appointment);
      logger.error(
        { schedule_id, err: error },
        "Cannot fire a schedule because of a fault of its own; leaving it alone",
      );
    }
  }

  /** Resolves to whether the schedule was still at the version. */
  async #record(
    event: KnownNewEvent,
    { schedule_id, version, state }: { schedule_id: string; version: number; state: ScheduleState },
  ): Promise<boolean> {
    const { log } = this.#options;
    const { definition } = state;
    if (!definition) throw new Error(`Cannot fire schedule ${schedule_id}: it has no definition`);
    const recorded = {
      events: [event],
      meta: scheduleMeta(schedule_id, { actor: "system:scheduler", ...ofAccount(state.account) }),
    };
    const jobs = event.type === "schedule.fired" ? [event.data.job_id] : [];
    const moved = { ok: false } as const;
    const handled = await handleAll<[ScheduleState, ...JobState[]], typeof moved>(log, {
      streams: [
        { ...decidedSchedule(log, schedule_id), expected: { state, version } },
        ...jobs.map((job_id) => decidedJob(log, job_id)),
      ],
      decide: ([now, ...befores]) => {
        if (now.version !== version) return moved;
        const submissions = befores.map(({ state: before }, i) => {
          const submitted = jobDecider.decide({ type: "submit", submission: definition.job }, before);
          const meta = firedJobMeta({ schedule_id, job_id: jobs[i] as string, version: version + 1, state });
          // The job may exist although this firing is not recorded: then its purpose is fulfilled.
          return { events: "rejected" in submitted ? [] : submitted, meta };
        });
        return [recorded, ...submissions];
      },
    });
    return handled.ok;
  }
}
