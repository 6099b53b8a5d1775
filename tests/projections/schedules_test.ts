import { expect, test } from "bun:test";
import { type ScheduleRow, schedules } from "../../projections/mod.ts";
import { rowSpec } from "../spec.ts";

const id = "01890a5d-ac96-774b-bcce-b302099a8057";
const job_id = "5f0b8c7e-3a52-8d1c-9b64-0c2f6e7a9d13";
const created = {
  type: "schedule.created",
  data: {
    name: "Hourly",
    cron: "0 * * * *",
    time_zone: "UTC",
    misfire_grace_seconds: 900,
    job: { workflow: "http", payload: { secret: "kept out" } },
    next_run_at: "2026-01-02T04:00:00.000Z",
  },
};
const fired = {
  type: "schedule.fired",
  data: { instant: "2026-01-02T04:00:00.000Z", job_id, next_run_at: "2026-01-02T05:00:00.000Z" },
};
const misfired = {
  type: "schedule.misfired",
  data: {
    instant: "2026-01-02T05:00:00.000Z",
    count: 7,
    reason: "grace_exceeded",
    next_run_at: "2026-01-02T12:00:00.000Z",
  },
};
const paused = { type: "schedule.paused", data: {} };
const resumed = { type: "schedule.resumed", data: { next_run_at: "2026-01-03T00:00:00.000Z" } };
const deleted = { type: "schedule.deleted", data: {} };

/** The row after a schedule's events, recorded one second apart from 03:00:01 on. */
const rowAfter = rowSpec(schedules, `schedule-${id}`);

test("a created schedule is active, under its own id, without its job's payload", () => {
  expect(rowAfter(created)).toEqual({
    schedule_id: id,
    name: "Hourly",
    status: "active",
    cron: "0 * * * *",
    time_zone: "UTC",
    misfire_grace_seconds: 900,
    workflow: "http",
    uses: null,
    version: 1,
    position: 101,
    created_at: "2026-01-02T03:00:01Z",
    updated_at: "2026-01-02T03:00:01Z",
    next_run_at: "2026-01-02T04:00:00.000Z",
    last_run_at: null,
    last_job_id: null,
    runs: 0,
    misfires: 0,
    account: "operator",
    charged_to: "test",
  });
});

test("runs and misfires move it on and are counted", () => {
  expect(rowAfter(created, fired)).toMatchObject({
    version: 2,
    updated_at: "2026-01-02T03:00:02Z",
    next_run_at: "2026-01-02T05:00:00.000Z",
    last_run_at: "2026-01-02T04:00:00.000Z",
    last_job_id: job_id,
    runs: 1,
    misfires: 0,
  });
  expect(rowAfter(created, fired, misfired, misfired)).toMatchObject({
    next_run_at: "2026-01-02T12:00:00.000Z",
    last_run_at: "2026-01-02T04:00:00.000Z",
    runs: 1,
    misfires: 14,
  });
});

test("nothing is due while it is paused, and a deleted one is gone", () => {
  expect(rowAfter(created, fired, paused)).toMatchObject({ status: "paused", next_run_at: null, last_job_id: job_id });
  expect(rowAfter(created, paused, resumed)).toMatchObject({
    status: "active",
    next_run_at: "2026-01-03T00:00:00.000Z",
  });
  expect(rowAfter(created, fired, deleted)).toBeUndefined();
});

test("a changed one shows its new definition, active or paused; a run outside its instants moves nothing", () => {
  const { job, ...definition } = created.data;
  const changed = { ...definition, name: "Daily", cron: "@daily", misfire_grace_seconds: 60 };
  const updated = (next_run_at: string | null) => ({
    type: "schedule.updated",
    data: { ...changed, job: { ...job, workflow: "other" }, next_run_at },
  });
  const next_run_at = "2026-01-03T00:00:00.000Z";
  expect(rowAfter(created, fired, updated(next_run_at))).toMatchObject({
    ...changed,
    next_run_at,
    status: "active",
    workflow: "other",
    uses: null,
    version: 3,
    runs: 1,
  });
  expect(rowAfter(created, paused, updated(null))).toMatchObject({ status: "paused", next_run_at: null });
  const triggered = { type: "schedule.triggered", data: { job_id, next_run_at: fired.data.next_run_at } };
  const row = rowAfter(created, fired);
  const { updated_at, ...after } = rowAfter(created, fired, triggered) as ScheduleRow;
  expect({ ...after, updated_at: row?.updated_at }).toEqual({ ...(row as ScheduleRow), version: 3 });
});

test("an impossible history is rejected with its place", () => {
  expect(() => rowAfter(fired)).toThrow(`Cannot apply schedule.fired to schedule-${id}: it was not created`);
  expect(() => rowAfter(created, created)).toThrow(`Cannot create schedule ${id}: it exists since position 101`);
});
