/** Recurring schedules: creating, reading, pausing, resuming and deleting them. */

import { decode, type StoredEvent } from "../../../events/mod.ts";
import { type ScheduleCreated, scheduleStream } from "../../../events/schedule.ts";
import { toTime, toTimeOrNull } from "../../../events/time.ts";
import type { ScheduleRow } from "../../../projections/schedules.ts";
import { type Caller, metaOf, reachOf } from "../../access/mod.ts";
import { databaseNow } from "../../db/mod.ts";
import { beyond, type Reach } from "../../domain/reach.ts";
import type { ScheduleCommand, ScheduleState as StoredSchedule } from "../../domain/schedule.ts";
import type { ApiParts } from "../../http/api.ts";
import { checkPermitted } from "../../http/auth.ts";
import type { Call } from "../../http/call.ts";
import { tags } from "../../http/document/tags.ts";
import { MISFIRE_GRACE_DEFAULT_S, NEXT_RUNS_DEFAULT, PAGE_LIMIT_DEFAULT } from "../../http/limits.ts";
import { byVersion, etagOfPage, fromCursor, page } from "../../http/paging.ts";
import { Problem } from "../../http/problem.ts";
import { problems } from "../../http/problems.ts";
import { readAt } from "../../http/request/read_model.ts";
import { checkSubmission, queueFull } from "../../http/request/submission.ts";
import { invalid } from "../../http/request/validation.ts";
import { route } from "../../http/route.ts";
import { PageQuery } from "../../http/schema.ts";
import { jobEventJson } from "../../http/stream/event_json.ts";
import { runsOnly } from "../../jobs/bulk/job_filter.ts";
import { CalendarError } from "./calendar.ts";
import {
  commandSchedule,
  createCommand,
  createSchedule,
  earlierRun,
  endCommand,
  nextInstants,
  type RunnableDefinition,
  readSchedule,
  resumeCommand,
  scheduleMeta,
  updateCommand,
} from "./commands.ts";
import { type RunNowResult, runNow } from "./run_now.ts";
import { scheduleIdParam, scheduleNotFound } from "./schedule_id.ts";
import {
  NextRunsQuery,
  Schedule,
  ScheduleDeleted,
  ScheduleEventList,
  ScheduleList,
  ScheduleListQuery,
  ScheduleRan,
  ScheduleRequest,
  ScheduleRuns,
  ScheduleState,
} from "./schemas.ts";

const ROUTE = "/api/v1/schedules";
const EVENTS = byVersion("schedule_events");

type ListedSchedule = Omit<ScheduleRow, "version">;

const EXAMPLE_ID = "0197a1f0-91d2-7f04-8c11-5a0b7e3d9f21";
const EXAMPLE_JOB = { workflow: "http", payload: { method: "GET", url: "https://example.com/" } };
const EXAMPLE_SUMMARY = {
  schedule_id: EXAMPLE_ID,
  name: "Morning report",
  cron: "0 9 * * MON-FRI",
  time_zone: "Europe/Berlin",
  misfire_grace_seconds: 900,
  status: "active",
  workflow: "http",
  next_run_at: "2026-01-16T08:00:00Z",
  last_run_at: "2026-01-15T08:00:00Z",
  last_job_id: "5f0b8c7e-3a52-8d1c-9b64-0c2f6e7a9d13",
  runs: 12,
  misfires: 0,
  created_at: "2025-12-30T10:12:00.123456Z",
  updated_at: "2026-01-15T08:00:00.004321Z",
};

