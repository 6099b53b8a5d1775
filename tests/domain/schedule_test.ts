import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { KnownEvent, KnownNewEvent } from "../../events/mod.ts";
import type { ScheduleFired } from "../../events/schedule.ts";
import {
  isBeyondGrace,
  type ScheduleCommand,
  type ScheduleDefinition,
  type ScheduleState,
  scheduleDecider,
  scheduleState,
} from "../../src/domain/schedule.ts";
import { deciderSpec, record } from "../spec.ts";

const EPOCH = Date.parse("2026-01-01T00:00:00Z");
const at = (minutes: number) => EPOCH + minutes * 60_000;
const time = (minutes: number) => new Date(at(minutes)).toISOString();

const definition: ScheduleDefinition = {
  name: "Hourly",
  cron: "0 * * * *",
  time_zone: "UTC",
  misfire_grace_seconds: 900,
  job: { workflow: "http", payload: {} },
};

const given = deciderSpec(scheduleDecider);

const created: KnownNewEvent = { type: "schedule.created", data: { ...definition, next_run_at: time(60) } };
const paused: KnownNewEvent = { type: "schedule.paused", data: {} };
const deleted: KnownNewEvent = { type: "schedule.deleted", data: {} };
const resumed = (next: number): KnownNewEvent => ({ type: "schedule.resumed", data: { next_run_at: time(next) } });
const fired = (minute: number): KnownNewEvent => ({
  type: "schedule.fired",
  data: { instant: time(minute), job_id: `job-${minute}`, next_run_at: time(minute + 60) },
});
const fire = (minute: number, now: number): ScheduleCommand => ({
  type: "fire",
  now: at(now),
  job_id: `job-${minute}`,
  next_run_at: at(minute + 60),
});

