/** Schedules: each instant fires once, or is recorded as missed. */
import { scheduleStream } from "../../../events/schedule.ts";
import type { Check } from "../evidence.ts";
import type { LogEvent } from "../observer.ts";
import { standingOf } from "../standing.ts";

export const schedulesOnce: Check = {
  name: "every run of a schedule fires once, as one job that succeeds",
  run: ({ events, histories }) => {
    const faults: string[] = [];
    const schedules = Map.groupBy(
      events.filter(({ stream_id }) => scheduleStream.matches(stream_id)),
      ({ stream_id }) => stream_id,
    );
    let fired = 0;
    for (const [id, history] of schedules) {
      for (const fault of wrongOf(history)) faults.push(`${id}${fault}`);
      for (const { type, data } of history) {
        if (type !== "schedule.fired") continue;
        fired++;
        const job = histories.get(data.job_id) ?? [];
        const { status } = standingOf(job, () => true);
        if (job.length === 0 || status !== "succeeded")
          faults.push(`${id}: job ${data.job_id} of ${data.instant} is ${status}`);
      }
    }
    return { looked_at: `${fired} runs of ${schedules.size} schedules`, faults };
  },
};

/** Every event that leaves a schedule active has its next instant: that must be the next to fire. */
function* wrongOf(history: readonly LogEvent[]): Generator<string> {
  let next: string | undefined;
  for (const { type, version, data } of history) {
    if (type === "schedule.misfired" && data.reason !== "paused") yield `@${version}: ${data.instant} was missed`;
    if (type === "schedule.fired" && data.instant !== next)
      yield `@${version}: fires ${data.instant}, but ${next} was due`;
    next = data.next_run_at ?? next;
  }
}
