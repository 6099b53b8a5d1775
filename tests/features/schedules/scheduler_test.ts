// Slow: schedules fire at full seconds of a real clock, and connections have to time out.
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Subprocess } from "bun";
import { inProcessBus } from "../../../src/bus/mod.ts";
import { clearLeases, connect, databaseNow } from "../../../src/db/mod.ts";
import { EVERYTHING } from "../../../src/domain/reach.ts";
import { commandSchedule, endCommand, resumeCommand, updateCommand } from "../../../src/features/schedules/commands.ts";
import { runNow } from "../../../src/features/schedules/run_now.ts";
import { startScheduler } from "../../../src/features/schedules/scheduler.ts";
import { derivedUuid } from "../../../src/log/derived_id.ts";
import { openLog } from "../../../src/log/mod.ts";
import { silent, until } from "../../jobs/support.ts";
import { startProxy, type Verdict } from "../../support/proxy.ts";
import { unlimited } from "../../support/reach.ts";
import { openScene, type Scene } from "./support.ts";

setDefaultTimeout(60_000);

const YEARLY = "0 0 1 1 *";
const meta = { actor: "test", correlation_id: "test" };

let scene: Scene;
beforeEach(async () => {
  scene = await openScene();
});
afterEach(() => scene.close());

/** Waits for so many firings of a schedule. */
function fired(schedule_id: string, count: number, ms = 20_000) {
  const probe = async () => {
    const firings = await scene.firings(schedule_id);
    return firings.length >= count && firings;
  };
  return until(probe, { what: `${count} firings of schedule ${schedule_id}`, ms });
}

