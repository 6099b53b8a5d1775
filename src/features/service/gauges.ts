/**
 * The figures that are read or queried when Prometheus scrapes. Every process reports the whole service: use the
 * maximum.
 */
import type { Bus } from "../../bus/mod.ts";
import type { Sql } from "../../db/mod.ts";
import type { Runner } from "../../jobs/mod.ts";
import { unfinishedJobs } from "../../jobs/queue/read_model.ts";
import type { EventLog } from "../../log/mod.ts";
import type { ProjectionStatus, Projector } from "../../projector/mod.ts";
import type { ReactionStatus, Reactor } from "../../reactor/mod.ts";
import type { Metrics } from "../../telemetry/mod.ts";
import { schedulerHealth } from "./queries.ts";

export interface GaugeSources {
  readonly log: EventLog;
  readonly sql: Sql;
  readonly bus: Bus;
  readonly projector: Projector;
  readonly reactor: Pick<Reactor, "status">;
}

/** Queries to the database: five small ones, at most every 5 s, however often it is scraped. */
export function addGauges(metrics: Metrics, { log, sql, bus, projector, reactor }: GaugeSources): void {
  metrics.gauge({ name: "levqor_bus_connected", help: "Whether the bus is reachable: 1 or 0." }, () =>
    bus.health().connected ? 1 : 0,
  );
  metrics.polledGauges(
    [
      { name: "levqor_log_position", help: "The position of the last event in the log.", of: ({ head }) => head },
      {
        name: "levqor_bus_lag_events",
        help: "Events in the log that are not known to be on the bus.",
        of: ({ head, relayed }) => Math.max(0, head - relayed),
      },
    ],
    async () => ({ head: await log.head(), relayed: bus.health().position }),
  );
  const byName = (figure: (status: ProjectionStatus) => number) => (statuses: readonly ProjectionStatus[]) =>
    new Map(statuses.filter(({ live }) => live).map((status) => [status.name, figure(status)]));
  metrics.polledGauges(
    [
      {
        name: "levqor_projection_lag_events",
        help: "Events in the log that a read model does not include yet.",
        label: "projection",
        of: byName(({ lag }) => lag),
      },
      {
        name: "levqor_projection_stopped",
        help: "Whether a read model stopped at an event that its fold rejects: 1 or 0.",
        label: "projection",
        of: byName(({ poison }) => (poison ? 1 : 0)),
      },
    ],
    () => projector.status(),
  );
  const byReaction = (figure: (status: ReactionStatus) => number) => (statuses: readonly ReactionStatus[]) =>
    new Map(statuses.map((status) => [status.name, figure(status)]));
  metrics.polledGauges(
    [
      {
        name: "levqor_reaction_lag_events",
        help: "Events in the log that a reaction has not reached yet.",
        label: "reaction",
        of: byReaction(({ lag }) => lag),
      },
      {
        name: "levqor_reaction_position",
        help: "The position of the last event that a reaction has handled.",
        label: "reaction",
        of: byReaction(({ position }) => position),
      },
      {
        name: "levqor_reaction_stopped",
        help: "Whether a reaction stopped at an event: 1 or 0.",
        label: "reaction",
        of: byReaction(({ poison }) => (poison ? 1 : 0)),
      },
    ],
    () => reactor.status(),
  );
  metrics.polledGauges(
    [
      {
        name: "levqor_queue_jobs",
        help: "Jobs that have not finished.",
        label: "status",
        of: (counts) => new Map(Object.entries(counts)),
      },
    ],
    () => unfinishedJobs(sql),
  );
  metrics.polledGauges(
    [
      {
        name: "levqor_scheduler_lag_seconds",
        help: "How long a schedule has been due without being fired.",
        of: ({ lag_seconds }) => lag_seconds,
      },
      {
        name: "levqor_scheduler_leading",
        help: "Whether any process fires schedules: 1 or 0.",
        of: ({ leader }) => (leader === null ? 0 : 1),
      },
      { name: "levqor_schedules_active", help: "Schedules with a next run.", of: ({ active }) => active },
    ],
    () => schedulerHealth(sql),
  );
}

/** What a worker is doing now. */
export function addRunnerGauges(metrics: Metrics, runner: Runner, concurrency: number): void {
  metrics.gauge(
    { name: "levqor_worker_slots", help: "The maximum number of attempts that this process runs at once." },
    () => (runner.status().state === "running" ? concurrency : 0),
  );
  metrics.gauge(
    {
      name: "levqor_worker_jobs",
      help: "Jobs in this process, by what it is doing with them.",
      label: "state",
    },
    () => {
      const { running, recording, ready, held_back, callbacks } = runner.status();
      return new Map(Object.entries({ running, recording, ready, held_back, callbacks }));
    },
  );
}
