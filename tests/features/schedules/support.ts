/** A database with a projector, schedules, and as many schedulers as a test wants. */
import { decode, type KnownEvent } from "../../../events/mod.ts";
import type { ScheduleCreated } from "../../../events/schedule.ts";
import { schedules } from "../../../projections/mod.ts";
import type { Repeating } from "../../../src/async/mod.ts";
import { inProcessBus } from "../../../src/bus/mod.ts";
import { databaseNow } from "../../../src/db/mod.ts";
import { createCommand } from "../../../src/features/schedules/commands.ts";
import { startScheduler } from "../../../src/features/schedules/scheduler.ts";
import { startProjector } from "../../../src/projector/mod.ts";
import { silent } from "../../jobs/support.ts";
import { unlimited } from "../../support/reach.ts";
import { openStore } from "../../support/store.ts";

export type Scene = Awaited<ReturnType<typeof openScene>>;

export async function openScene() {
  const store = await openStore();
  const { sql, log } = store;
  const bus = inProcessBus({ log, poll_ms: 20 });
  const projector = startProjector({ sql, log, bus, logger: silent as never, projections: [schedules as never] });
  const schedulers: Repeating[] = [];

  async function history(stream_id: string): Promise<KnownEvent[]> {
    return (await log.readStream(stream_id)).map(decode);
  }

  async function firings(schedule_id: string) {
    return (await history(`schedule-${schedule_id}`)).flatMap((event) =>
      event.type === "schedule.fired" ? [event] : [],
    );
  }

  return {
    url: store.url,
    sql,
    log,
    history,
    firings,
    start(instance: string): Repeating {
      const started = startScheduler({ log, bus, sql, instance, logger: silent });
      schedulers.push(started);
      return started;
    },
    /** Records a schedule, which has `next_run_at` (milliseconds since 1970) in place of the first instant from now on. */
    async create(extra: Partial<Omit<ScheduleCreated, "next_run_at">> = {}, next_run_at?: number): Promise<string> {
      const definition = {
        name: "Test",
        cron: "* * * * * *",
        time_zone: "UTC",
        misfire_grace_seconds: 900,
        job: { workflow: "noop", payload: { n: 1 } },
        ...extra,
      };
      const schedule_id = Bun.randomUUIDv7();
      const first =
        next_run_at ??
        createCommand({ ...definition, job: unlimited(definition.job) }, await databaseNow(sql)).next_run_at;
      const result = await log.append({
        stream_id: `schedule-${schedule_id}`,
        expected_version: 0,
        events: [{ type: "schedule.created", data: { ...definition, next_run_at: new Date(first).toISOString() } }],
        meta: { actor: "test", correlation_id: schedule_id },
      });
      if (!result.ok) throw new Error("conflict");
      return schedule_id;
    },
    /** Waits until the read model contains all that is in the log. */
    async projected(): Promise<void> {
      if (!(await projector.waitFor("schedules", await log.head(), 10_000))) throw new Error("The read model is late");
    },
    /** Which instance leads. */
    async leader(): Promise<string | undefined> {
      const [row] = await sql<{ holder: string }[]>`
        select holder from levqor_ops.leases where name = 'scheduler' and expires_at > clock_timestamp()`;
      return row?.holder.split("/")[0];
    },
    /**
     * What is wrong with a schedule of every second: each instant is fired once, in order, without a gap, with one job
     * of its own.
     */
    async faultsOf(schedule_id: string): Promise<string[]> {
      const fired = await firings(schedule_id);
      const faults: string[] = [];
      for (const [index, { data }] of fired.entries()) {
        const before = fired[index - 1];
        if (before && Date.parse(data.instant) !== Date.parse(before.data.instant) + 1000) {
          faults.push(`${data.instant} follows ${before.data.instant}`);
        }
        const job = (await history(`job-${data.job_id}`)).map(({ type }) => type);
        if (job.join() !== "job.submitted") faults.push(`the job of ${data.instant} has the events ${job}`);
      }
      const ids = new Set(fired.map(({ data }) => data.job_id));
      if (ids.size !== fired.length) faults.push(`${fired.length} firings have ${ids.size} jobs`);
      return faults;
    },
    async close() {
      await Promise.all(schedulers.map((scheduler) => scheduler.stop()));
      await projector.stop();
      await bus.close();
      await store.close();
    },
  };
}