export function scheduleRoutes({ log, sql, projector, queue, stored, workflows, refusedAddress, timing }: ApiParts) {
  const wait_ms = timing?.read_model_wait_ms;
  const columns = sql`schedule_id, name, cron, time_zone, misfire_grace_seconds, status, workflow, position,
    next_run_at, last_run_at, last_job_id, runs, misfires, created_at, updated_at`;
  return [
    route(
      {
        method: "POST",
        path: ROUTE,
        id: "createSchedule",
        tag: tags.schedules,
        summary: "Create a schedule",
        description:
          "From now on a job is submitted at every time that the cron expression matches, exactly once however many replicas run, normally within some 10 ms. The job's id is derived from the schedule and the time. If nothing could fire a run in time, it is fired as soon as possible, up to misfire_grace_seconds late; a run that is later than that is recorded as misfired.",
        scope: "schedules:write",
        idempotent: true,
        body: ScheduleRequest,
        responses: {
          201: {
            description: "The schedule is recorded.",
            schema: ScheduleState,
            example: { schedule_id: EXAMPLE_ID, status: "active", next_run_at: "2026-01-16T08:00:00.000Z" },
          },
        },
        errors: [problems.workflow_not_allowed, problems.payload_too_large, problems.too_many_stored],
      },
      async (call) => {
        const { caller } = call;
        const definition = runnable(call);
        const now = await databaseNow(sql);
        const command = understood(() => createCommand(definition, now));
        const schedule_id = call.newId();
        const meta = scheduleMeta(schedule_id, { ...metaOf(caller), ...call.cause });
        const created = await stored.add("schedules", {
          caller,
          stream_id: call.idempotency_key === null ? null : scheduleStream(schedule_id),
          record: () => createSchedule(log, { schedule_id, command, meta }),
        });
        const once = call.once(created);
        const next_run_at = once.replayed
          ? (once.event.data as ScheduleCreated).next_run_at
          : toTime(command.next_run_at);
        return { schedule_id, status: "active", next_run_at };
      },
    ),
    route(
      {
        method: "GET",
        path: ROUTE,
        id: "listSchedules",
        tag: tags.schedules,
        summary: "List schedules, newest first",
        description:
          "Omits deleted schedules. Read from a read model, like the list of jobs: to be sure to see your own write, send its Levqor-Position as Levqor-Min-Position.",
        scope: "schedules:read",
        query: ScheduleListQuery,
        list: true,
        responses: {
          200: {
            description: "A page of schedules.",
            schema: ScheduleList,
            example: { data: [EXAMPLE_SUMMARY], has_more: false, next_cursor: null },
          },
        },
      },
      async (call) => {
        const { account, workflows: names } = call.caller;
        const { status } = call.query;
        const select = (before: number | undefined, take: number) => sql<ListedSchedule[]>`
          select ${columns} from levqor_read.schedules
          where account = ${account}
            ${before === undefined ? sql`` : sql`and position < ${before}`}
            ${status === undefined ? sql`` : sql`and status = ${status}`}
            ${names === "all" ? sql`` : runsOnly(sql, names)}
          order by position desc
          limit ${take}`;
        return await call.page("schedules", { select, show: summary });
      },
    ),
    route(
      {
        method: "GET",
        path: `${ROUTE}/:schedule_id`,
        id: "getSchedule",
        tag: tags.schedules,
        summary: "Get a schedule",
        description: "Never older than an earlier response.",
        scope: "schedules:read",
        params: { schedule_id: scheduleIdParam },
        conditional: true,
        responses: {
          200: {
            description: "The schedule.",
            schema: Schedule,
            example: { ...EXAMPLE_SUMMARY, job: EXAMPLE_JOB },
          },
        },
        errors: [problems.read_model_behind],
      },
      async (call) => {
        const { schedule_id } = call.params;
        const { state, position, version } = await existing(call);
        const [row] = await readAt(
          projector,
          { names: ["schedules"], position, wait_ms },
          () => sql<ListedSchedule[]>`select ${columns} from levqor_read.schedules where schedule_id = ${schedule_id}`,
        );
        if (!row) throw scheduleNotFound(schedule_id);
        // The row may be newer already: then the tag matches no later response.
        call.etag(version);
        return { ...summary(row), job: state.definition.job };
      },
    ),
    route(
      {
        method: "PUT",
        path: `${ROUTE}/:schedule_id`,
        id: "updateSchedule",
        tag: tags.schedules,
        summary: "Update a schedule",
        description:
          "Replaces the whole definition, based on the version that If-Match names: runs since then do not count as changes, other changes do. From now on the new job is submitted at the new times; a run that is already due is still fired. A paused schedule stays paused. A definition that equals the current one is not recorded again.",
        scope: "schedules:write",
        params: { schedule_id: scheduleIdParam },
        if_match: true,
        body: ScheduleRequest,
        responses: {
          200: {
            description: "The schedule has been changed.",
            schema: ScheduleState,
            example: { schedule_id: EXAMPLE_ID, status: "active", next_run_at: "2026-01-16T08:00:00.000Z" },
            headers: ["ETag"],
          },
        },
        errors: [problems.workflow_not_allowed, problems.payload_too_large],
      },
      async (call) => {
        const { caller, expected_version } = call;
        const definition = runnable(call);
        const given = { by: caller.actor, now: await databaseNow(sql), expected_version };
        const command = understood(() => updateCommand(definition, given));
        await record(call, () => command);
        const { state, version } = await existing(call);
        call.etag(version);
        return stateOf(call.params.schedule_id, state);
      },
    ),
    route(
      {
        method: "POST",
        path: `${ROUTE}/:schedule_id/run`,
        id: "runSchedule",
        tag: tags.schedules,
        summary: "Run a schedule now",
        description:
          "Submits its job at once, in addition to its scheduled runs; a paused schedule can be run, too. Send an Idempotency-Key to be able to retry the request safely.",
        scope: "schedules:write",
        params: { schedule_id: scheduleIdParam },
        idempotent: true,
        responses: {
          202: {
            description: "The job is recorded.",
            schema: ScheduleRan,
            example: {
              job_id: "0197a1f0-7c6e-7b3a-9d5e-2f4c8a1b6e70",
              status: "queued",
              schedule_id: EXAMPLE_ID,
            },
          },
        },
        errors: [problems.queue_full],
      },
      async (call) => {
        const { caller } = call;
        const { schedule_id } = call.params;
        const reach = reachOf(caller);
        const job_id = call.newId();
        const meta = { ...metaOf(caller), ...call.cause };
        // A repetition needs no place in the queue: it gets the first response.
        let ran: RunNowResult | undefined = call.idempotency_key === null ? undefined : await earlierRun(log, job_id);
        if (!ran) {
          const own = await queue.of(caller);
          if (own.full) throw queueFull(own.depth());
          ran = await own.enter(() => runNow(log, { schedule_id, reach, job_id, meta }));
        }
        if (!ran.ok) throw scheduleNotFound(schedule_id);
        call.once(ran);
        return { job_id, status: "queued", schedule_id };
      },
    ),
    route(
      {
        method: "GET",
        path: `${ROUTE}/:schedule_id/next`,
        id: "listNextRuns",
        tag: tags.schedules,
        summary: "List a schedule's next runs",
        description:
          "The next scheduled runs, starting with the one that fires next: fewer than requested if the year 9999 ends before, none while the schedule is paused.",
        scope: "schedules:read",
        params: { schedule_id: scheduleIdParam },
        query: NextRunsQuery,
        responses: {
          200: {
            description: "The next runs.",
            schema: ScheduleRuns,
            example: { data: ["2026-01-16T08:00:00.000Z", "2026-01-19T08:00:00.000Z"] },
          },
        },
      },
      async (call) => {
        const { count = NEXT_RUNS_DEFAULT } = call.query;
        const { state } = await existing(call);
        return { data: understood(() => nextInstants(state, count)).map(toTime) };
      },
    ),
    route(
      {
        method: "GET",
        path: `${ROUTE}/:schedule_id/events`,
        id: "listScheduleEvents",
        tag: tags.schedules,
        summary: "List a schedule's events",
        description:
          "The schedule's whole history, in order, including each run with its time and job, and each misfire. The history of a deleted schedule can still be read.",
        scope: "schedules:read",
        params: { schedule_id: scheduleIdParam },
        query: PageQuery,
        conditional: true,
        responses: {
          200: {
            description: "A page of events, oldest first.",
            schema: ScheduleEventList,
            example: {
              data: [
                {
                  position: 2077,
                  version: 13,
                  type: "schedule.fired",
                  data: {
                    instant: "2026-01-15T08:00:00.000Z",
                    job_id: "5f0b8c7e-3a52-8d1c-9b64-0c2f6e7a9d13",
                    next_run_at: "2026-01-16T08:00:00.000Z",
                  },
                  meta: { actor: "system:scheduler", correlation_id: EXAMPLE_ID },
                  recorded_at: "2026-01-15T08:00:00.004321Z",
                },
              ],
              has_more: false,
              next_cursor: null,
            },
          },
        },
        errors: [problems.invalid_cursor],
      },
      async (call) => {
        const { schedule_id } = call.params;
        const reach = reachOf(call.caller);
        const { limit = PAGE_LIMIT_DEFAULT, cursor } = call.query;
        const after_version = fromCursor(cursor, EVENTS) ?? 0;
        const events = await log.readStream(scheduleStream(schedule_id), { after_version, limit: limit + 1 });
        if (events.length === 0 && after_version === 0) throw scheduleNotFound(schedule_id);
        if (!(await readSchedule(log, { schedule_id, reach }))) throw scheduleNotFound(schedule_id);
        const { items, has_more, next_cursor } = page(events, limit, { kind: EVENTS, keyOf: ({ version }) => version });
        call.set.headers["content-type"] = "application/json";
        call.set.headers.etag = etagOfPage(items, has_more);
        const data = items
          .filter((event) => isWithin(reach, event))
          .map(jobEventJson)
          .join(",");
        return `{"data":[${data}],"has_more":${has_more},"next_cursor":${JSON.stringify(next_cursor)}}`;
      },
    ),
    route(
      {
        method: "POST",
        path: `${ROUTE}/:schedule_id/pause`,
        id: "pauseSchedule",
        tag: tags.schedules,
        summary: "Pause a schedule",
        description:
          "It does not fire until it is resumed. A run that is due and has not fired yet is recorded as misfired. A paused schedule stays paused.",
        scope: "schedules:write",
        params: { schedule_id: scheduleIdParam },
        responses: {
          200: {
            description: "The schedule is paused.",
            schema: ScheduleState,
            example: { schedule_id: EXAMPLE_ID, status: "paused", next_run_at: null },
          },
        },
      },
      async (call) => {
        const now = await databaseNow(sql);
        const command = (state: StoredSchedule) => endCommand("pause", state, now);
        await record(call, command);
        return { schedule_id: call.params.schedule_id, status: "paused", next_run_at: null };
      },
    ),
    route(
      {
        method: "POST",
        path: `${ROUTE}/:schedule_id/resume`,
        id: "resumeSchedule",
        tag: tags.schedules,
        summary: "Resume a schedule",
        description:
          "It fires again, starting with the next run in the future: runs missed during the pause are not made up for. An active schedule stays as it is.",
        scope: "schedules:write",
        params: { schedule_id: scheduleIdParam },
        responses: {
          200: {
            description: "The schedule is active.",
            schema: ScheduleState,
            example: { schedule_id: EXAMPLE_ID, status: "active", next_run_at: "2026-01-16T08:00:00.000Z" },
          },
        },
      },
      async (call) => {
        const now = await databaseNow(sql);
        const command = (state: StoredSchedule) => resumeCommand(state, now);
        await record(call, command);
        return stateOf(call.params.schedule_id, (await existing(call)).state);
      },
    ),
    route(
      {
        method: "DELETE",
        path: `${ROUTE}/:schedule_id`,
        id: "deleteSchedule",
        tag: tags.schedules,
        summary: "Delete a schedule",
        description:
          "Deletes the schedule permanently. Jobs that it submitted are not affected; its history can still be read. A run that is due and has not fired yet is recorded as misfired.",
        scope: "schedules:write",
        params: { schedule_id: scheduleIdParam },
        responses: {
          200: {
            description: "The schedule is deleted.",
            schema: ScheduleDeleted,
            example: { schedule_id: EXAMPLE_ID, status: "deleted" },
          },
        },
      },
      async (call) => {
        const now = await databaseNow(sql);
        const command = (state: StoredSchedule) => endCommand("delete", state, now);
        await record(call, command);
        return { schedule_id: call.params.schedule_id, status: "deleted" };
      },
    ),
  ];

  /**
   * The schedule that a call names, within its caller's reach. Throws the problem `schedule_not_found`, also for a
   * deleted one.
   */
  async function existing({ caller, params: { schedule_id } }: ScheduleCall) {
    const found = await readSchedule(log, { schedule_id, reach: reachOf(caller) });
    if (!found || found.state.status === "deleted") throw scheduleNotFound(schedule_id);
    const { state, last } = found;
    return { state, position: last.position, version: last.version };
  }

  /** The intended schedule in a request. Throws the problems of a submission, and `workflow_not_allowed`. */
  function runnable({ caller, body, sent }: Call<unknown, unknown, ScheduleRequest, Caller>): RunnableDefinition {
    const { job: wanted, ...rest } = body;
    const job = checkPermitted(caller, wanted, "/job/workflow");
    checkSubmission(job, { ...sent, connectors: workflows, refusedAddress, pointer: "/job" });
    return { time_zone: "UTC", misfire_grace_seconds: MISFIRE_GRACE_DEFAULT_S, ...rest, job };
  }

  /** Records a command, and returns the position of the newest event of the schedule. */
  async function record(call: ScheduleCall, command: (state: StoredSchedule) => ScheduleCommand): Promise<void> {
    const { caller, cause } = call;
    const { schedule_id } = call.params;
    const handled = await commandSchedule(log, {
      schedule_id,
      reach: reachOf(caller),
      command: (state) => understood(() => command(state)),
      meta: scheduleMeta(schedule_id, { ...metaOf(caller), ...cause }),
    });
    if (!handled.ok) {
      const { code, message } = handled.refusal;
      throw code === "version_mismatch" ? new Problem(problems[code], message) : scheduleNotFound(schedule_id);
    }
    call.recorded(handled.position ?? (await existing(call)).position);
  }
}

type ScheduleCall = Call<{ readonly schedule_id: string }, unknown, unknown, Caller>;

/** Whether an event of a schedule's history contains no job beyond a reach: it may have had another before. */
function isWithin(reach: Reach, stored: StoredEvent): boolean {
  const { data } = decode(stored);
  return !("job" in data) || beyond(reach, data.job) === undefined;
}

/** Throws the problem `validation_failed` if the expression or the time zone is invalid. */
function understood<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof CalendarError)) throw error;
    throw invalid([{ pointer: `/${error.field}`, message: error.message }]);
  }
}

function summary({ position: _, ...shown }: ListedSchedule) {
  return shown;
}

function stateOf(schedule_id: string, { status, next_run_at }: StoredSchedule) {
  return { schedule_id, status, next_run_at: toTimeOrNull(next_run_at) };
}