describe("a scheduler", () => {
  test("fires the others if one schedule cannot be read, at the start or later", async () => {
    const unreadable = async () => {
      const id = await scene.create({ cron: YEARLY });
      const past = new Date(Date.now() - 1_000).toISOString();
      // It names a definition that there is not.
      const data = { instant: past, job_id: Bun.randomUUIDv7(), next_run_at: past, defined_at: 99 };
      await scene.log.append({
        stream_id: `schedule-${id}`,
        expected_version: 1,
        events: [{ type: "schedule.fired", data }],
        meta,
      });
      return id;
    };
    const bad = [await unreadable()];
    await scene.projected();
    const good = await scene.create();
    scene.start("a");
    await fired(good, 2);
    bad.push(await unreadable());
    const before = (await scene.firings(good)).length;
    await fired(good, before + 3);
    expect(await scene.faultsOf(good)).toEqual([]);
    for (const id of bad) expect(await scene.firings(id)).toHaveLength(1);
  });

  test("fires each instant once, with a job built from the template", async () => {
    const job = {
      workflow: "noop",
      payload: { n: 7 },
      priority: "high" as const,
      callback_url: "https://example.com/",
    };
    const id = await scene.create({ job });
    scene.start("a");
    const firings = await fired(id, 3);
    expect(await scene.faultsOf(id)).toEqual([]);
    for (const { data, meta, stream_id, version } of firings) {
      expect(data.job_id).toBe(derivedUuid(["schedule", id, data.instant]));
      expect(meta).toEqual({ actor: "system:scheduler", correlation_id: id });
      const [submitted] = await scene.history(`job-${data.job_id}`);
      expect(submitted).toMatchObject({
        type: "job.submitted",
        data: job,
        meta: { correlation_id: data.job_id, causation_id: `${stream_id}@${version}` },
      });
    }
    // The machine may be busy at one instant, not at all.
    const late = firings.map(({ recorded_at, data }) => Date.parse(recorded_at) - Date.parse(data.instant));
    expect(Math.min(...late)).toBeLessThan(500);
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
  });

  test("is woken from its sleep by a new schedule, and by a resumed one", async () => {
    await scene.create({ cron: YEARLY });
    await scene.projected();
    scene.start("a");
    await until(() => scene.leader(), { what: "a leader" });
    const id = await scene.create();
    await fired(id, 1);
    const now = await databaseNow(scene.sql);
    await commandSchedule(scene.log, {
      schedule_id: id,
      reach: EVERYTHING,
      command: (state) => endCommand("pause", state, now),
      meta,
    });
    const before = (await scene.firings(id)).length;
    await Bun.sleep(2_500);
    expect(await scene.firings(id)).toHaveLength(before);
    const later = await databaseNow(scene.sql);
    await commandSchedule(scene.log, {
      schedule_id: id,
      reach: EVERYTHING,
      command: (state) => resumeCommand(state, later),
      meta,
    });
    const firings = await fired(id, before + 2);
    const paused = firings.filter(({ data }) => Date.parse(data.instant) > now && Date.parse(data.instant) <= later);
    expect(paused).toEqual([]);
    expect(Date.parse(firings[before]?.data.instant ?? "") - later).toBeLessThanOrEqual(1000);
  });

  test("fires its new definition, at the new instants, undisturbed by a run in between", async () => {
    const id = await scene.create({ cron: YEARLY });
    await scene.projected();
    scene.start("a");
    await until(() => scene.leader(), { what: "a leader" });
    const job = unlimited({ workflow: "noop", payload: { n: 2 } });
    const definition = { name: "Test", cron: "* * * * * *", time_zone: "UTC", misfire_grace_seconds: 900, job };
    const now = await databaseNow(scene.sql);
    const command = () => updateCommand(definition, { by: "key:b", now, expected_version: 1 });
    await commandSchedule(scene.log, { schedule_id: id, reach: EVERYTHING, command, meta });
    const job_id = Bun.randomUUIDv7();
    const ran = await runNow(scene.log, { schedule_id: id, job_id, meta: { actor: "test" }, reach: EVERYTHING });
    expect(ran.ok).toBe(true);
    const firings = await fired(id, 3);
    for (const { data } of firings) {
      expect(data.defined_at).toBe(2);
      expect((await scene.history(`job-${data.job_id}`))[0]?.data).toEqual(job);
    }
    const instants = firings.map(({ data }) => Date.parse(data.instant));
    expect(instants).toEqual(instants.map((_, index) => (instants[0] ?? 0) + index * 1_000));
    expect(instants[0]).toBeGreaterThan(now);
  });

  test("fires what it missed within the grace, all in order, and records the rest as misfired", async () => {
    const minute = Math.floor((await databaseNow(scene.sql)) / 60_000) * 60_000;
    const first = minute - 60 * 60_000;
    const id = await scene.create({ cron: "*/10 * * * *", misfire_grace_seconds: 25 * 60 }, first);
    const ages = await scene.create({ cron: "* * * * *", misfire_grace_seconds: 1 }, minute - 30 * 86_400_000);
    await scene.projected();
    scene.start("a");
    await fired(id, 2);
    const isCaughtUp = async () => {
      const last = (await scene.history(`schedule-${id}`)).at(-1);
      return last?.type === "schedule.fired" && Date.parse(last.data.next_run_at) > Date.parse(last.recorded_at);
    };
    await until(isCaughtUp, { what: "the schedule to be caught up" });

    const [, misfired, ...rest] = await scene.history(`schedule-${id}`);
    if (misfired?.type !== "schedule.misfired") throw new Error(`It begins with ${misfired?.type}`);
    const { instant, count, reason, next_run_at } = misfired.data;
    expect([Date.parse(instant), reason]).toEqual([first, "grace_exceeded"]);
    expect(Date.parse(instant) + count * 600_000).toBeGreaterThanOrEqual(Date.parse(next_run_at));
    const grace = 25 * 60_000;
    const late = (time: string, event = misfired) => Date.parse(event.recorded_at) - Date.parse(time);
    // A little later than the decision, which is by the same clock.
    expect(late(next_run_at)).toBeLessThan(grace + 5_000);
    expect(late(next_run_at) + 600_000).toBeGreaterThan(grace);
    expect(rest.map(({ type }) => type)).toEqual(rest.map(() => "schedule.fired"));
    const instants = (await scene.firings(id)).map(({ data }) => Date.parse(data.instant));
    expect(instants).toEqual(instants.map((_, index) => Date.parse(next_run_at) + index * 600_000));

    const many = await until(
      async () => (await scene.history(`schedule-${ages}`)).find(({ type }) => type === "schedule.misfired"),
      { what: "a misfire" },
    );
    expect(many.data).toMatchObject({ count: 100, reason: "grace_exceeded" });
  });

  test("records what was due and not fired when a schedule is paused", async () => {
    const now = await databaseNow(scene.sql);
    const second = Math.floor(now / 1000) * 1000;
    const id = await scene.create({}, second - 4_000);
    await commandSchedule(scene.log, {
      schedule_id: id,
      reach: EVERYTHING,
      command: (state) => endCommand("pause", state, now),
      meta,
    });
    const [, misfired, paused, ...rest] = await scene.history(`schedule-${id}`);
    expect(misfired).toMatchObject({
      type: "schedule.misfired",
      data: { instant: new Date(second - 4_000).toISOString(), count: 5, reason: "paused" },
    });
    expect([paused?.type, rest.length]).toEqual(["schedule.paused", 0]);
  });

  test("records a firing whose job exists already", async () => {
    const second = Math.floor((await databaseNow(scene.sql)) / 1000) * 1000;
    const id = await scene.create({ cron: YEARLY }, second);
    const job_id = derivedUuid(["schedule", id, new Date(second).toISOString()]);
    await scene.log.append({
      stream_id: `job-${job_id}`,
      expected_version: 0,
      events: [{ type: "job.submitted", data: { workflow: "other", payload: {} } }],
      meta,
    });
    scene.start("a");
    const [firing] = await fired(id, 1);
    expect(firing?.data.job_id).toBe(job_id);
    expect(await scene.history(`job-${job_id}`)).toHaveLength(1);
  });

  test("fires many that are due at once", async () => {
    const second = Math.floor((await databaseNow(scene.sql)) / 1000) * 1000;
    const ids = await Promise.all(Array.from({ length: 500 }, () => scene.create({ cron: YEARLY }, second)));
    scene.start("a");
    await Promise.all(ids.map((id) => fired(id, 1)));
    for (const id of ids) expect(await scene.firings(id)).toHaveLength(1);
  });

  test("leaves a schedule alone whose time zone is gone, and fires the others", async () => {
    const second = Math.floor((await databaseNow(scene.sql)) / 1000) * 1000;
    const lost = await scene.create({ time_zone: "Atlantis/Capital" }, second);
    const id = await scene.create();
    scene.start("a");
    await fired(id, 3);
    expect(await scene.faultsOf(id)).toEqual([]);
    expect(await scene.firings(lost)).toEqual([]);
  });
});

