/**
 * Counts reports of errors, and records them by group.
 *
 * ```text
 *   report ──▶ counted ──the group is due──▶ one event for all reports since the last one
 * ```
 *
 * Anonymous callers may report, so everything is bounded: the number of new groups, of events, and of groups that a process
 * counts. Counted reports are lost only if the process crashes: those of the last minute for a new group, of the last hour for
 * a noisy one (`domain/error.ts`). So the figures of groups are never too high, and too low by no more than that.
 */
import type { Logger } from "pino";
import type { EventMeta } from "../../../events/envelope.ts";
import { errorStream, type ReportedError } from "../../../events/error.ts";
import type { KnownEvent } from "../../../events/mod.ts";
import { HOUR_MS } from "../../../events/time.ts";
import { every } from "../../async/mod.ts";
import { type ErrorCommand, errorDecider, nextRecording } from "../../domain/error.ts";
import { type EventLog, handle } from "../../log/mod.ts";
import { Allowance, RecentMap } from "../../rate/mod.ts";

/** Limits of each process: a burst, and the number per hour after it. New groups: of each caller, and of all anonymous ones together. */
export const NEW_GROUPS = { at_once: 100, an_hour: 20 } as const;
export const EVENTS = { at_once: 1_000, an_hour: 600 } as const;
/** Maximum number of groups that a process counts when an anonymous caller reports another one; for other callers twice as many. */
export const COUNTED_MAX = 1_000;
/** Callers with an allowance; it is full again before it is forgotten, unless twice as many others report meanwhile. */
const ALLOWANCES = { max: 10_000, keep_ms: (NEW_GROUPS.at_once / NEW_GROUPS.an_hour) * HOUR_MS } as const;
const SWEEP_EVERY_MS = 5_000;
/** The longest time for which reports are only counted: an error that was resolved meanwhile is open again that soon. */
const ASK_EVERY_MS = 60_000;

interface Group {
  /** The number of reports that are not recorded yet, and the newest one. */
  reports: number;
  newest: ReportedError;
  cause: Pick<EventMeta, "request_id" | "traceparent">;
  /** What a new group counts against: whoever reports it first, or an identified caller after an anonymous one. */
  allowance: Allowance;
  /** Until this time, in milliseconds since 1970, reports are only counted; then the stream decides whether to record them. */
  quiet_until: number;
  /** The event that is being recorded. */
  recording?: Promise<CollectResult | "refused"> | undefined;
}

export interface Report extends Pick<Group, "newest" | "cause"> {
  /** Identifies the caller; `undefined`: anonymous. */
  readonly by: string | undefined;
}

/** `undefined`: neither recorded nor counted. */
export type CollectResult = { readonly status: "recorded" | "counted"; readonly position?: number } | undefined;

export interface CollectorOptions {
  readonly log: EventLog;
  /** Milliseconds since 1970; the system's clock by default. */
  readonly now?: () => number;
  readonly new_groups?: { readonly at_once: number; readonly an_hour: number };
  readonly events?: { readonly at_once: number; readonly an_hour: number };
  readonly counted_max?: number;
}

export class ErrorCollector {
  readonly #log: EventLog;
  readonly #now: () => number;
  readonly #newGroups: { readonly at_once: number; readonly an_hour: number };
  readonly #anonymous: Allowance;
  readonly #callers = new RecentMap<Allowance>(ALLOWANCES);
  readonly #events: Allowance;
  readonly #max: number;
  readonly #groups = new Map<string, Group>();

  constructor({
    log,
    now = Date.now,
    new_groups = NEW_GROUPS,
    events = EVENTS,
    counted_max = COUNTED_MAX,
  }: CollectorOptions) {
    this.#log = log;
    this.#now = now;
    this.#newGroups = new_groups;
    this.#anonymous = new Allowance(new_groups, now);
    this.#events = new Allowance(events, now);
    this.#max = counted_max;
  }