describe("a schedule", () => {
  test("is created once, with its first instant", () => {
    given()
      .when({ type: "create", definition, next_run_at: at(60) })
      .then(created);
    given(created)
      .when({ type: "create", definition, next_run_at: at(60) })
      .refused("schedule_exists");
    given(created, deleted)
      .when({ type: "create", definition, next_run_at: at(60) })
      .refused("schedule_exists");
  });

  test("fires its next instant from its time on, and continues with the one after", () => {
    given(created).when(fire(60, 60)).then(fired(60));
    given(created, fired(60)).when(fire(120, 121)).then(fired(120));
    given(created)
      .when({ ...fire(60, 60), now: at(60) - 1 } as ScheduleCommand)
      .refused("instant_not_due");
    given(created, fired(60)).when(fire(60, 61)).refused("instant_not_due");
    given(created)
      .when({ ...fire(60, 60), next_run_at: at(60) } as ScheduleCommand)
      .refused("instant_not_later");
  });

  test("fires an instant that is late by the grace, to the millisecond, and misfires a later one", () => {
    const misfire = { type: "misfire", now: at(75) + 1, count: 1, next_run_at: at(120) } as const;
    const misfired = { instant: time(60), count: 1, reason: "grace_exceeded", next_run_at: time(120) } as const;
    given(created).when(fire(60, 75)).then(fired(60));
    given(created)
      .when({ ...misfire, now: at(75) })
      .refused("grace_not_exceeded");
    given(created)
      .when({ ...fire(60, 75), now: at(75) + 1 } as ScheduleCommand)
      .refused("grace_exceeded");
    given(created).when(misfire).then({ type: "schedule.misfired", data: misfired });
  });

  test("pauses, and is resumed with a later instant; both can be repeated", () => {
    const pause = { type: "pause", now: at(30), count: 0, next_run_at: at(60) } as const;
    const resume = { type: "resume", next_run_at: at(600) } as const;
    given(created).when(pause).then(paused);
    given(created, paused).when(pause).then();
    given(created, paused).when(fire(60, 60)).refused("schedule_not_active");
    given(created, paused).when(resume).then(resumed(600));
    given(created, paused, resumed(600)).when(resume).then();
    given(created, paused, resumed(600)).when(fire(60, 61)).refused("instant_not_due");
  });

  test("records what was due when it was paused or deleted", () => {
    const command = { now: at(130), count: 2, next_run_at: at(180) } as const;
    const misfired = (reason: "paused" | "deleted"): KnownNewEvent => ({
      type: "schedule.misfired",
      data: { instant: time(60), count: 2, reason, next_run_at: time(180) },
    });
    given(created)
      .when({ type: "pause", ...command })
      .then(misfired("paused"), paused);
    given(created)
      .when({ type: "delete", ...command })
      .then(misfired("deleted"), deleted);
    given(created, paused)
      .when({ type: "delete", ...command })
      .then(deleted);
  });

  const nightly: ScheduleDefinition = { ...definition, name: "Nightly", job: { workflow: "other", payload: { n: 2 } } };
  const update = (expected_version: number | "any", next = 500) =>
    ({
      type: "update",
      by: "key:b",
      definition: nightly,
      next_run_at: at(next),
      now: at(30),
      expected_version,
    }) as const;
  const updated = (next: number | null): KnownNewEvent => ({
    type: "schedule.updated",
    data: { ...nightly, next_run_at: next === null ? null : time(next), authors: ["test", "key:b"] },
  });

  test("is changed from the version that has its definition, or a later one, whatever was fired since", () => {
    given(created).when(update(1)).then(updated(500));
    given(created, fired(60)).when(update(1)).then(updated(500));
    given(created, fired(60)).when(update(2)).then(updated(500));
    given(created, updated(500))
      .when({ ...update(1), definition })
      .refused("version_mismatch");
    given(created, updated(500))
      .when({ ...update(2), definition })
      .then({
        type: "schedule.updated",
        data: { ...definition, next_run_at: time(500), authors: ["test", "key:b"] },
      });
    given(created, updated(500)).when(update(1)).refused("version_mismatch");
    given(created, updated(500)).when(update("any")).then();
    given(created, deleted).when(update("any")).refused("schedule_not_found");
  });

  test("remembers everybody who defined it, each once", () => {
    const by = (actor: string, n: number) => ({
      ...update("any"),
      by: actor,
      definition: { ...nightly, name: `${n}` },
    });
    let events: KnownEvent[] = record([created]);
    for (const command of [by("key:b", 1), by("user:c", 2), by("key:b", 3)]) {
      const decided = scheduleDecider.decide(command, scheduleState(events)) as KnownNewEvent[];
      events = [...events, ...record(decided, { after: events.length })];
    }
    expect(scheduleState(events).authors).toEqual(["test", "key:b", "user:c"]);
  });

  test("stays paused when it is changed, and keeps an instant that is due", () => {
    given(created, paused).when(update(1)).then(updated(null));
    given(created, paused, updated(null))
      .when({ type: "resume", next_run_at: at(600) })
      .then({ type: "schedule.resumed", data: { next_run_at: time(600), defined_at: 3 } });
    given(created)
      .when({ ...update(1), now: at(60) })
      .then(updated(60));
    given(created, updated(60))
      .when(fire(60, 61))
      .then({ type: "schedule.fired", data: { ...(fired(60).data as ScheduleFired), defined_at: 2 } });
  });

  test("is triggered outside its instants, paused or not", () => {
    const trigger = { type: "trigger", job_id: "job-now" } as const;
    const triggered = (next_run_at: string | null): KnownNewEvent => ({
      type: "schedule.triggered",
      data: { job_id: "job-now", next_run_at },
    });
    given(created)
      .when(trigger)
      .then(triggered(time(60)));
    given(created, triggered(time(60)))
      .when(fire(60, 60))
      .then(fired(60));
    given(created, paused).when(trigger).then(triggered(null));
    given(created, paused, triggered(null)).when(fire(60, 60)).refused("schedule_not_active");
    given(created, deleted).when(trigger).refused("schedule_not_found");
  });

  test.each([
    [given(), "nothing was created"],
    [given(created, deleted), "it was deleted"],
  ])("is not found where %#", (schedule) => {
    for (const type of ["pause", "delete", "misfire"] as const) {
      schedule.when({ type, now: at(60), count: 1, next_run_at: at(120) }).refused("schedule_not_found");
    }
    schedule.when(fire(60, 60)).refused("schedule_not_found");
    schedule.when({ type: "resume", next_run_at: at(60) }).refused("schedule_not_found");
  });
});