test("a scheduler whose connections break again and again fires each instant once", async () => {
  const ids = await Promise.all(Array.from({ length: 5 }, () => scene.create()));
  await scene.projected();
  const proxy = await startProxy(scene.url());
  const sql = connect(proxy.url, { max: 2 });
  const log = openLog({ url: proxy.url, attempt_timeout_ms: 500 });
  const bus = inProcessBus({ log, poll_ms: 20 });
  const scheduler = startScheduler({ log, bus, sql, instance: "a", logger: silent });
  try {
    await fired(ids[0] as string, 1);
    let cuts = 0;
    let chunks = 0;
    const cutting = (verdict: Verdict) => () => {
      if (++chunks % 10 !== 0) return "pass";
      cuts++;
      return verdict;
    };
    proxy.onRequest = cutting("cut_within");
    proxy.onAnswer = cutting("cut_before");
    await until(() => cuts >= 20, { what: "20 broken connections", ms: 30_000 });
    proxy.onRequest = proxy.onAnswer = () => "pass";
    for (const id of ids) await fired(id, (await scene.firings(id)).length + 2);
    for (const id of ids) expect(await scene.faultsOf(id)).toEqual([]);
  } finally {
    await scheduler.stop();
    await bus.close();
    await log.close();
    await sql.end({ timeout: 1 });
    await proxy.close();
  }
});

describe("several schedulers", () => {
  test("fire each instant once, even while all of them consider themselves the leader", async () => {
    const ids = await Promise.all(Array.from({ length: 10 }, () => scene.create()));
    for (const instance of ["a", "b", "c"]) scene.start(instance);
    const leaders = new Set<string>();
    const over = performance.now() + 6_000;
    while (performance.now() < over) {
      // Whoever leads learns of it only when it renews the lease: meanwhile another leads, too.
      await clearLeases(scene.sql);
      await Bun.sleep(300);
      leaders.add((await scene.leader()) ?? "nobody");
    }
    await Promise.all(ids.map((id) => fired(id, 5)));
    expect(leaders.size).toBeGreaterThan(1);
    for (const id of ids) expect(await scene.faultsOf(id)).toEqual([]);
  });

  test("in separate processes: when the leader is killed, another takes over in under 5 s and misses nothing", async () => {
    const id = await scene.create();
    await scene.projected();
    const processes = new Map<string, Subprocess>();
    const start = (instance: string) => {
      const script = `${import.meta.dir}/scheduler_process.ts`;
      const command = [process.execPath, script, scene.url(), instance];
      processes.set(instance, Bun.spawn(command, { stdout: "inherit", stderr: "inherit" }));
    };
    try {
      start("p1");
      start("p2");
      await fired(id, 2);
      // The machine may be busy at one takeover, not at all.
      const gaps: number[] = [];
      for (let round = 3; round <= 5 && !gaps.some((gap) => gap < 5_000); round++) {
        const leader = await until(() => scene.leader(), { what: "a leader" });
        const victim = processes.get(leader) as Subprocess;
        victim.kill("SIGKILL");
        await victim.exited;
        const killed = await databaseNow(scene.sql);
        start(`p${round}`);
        const next = await until(
          async () => (await scene.firings(id)).find(({ recorded_at }) => Date.parse(recorded_at) > killed),
          { what: "a firing after the takeover", ms: 20_000 },
        );
        gaps.push(Date.parse(next.recorded_at) - killed);
        expect(await scene.leader()).not.toBe(leader);
      }
      expect(Math.min(...gaps)).toBeLessThan(5_000);
      await fired(id, (await scene.firings(id)).length + 2);
      expect(await scene.faultsOf(id)).toEqual([]);
    } finally {
      for (const child of processes.values()) {
        child.kill("SIGKILL");
        await child.exited;
      }
    }
  });
});