  /** Counts a report of the group `id`; if it is due, resolves after it is recorded. Throws what `log.append` throws. */
  async report(id: string, { newest, cause, by }: Report): Promise<CollectResult> {
    const known = this.#groups.get(id);
    const max = by === undefined ? this.#max : 2 * this.#max;
    if (!known && this.#groups.size >= max && !this.#forgetOne()) return undefined;
    const allowance = this.#allowanceOf(by);
    const group = known ?? { reports: 0, newest, cause, allowance, quiet_until: 0 };
    this.#groups.set(id, group);
    if (by !== undefined && !group.recording) group.allowance = allowance;
    Object.assign(group, { reports: group.reports + 1, newest, cause });
    try {
      // Whether a new group may begin is known only when its first report is recorded.
      const others = group.quiet_until === 0 ? group.recording : undefined;
      const recorded = await (others ?? this.#record(id, group));
      if (recorded === "refused") {
        if (this.#groups.get(id) === group) this.#groups.delete(id);
        // One caller is not refused because another one is.
        const isOthers = others && group.allowance !== allowance;
        return isOthers ? await this.report(id, { newest, cause, by }) : undefined;
      }
      return (!others && recorded) || { status: "counted" };
    } catch (error) {
      // The caller gets the error, and may report it again.
      group.reports--;
      throw error;
    }
  }

  /** Resolves a group; refused if it does not exist. Throws what `log.append` throws. */
  async resolve(id: string, by: Omit<EventMeta, "correlation_id">) {
    const handled = await this.#handle(id, { type: "resolve" }, by);
    const group = this.#groups.get(id);
    if (group && handled.ok) group.quiet_until = 0;
    return handled;
  }

  /** Records the groups with counted reports that are due; with `at_once`, all of them. */
  async sweep({ at_once = false } = {}): Promise<void> {
    for (const [id, group] of [...this.#groups]) {
      if (group.reports > 0) await this.#record(id, group, at_once);
      else if (group.quiet_until <= this.#now()) this.#groups.delete(id);
    }
  }

  async #record(id: string, group: Group, at_once = false): Promise<CollectResult | "refused"> {
    if (group.recording || group.reports === 0) return undefined;
    if (!at_once && this.#now() < group.quiet_until) return undefined;
    const taken = this.#events.acquire();
    if (!taken && !at_once) return undefined;
    let collected: CollectResult | "refused";
    try {
      group.recording = this.#append(id, group, at_once);
      collected = await group.recording;
      return collected;
    } finally {
      group.recording = undefined;
      if (taken && (!collected || collected === "refused")) this.#events.release();
    }
  }

  async #append(id: string, group: Group, at_once: boolean): Promise<CollectResult | "refused"> {
    const { reports } = group;
    const now = this.#now();
    const handled = await this.#handleReports(id, group, { now, at_once });
    if (!handled.ok) return "refused";
    if (handled.recorded_at === undefined) {
      group.quiet_until = Math.min(nextRecording(handled.state), now + ASK_EVERY_MS);
      return undefined;
    }
    group.reports -= reports;
    const { recorded_at } = handled;
    const recorded = handled.events.map((event) => ({ ...event, recorded_at }) as KnownEvent);
    const next = nextRecording(recorded.reduce(errorDecider.evolve, handled.state));
    group.quiet_until = Math.min(next, now + ASK_EVERY_MS);
    return { status: "recorded", position: handled.position as number };
  }

  /** Handles a report command. Reserves one of the allowed new groups first, and returns it if no group was created. */
  async #handleReports(
    id: string,
    { reports, newest: error, cause, allowance, quiet_until }: Group,
    { now, at_once }: { now: number; at_once: boolean },
  ) {
    // A group with a known time exists.
    const may_begin = quiet_until === 0 && allowance.acquire();
    let began = false;
    try {
      const command = { type: "report", error, reports, now, may_begin, at_once } as const;
      const handled = await this.#handle(id, command, { actor: "anonymous", ...cause });
      began = handled.ok && handled.state.status === "none";
      return handled;
    } finally {
      if (may_begin && !began) allowance.release();
    }
  }

  /** Decides on the group's newest event, which contains its whole state. */
  #handle(id: string, command: ErrorCommand, by: Omit<EventMeta, "correlation_id">) {
    const stream_id = errorStream(id);
    return handle(this.#log, {
      stream_id,
      decider: errorDecider,
      command,
      meta: { ...by, correlation_id: stream_id },
      read: async () => [...(await this.#log.readLast([stream_id])).events.values()],
    });
  }

  #allowanceOf(by: string | undefined): Allowance {
    if (by === undefined) return this.#anonymous;
    return this.#callers.use(by, this.#now(), () => new Allowance(this.#newGroups, this.#now));
  }

  /** Makes room for another group; `false` if all groups have counted reports. */
  #forgetOne(): boolean {
    for (const [id, { reports, recording }] of this.#groups) {
      if (reports === 0 && !recording) return this.#groups.delete(id);
    }
    return false;
  }
}

/** Starts to count reports: they are recorded as soon as they are due, and all of them when it stops. */
export function startCollecting({ log, logger }: { log: EventLog; logger: Pick<Logger, "warn"> }) {
  const collector = new ErrorCollector({ log });
  const on_fault = (error: unknown) => logger.warn({ err: error }, "Cannot record reported errors; will try again");
  // Each process has its own counts, so that it needs no lease.
  const sweeping = every(SWEEP_EVERY_MS, () => collector.sweep(), { on_fault });
  return {
    collector,
    async stop() {
      await sweeping.stop();
      await collector.sweep({ at_once: true }).catch(on_fault);
    },
  };
}