describe("whatever commands come", () => {
  const now = fc.integer({ min: 0, max: 10_000 }).map(at);
  const next_run_at = fc.integer({ min: 0, max: 200 }).map((hours) => at(hours * 60));
  const count = fc.integer({ min: 1, max: 100 });
  const command: fc.Arbitrary<ScheduleCommand> = fc.oneof(
    {
      weight: 1,
      arbitrary: fc.record({ type: fc.constant("create" as const), definition: fc.constant(definition), next_run_at }),
    },
    { weight: 6, arbitrary: fc.record({ type: fc.constant("fire" as const), now, job_id: fc.uuid(), next_run_at }) },
    { weight: 4, arbitrary: fc.record({ type: fc.constant("misfire" as const), now, count, next_run_at }) },
    { weight: 2, arbitrary: fc.record({ type: fc.constant("pause" as const), now, count, next_run_at }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant("resume" as const), next_run_at }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant("delete" as const), now, count, next_run_at }) },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constant("update" as const),
        by: fc.constant("key:b"),
        definition: fc.integer({ min: 1, max: 3 }).map((n) => ({ ...definition, misfire_grace_seconds: n * 600 })),
        next_run_at,
        now,
        expected_version: fc.oneof(fc.constant("any" as const), fc.integer({ min: 1, max: 20 })),
      }),
    },
    { weight: 2, arbitrary: fc.record({ type: fc.constant("trigger" as const), job_id: fc.uuid() }) },
  );
  /** Time goes on: what comes later sees a later clock. */
  const commands = fc
    .array(command, { maxLength: 60 })
    .map((sequence) => [{ type: "create", definition, next_run_at: at(0) } as const, ...sequence])
    .map((sequence) =>
      sequence.map((each, index) => ("now" in each ? { ...each, now: at(index * 20) + (each.now % 600_000) } : each)),
    );

  type Step = { command: ScheduleCommand; events: readonly KnownEvent[]; before: ScheduleState; after: ScheduleState };

  function run(sequence: readonly ScheduleCommand[], check: (step: Step) => void = () => {}): KnownEvent[] {
    const history: KnownEvent[] = [];
    let state = scheduleDecider.initial;
    for (const each of sequence) {
      const outcome = scheduleDecider.decide(each, state);
      if ("rejected" in outcome) continue;
      const events = record(outcome as KnownNewEvent[], { after: history.length });
      const before = state;
      state = events.reduce(scheduleDecider.evolve, before);
      history.push(...events);
      check({ command: each, events, before, after: state });
    }
    return history;
  }

  test("only active schedules are ever due, and nothing happens after the end", () => {
    fc.assert(
      fc.property(commands, (sequence) => {
        run(sequence, ({ command, events, before, after }) => {
          expect(after.status === "active").toBe(after.next_run_at !== null);
          if (before.status === "none") expect(after.status).toBe("active");
          if (events.length > 0) expect(before.status).not.toBe("deleted");
          if (command.type === "pause" && events.length > 0) expect(before.status).toBe("active");
        });
      }),
      { numRuns: 500 },
    );
  });

  test("only the next instant is handled, not before its time, and fired or not according to the grace", () => {
    let answers = 0;
    fc.assert(
      fc.property(commands, (sequence) => {
        run(sequence, ({ command: given, events, before }) => {
          if (given.type !== "fire" && given.type !== "misfire") return;
          const [event] = events;
          if (event?.type !== "schedule.fired" && event?.type !== "schedule.misfired") throw new Error("No answer");
          answers++;
          const instant = Date.parse(event.data.instant);
          expect(instant).toBe(before.next_run_at as number);
          expect(instant).toBeLessThanOrEqual(given.now);
          expect(isBeyondGrace(instant, given.now, before.definition as ScheduleDefinition)).toBe(
            event.type === "schedule.misfired",
          );
        });
      }),
      { numRuns: 500 },
    );
    expect(answers).toBeGreaterThan(100);
  });

  test("the definition and the newest event lead to the same state as all events", () => {
    fc.assert(
      fc.property(commands, (sequence) => {
        run(sequence, ({ after }) => void Object.freeze(after));
        const history = run(sequence);
        for (let length = 1; length <= history.length; length++) {
          const part = history.slice(0, length);
          const all = scheduleState(part);
          const ends = new Set([part[all.defined_at - 1] as KnownEvent, part.at(-1) as KnownEvent]);
          expect(scheduleState(ends)).toEqual(all);
          // The newest event itself says where the definition is.
          const { type, data } = part.at(-1) as KnownEvent;
          const named = type === "schedule.created" || type === "schedule.updated" ? length : undefined;
          expect(named ?? (data as { defined_at?: number }).defined_at ?? 1).toBe(all.defined_at);
        }
      }),
      { numRuns: 300 },
    );
  });
});
