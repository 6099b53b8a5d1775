/** Attempts, by the log: who had claimed a job when, and who may report its outcome. */
import type { Check } from "../evidence.ts";
import type { LogEvent } from "../observer.ts";
import { ENDS } from "../standing.ts";

/** What only an attempt's own worker may record. */
const BY_ITS_WORKER: ReadonlySet<string> = new Set([
  "job.heartbeat",
  "job.succeeded",
  "job.step_started",
  "job.step_succeeded",
  "job.step_failed",
]);

/** Times are compared in whole milliseconds, of which each may be rounded. */
const CLOCK_GRAIN_MS = 2;

interface Claim {
  readonly attempt: number;
  /** Who recorded it: a worker of the service, or the key of an external one. */
  readonly actor: string;
  /** Milliseconds since 1970 by Postgres's clock; and its position. */
  readonly lease_end: number;
  readonly position: number;
}

export const attemptsAlone: Check = {
  name: "no attempt runs twice or beside another, and none is taken back before its lease expires",
  run: ({ histories, events }) => {
    const faults: string[] = [];
    let attempts = 0;
    const turns = turnsBack(events);
    for (const [jobId, history] of histories) {
      const job = new Attempts(turns);
      for (const event of history) {
        for (const fault of job.see(event)) faults.push(`job ${jobId}@${event.version}: ${event.type} ${fault}`);
      }
      attempts += job.count;
    }
    return { looked_at: `${attempts} attempts`, faults };
  },
};

export const attemptsInTime: Check = {
  name: "no attempt starts before it is due, and no job exceeds its max_attempts",
  run: ({ histories, events }) => {
    const turns = turnsBack(events);
    const faults = [...histories].flatMap(([jobId, history]) =>
      [...untimely(history, turns)].map((fault) => `job ${jobId}: ${fault}`),
    );
    const waited = events.filter(({ type, data }) => type === "job.retry_scheduled" || data.run_at !== undefined);
    return { looked_at: `${waited.length} attempts that had to wait`, faults };
  },
};

function* untimely(history: readonly LogEvent[], turns: readonly number[]): Generator<string> {
  const { run_at, max_attempts = Number.POSITIVE_INFINITY } = history[0]?.data ?? {};
  let due = { at: run_at === undefined ? 0 : Date.parse(run_at), position: 0 };
  let used = 0;
  for (const { type, data, position, recorded_at } of history) {
    if (isUse(type, data)) used++;
    if (type === "job.retry_scheduled") due = { at: recorded_at + data.retry_in_seconds * 1000, position };
    if (type !== "job.started") continue;
    const early = due.at - recorded_at;
    const turned = turns.some((turn) => turn > due.position && turn <= position);
    if (early > CLOCK_GRAIN_MS && !turned) yield `attempt ${data.attempt} starts ${early} ms before it is due`;
    if (used >= max_attempts) yield `attempt ${data.attempt} starts after ${used} of ${max_attempts}`;
  }
}

/** Whether an event uses up one of a job's attempts. */
function isUse(type: string, { reason }: { reason?: string }): boolean {
  return type === "job.retry_scheduled" || (type === "job.released" && reason !== "worker_stopping");
}

/** Positions at which Postgres's clock was set back: a lease that ends there has no single end. */
function turnsBack(events: readonly LogEvent[]): number[] {
  return events
    .filter(({ recorded_at, position }) => recorded_at < (events[position - 2]?.recorded_at ?? 0) - 100)
    .map(({ position }) => position);
}

/** What ends a claim without finishing the job. */
const LETS_GO: ReadonlySet<string> = new Set(["job.released", "job.retry_scheduled", "job.suspended"]);
const NEEDS_CLAIM: ReadonlySet<string> = new Set([...LETS_GO, "job.heartbeat"]);

/** The attempts of one job, event by event. */
class Attempts {
  count = 0;
  readonly #turns: readonly number[];
  #claim: Claim | undefined;
  #end: string | undefined;

  constructor(turns: readonly number[]) {
    this.#turns = turns;
  }

  /** What is wrong with the next event. */
  *see(event: LogEvent): Generator<string> {
    const { type } = event;
    if (this.#end && !type.startsWith("job.callback_")) yield `comes after ${this.#end}`;
    if (type === "job.started") yield* this.#start(event);
    else if (this.#claim) yield* this.#goOn(event, this.#claim);
    else if (NEEDS_CLAIM.has(type)) yield `of attempt ${event.data.attempt} comes while none runs`;
    if (ENDS.has(type)) this.#end = type;
  }

  *#start(event: LogEvent): Generator<string> {
    const { attempt } = event.data;
    if (this.#claim) yield `of attempt ${attempt} comes while attempt ${this.#claim.attempt} runs`;
    if (attempt !== this.count + 1) yield `has number ${attempt}, after ${this.count}`;
    this.count = attempt;
    this.#claim = claimOf(event, event.meta.actor);
  }

  *#goOn(event: LogEvent, claim: Claim): Generator<string> {
    const { type, data, meta } = event;
    if (data.attempt !== undefined && data.attempt !== claim.attempt && !type.startsWith("job.callback_")) {
      yield `names attempt ${data.attempt}, while ${claim.attempt} runs`;
    }
    if (BY_ITS_WORKER.has(type) && meta.actor !== claim.actor) {
      yield `is by ${meta.actor}, while ${claim.actor} holds the claim`;
    }
    if (type === "job.released") yield* this.#release(event, claim);
    if (type === "job.heartbeat") this.#claim = claimOf(event, claim.actor);
    else if (LETS_GO.has(type) || ENDS.has(type)) this.#claim = undefined;
  }

  *#release({ data, recorded_at, position }: LogEvent, claim: Claim): Generator<string> {
    if (data.reason === "worker_lost") yield "treats a worker as lost that may well be alive";
    const early = claim.lease_end - recorded_at;
    if (data.reason !== "lease_expired" || early <= 0) return;
    // Judged by the time just before it was recorded: the clock may have been set back in between.
    const turned = this.#turns.some((turn) => turn > claim.position && turn <= position);
    if (!turned) yield `takes attempt ${claim.attempt} back ${early} ms before its lease expires`;
  }
}

function claimOf({ data, recorded_at, position }: LogEvent, actor: string): Claim {
  return { attempt: data.attempt, actor, lease_end: recorded_at + data.lease_seconds * 1000, position };
}
