/** How long the service was up, day by day: computed from the minutes in the read model `metrics`. */
import { MINUTE_MS, toTime } from "../events/time.ts";
import { type MetricsRow, percent } from "./metrics.ts";

/** One day, UTC. */
export interface UptimeDay {
  /** `2026-01-15`. */
  readonly date: string;
  /**
   * Percentage of the day's whole minutes, since the first start, in which an instance recorded a heartbeat; `null`
   * while there is none.
   */
  readonly uptime_percent: number | null;
  readonly minutes_up: number;
  readonly minutes_down: number;
}

/** Consecutive minutes without a heartbeat from any instance. */
export interface Outage {
  /** RFC 3339, UTC: the start of its first minute. */
  readonly from: string;
  /** The end of its last minute. */
  readonly to: string;
  readonly minutes: number;
  /** Whether it is still going on. */
  readonly ongoing: boolean;
}

export interface Uptime {
  /** Percentage of the minutes of all days together; `null` before the first whole minute. */
  readonly uptime_percent: number | null;
  /** Oldest first: from the day of the first start, at most as many as requested; today last. */
  readonly days: readonly UptimeDay[];
  /** Newest first. */
  readonly outages: readonly Outage[];
}

const DAY_MINUTES = 1_440;

/**
 * Computes the uptime of the last days. The current minute does not count yet.
 *
 * @param rows the hours of those days; order does not matter
 */
export function uptimeByDay(
  rows: Iterable<Pick<MetricsRow, "hour" | "minutes">>,
  {
    now,
    first_started_at,
    days,
  }: {
    /** Milliseconds since 1970. */
    now: number;
    /** The first `service.started` ever, RFC 3339; `null` if there is none. */
    first_started_at: string | null;
    days: number;
  },
): Uptime {
  if (first_started_at === null) return { uptime_percent: null, days: [], outages: [] };
  const today = Math.floor(now / MINUTE_MS / DAY_MINUTES);
  const start = Math.floor(Date.parse(first_started_at) / MINUTE_MS);
  const from = Math.max(start, (today - days + 1) * DAY_MINUTES);
  const to = Math.max(from, Math.floor(now / MINUTE_MS));

  const up = new Uint8Array(to - from);
  for (const { hour, minutes } of rows) {
    const first = Date.parse(hour) / MINUTE_MS - from;
    for (let i = 0; i < 60; i++) if (minutes[i] === "1" && first + i >= 0 && first + i < up.length) up[first + i] = 1;
  }

  const counted: UptimeDay[] = [];
  let all = 0;
  for (let day = Math.floor(from / DAY_MINUTES); day <= today; day++) {
    const minutes = up.subarray(Math.max(0, day * DAY_MINUTES - from), Math.max(0, (day + 1) * DAY_MINUTES - from));
    const minutes_up = minutes.reduce((sum, minute) => sum + minute, 0);
    all += minutes_up;
    counted.push({
      date: toTime(day * DAY_MINUTES * MINUTE_MS).slice(0, 10),
      uptime_percent: minutes.length > 0 ? percent(minutes_up, minutes.length) : null,
      minutes_up,
      minutes_down: minutes.length - minutes_up,
    });
  }
  return { uptime_percent: up.length > 0 ? percent(all, up.length) : null, days: counted, outages: outages(up, from) };
}

function outages(up: Uint8Array, from: number): Outage[] {
  const found: Outage[] = [];
  for (let begin = up.indexOf(0); begin !== -1; ) {
    const next = up.indexOf(1, begin);
    const end = next === -1 ? up.length : next;
    found.push({ from: time(from + begin), to: time(from + end), minutes: end - begin, ongoing: next === -1 });
    begin = next === -1 ? -1 : up.indexOf(0, next);
  }
  return found.reverse();
}

function time(minute: number): string {
  return toTime(minute * MINUTE_MS);
}
