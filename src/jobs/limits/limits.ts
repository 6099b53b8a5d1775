/**
 * Asks limits for a permit to run a job, and acquires it in one commit with the job's start.
 *
 * ```text
 *   what is settled ──▶ none applies: nothing more is asked
 *                   ╰─▶ newest event of each limit ──▶ free: job.started + limit.granted, all or none
 *                                 ▲                ╰─▶ full: which holders have gone? ──▶ free, or held back
 *                                 ╰── another was faster ◀──────────╯
 * ```
 *
 * Whether a holder has gone is read from its job's own history. What this process has read once it knows until the feed
 * brings that attempt's end.
 */

import { accountOf } from "../../../events/account.ts";
import type { EventMeta, NewEvent } from "../../../events/envelope.ts";
import { jobStream } from "../../../events/job.ts";
import { decode, entityId, type KnownEvent, type StoredEvent } from "../../../events/mod.ts";
import { toTimeAtLeast } from "../../../events/time.ts";
import { jobState } from "../../domain/job/job.ts";
import type { WaitingFor } from "../../domain/job/waiting.ts";
import {
  type Holders,
  holdsPermit,
  type Limit,
  type LimitRejection,
  type LimitState,
  limitDecider,
  limitsOf,
} from "../../domain/limit.ts";
import { type WorkflowState, workflowDecider } from "../../domain/workflow.ts";
import { decodeJson, isSameJson } from "../../json/mod.ts";
import { type Append, type AppendAllResult, ContendedError, type EventLog, PAGE } from "../../log/mod.ts";
import { longJobsOf } from "../long_jobs.ts";
import { type AccountsWorkflow, type LimitId, limitStream, workflowName, workflowStream } from "./limit_streams.ts";

/**
 * A workflow's limits are reloaded after this long, if no event has reported a change before: in the background, and,
 * later, before they are used.
 */
const SETTLED_FOR_MS = { background: 1_000, most: 5_000 };
/** A holder that was found running is read again after this long, in case its end is missed. */
const RUNNING_FOR_MS = 5_000;
/** A limit that changes this often while one job is claimed is contended by something that never yields. */
const MAX_TRIES = 50;
/** Cached workflows and holders; evicted ones are read again. */
const MAX_REMEMBERED = 10_000;
/** How many holders a sentence names. */
const MAX_NAMED = 3;

/** The part of a job that limits look at. */
export interface LimitedJob extends LimitId {
  readonly job_id: string;
}

interface LimitedAttempt extends LimitedJob {
  readonly attempt: number;
  readonly meta: EventMeta;
}

type Record = (grants: readonly Append[]) => Promise<AppendAllResult>;

/** A limit that holds a job back. */
export interface HeldBack {
  readonly limit: Limit;
  readonly refusal: LimitRejection;
  /** When the rate allows the next start, in milliseconds from now; `null` if the limit is full. */
  readonly due_in: number | null;
}

/** The outcome: that of the recording, or why nothing was recorded. */
export type LimitedOutcome =
  | { readonly ok: true; readonly recorded: AppendAllResult & { ok: true } }
  | { readonly ok: false; readonly reason: "conflict" }
  | { readonly ok: false; readonly reason: "held_back"; readonly held_back: HeldBack };

export interface LimitsOptions {
  readonly log: EventLog;
  /** Whether {@link Limits.attemptEnded} is called for every attempt's end. */
  readonly following: boolean;
}

interface Settled {
  readonly state: WorkflowState;
  /** Of the workflow's stream. */
  readonly version: number;
  /** By the monotonic clock. */
  readonly read_at: number;
}

export class Limits {
  readonly #log: EventLog;
  readonly #following: boolean;
  readonly #settled = new Map<string, Settled>();
  /** Loads in progress, by workflow. */
  readonly #readings = new Map<string, Promise<Settled>>();
  /** Attempts found running, and when, by the monotonic clock; the feed has not reported their end since. */
  readonly #running = new Map<string, { attempt: number; read_at: number }>();
  /** Attempts known to have ended. */
  readonly #over = new Map<string, number>();
  /** Histories that are being read: ends that are reported meanwhile may be missing there. */
  #reading = 0;
  /** The last in the queue for each limit: claims of one process would only get in each other's way. */
  readonly #turns = new Map<string, Promise<void>>();

  constructor({ log, following }: LimitsOptions) {
    this.#log = log;
    this.#following = following;
  }

  /** Called when an attempt has ended. */
  attemptEnded(event: StoredEvent): void {
    const jobId = entityId(event.stream_id);
    if (this.#reading === 0 && !this.#running.has(jobId)) return;
    remember(this.#over, jobId, decodeJson<{ attempt: number }>(event.data_json).attempt);
    this.#running.delete(jobId);
  }

  /** Called when a workflow's limits were set; returns which workflow. */
  settledAnew(event: StoredEvent): AccountsWorkflow {
    const { data, meta } = decode(event) as KnownEvent & { type: "workflow.limits_set" };
    const workflow = { account: accountOf(meta), workflow: data.workflow };
    this.#settle(workflow, event, performance.now());
    return workflow;
  }

  /** Whether one of the holders is known to have ended. */
  hasGone(holders: Holders): boolean {
    for (const [jobId, attempt] of holders) if (this.#isOver(jobId, attempt)) return true;
    return false;
  }

  /** The limits that apply to a job: usually none. */
  async limitsOf(job: LimitedJob): Promise<readonly Limit[]> {
    const known = this.#settled.get(workflowName(job));
    const age = known ? performance.now() - known.read_at : Number.POSITIVE_INFINITY;
    const settled = known && age <= SETTLED_FOR_MS.most ? known : await this.#readSettled(job);
    if (settled === known && age > SETTLED_FOR_MS.background) this.#readSettled(job).catch(() => {});
    return limitsOf(job, settled.state.limits);
  }

  /**
   * Asks the limits of a job for a permit for an attempt. `record` appends the attempt's start, and the grants that it
   * gets, all or none. Throws what it throws, and what the log does.
   */
  async acquire(attempt: LimitedAttempt, record: Record): Promise<LimitedOutcome> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const streams = (await this.limitsOf(attempt)).map(limitStream);
      const answer = await this.#inTurn(streams, () => this.#ask(streams, attempt, record));
      if (answer) return answer;
    }
    throw new ContendedError(`Cannot claim job ${attempt.job_id}: its limits changed at each of ${MAX_TRIES} attempts`);
  }

  /** `undefined`: these limits no longer apply. */
  async #ask(streams: readonly string[], attempt: LimitedAttempt, record: Record): Promise<LimitedOutcome | undefined> {
    const { job_id, attempt: number } = attempt;
    // Its end may be reported before its permit is known here.
    if (this.#following) remember(this.#running, job_id, { attempt: number, read_at: performance.now() });
    let isRecorded = false;
    try {
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        // Again at each attempt: the limits may have changed while others had their turn.
        const limits = await this.limitsOf(attempt);
        if (!isSameJson(limits.map(limitStream), streams)) return undefined;
        const grants = await this.#grants(limits, streams, attempt);
        if ("refusal" in grants) return { ok: false, reason: "held_back", held_back: grants };
        const recorded = await record(grants);
        isRecorded = recorded.ok;
        if (recorded.ok) return { ok: true, recorded };
        const versions = recorded.actual_versions.slice(1);
        const unchanged = versions.every((version, index) => version === grants[index]?.expected_version);
        if (unchanged) return { ok: false, reason: "conflict" };
      }
      return undefined;
    } finally {
      if (!isRecorded && this.#running.get(job_id)?.attempt === number) this.#running.delete(job_id);
    }
  }

  /** Which limits hold jobs back now: jobs that are not held back are absent. */
  async waitingFor(
    jobs: readonly (LimitedJob & { readonly attempt: number })[],
    { name_holders }: { name_holders: boolean },
  ): Promise<Map<string, WaitingFor>> {
    const limited: { job: LimitedJob & { readonly attempt: number }; limit: Limit; stream: string }[] = [];
    for (const job of jobs) {
      for (const limit of await this.limitsOf(job)) limited.push({ job, limit, stream: limitStream(limit) });
    }
    const waits = new Map<string, WaitingFor>();
    if (limited.length === 0) return waits;
    const { events, read_at } = await this.#log.readLast([...new Set(limited.map(({ stream }) => stream))]);
    for (const { job, limit, stream } of limited) {
      if (waits.has(job.job_id)) continue;
      const attempt = { job_id: job.job_id, attempt: job.attempt + 1, now: Date.parse(read_at) };
      const decision = await this.#decide(limit, stateOf(events.get(stream)), attempt);
      if ("rejected" in decision) waits.set(job.job_id, toWaitingFor(limit, decision, name_holders));
    }
    return waits;
  }

  /** Decides for each limit; resolves to the first that refuses, if one does. */
  async #grants(
    limits: readonly Limit[],
    streams: readonly string[],
    attempt: LimitedAttempt,
  ): Promise<Append[] | HeldBack> {
    const { events, read_at } = await this.#log.readLast(streams);
    const now = Date.parse(read_at);
    const grants: Append[] = [];
    for (const [index, limit] of limits.entries()) {
      const stream_id = streams[index] as string;
      const newest = events.get(stream_id);
      const decision = await this.#decide(limit, stateOf(newest), { ...attempt, now });
      if ("rejected" in decision) {
        return { limit, refusal: decision, due_in: decision.until === null ? null : decision.until - now };
      }
      grants.push({ stream_id, expected_version: newest?.version ?? 0, events: decision, meta: attempt.meta });
    }
    return grants;
  }

  /** If a limit is full, the holders' own histories show who has gone. */
  async #decide(
    limit: Limit,
    state: LimitState,
    { job_id, attempt, now }: { job_id: string; attempt: number; now: number },
  ): Promise<readonly NewEvent[] | LimitRejection> {
    const command = { type: "grant", limit, job_id, attempt, now } as const;
    const decision = limitDecider.decide({ ...command, gone: this.#knownGone(state.holders) }, state);
    if (!("rejected" in decision) || decision.code !== "limit_full") return decision;
    await this.#look(decision.holders);
    return limitDecider.decide({ ...command, gone: this.#knownGone(state.holders) }, state);
  }

  #knownGone(holders: Holders): Holders {
    return new Map([...holders].filter(([jobId, attempt]) => this.#isOver(jobId, attempt)));
  }

  #isOver(jobId: string, attempt: number): boolean {
    return (this.#over.get(jobId) ?? 0) >= attempt;
  }

  /** Reads the histories of unknown holders. */
  async #look(holders: Holders): Promise<void> {
    const unknown = [...holders].filter(([jobId, attempt]) => !this.#isKnownToRun(jobId, attempt));
    if (unknown.length === 0) return;
    const read_at = performance.now();
    this.#reading++;
    try {
      const streams = unknown.map(([jobId]) => jobStream(jobId));
      // Without the submission, whose payload may be large.
      const histories = await this.#log.readStreams(streams, { after_version: 1, limit: PAGE });
      for (const [jobId, attempt] of unknown) {
        const history = histories.get(jobStream(jobId)) ?? [];
        const long = history.length === PAGE ? await longJobsOf(this.#log).read(jobStream(jobId)) : undefined;
        if (!holdsPermit(long?.state ?? jobState(history.map(decode)), attempt)) remember(this.#over, jobId, attempt);
        else if (!this.#isOver(jobId, attempt)) remember(this.#running, jobId, { attempt, read_at });
      }
    } finally {
      this.#reading--;
    }
  }

  #isKnownToRun(jobId: string, attempt: number): boolean {
    const known = this.#running.get(jobId);
    if (!this.#following || known?.attempt !== attempt) return false;
    return performance.now() - known.read_at < RUNNING_FOR_MS;
  }

  /** One read at a time: many claims ask at once. */
  #readSettled(workflow: AccountsWorkflow): Promise<Settled> {
    return this.#readings.get(workflowName(workflow)) ?? this.#beginReading(workflow);
  }

  #beginReading(workflow: AccountsWorkflow): Promise<Settled> {
    const name = workflowName(workflow);
    const reading = this.#settledNow(workflow).finally(() => this.#readings.delete(name));
    this.#readings.set(name, reading);
    return reading;
  }

  async #settledNow(workflow: AccountsWorkflow): Promise<Settled> {
    const read_at = performance.now();
    const { events } = await this.#log.readLast([workflowStream(workflow)]);
    return this.#settle(workflow, events.get(workflowStream(workflow)), read_at);
  }

  /** Stores a workflow's newest event, unless a later one is known. */
  #settle(workflow: AccountsWorkflow, newest: StoredEvent | undefined, read_at: number): Settled {
    const version = newest?.version ?? 0;
    const name = workflowName(workflow);
    const known = this.#settled.get(name);
    if (known && known.version > version) return known;
    const { initial, evolve } = workflowDecider;
    const settled = { state: newest ? evolve(initial, decode(newest)) : initial, version, read_at };
    remember(this.#settled, name, settled);
    return settled;
  }

  /** Runs `body` when earlier ones are done with the streams. All are joined at once: no deadlock. */
  async #inTurn<T>(streams: readonly string[], body: () => Promise<T>): Promise<T> {
    const { promise: turn, resolve: done } = Promise.withResolvers<void>();
    const before = streams.map((stream) => this.#turns.get(stream));
    for (const stream of streams) this.#turns.set(stream, turn);
    try {
      await Promise.all(before);
      return await body();
    } finally {
      for (const stream of streams) if (this.#turns.get(stream) === turn) this.#turns.delete(stream);
      done();
    }
  }
}

/** What is forgotten is read again. */
function remember<Value>(values: Map<string, Value>, key: string, value: Value): void {
  if (values.size >= MAX_REMEMBERED) values.clear();
  values.set(key, value);
}

function stateOf(newest: StoredEvent | undefined): LimitState {
  return newest ? limitDecider.evolve(limitDecider.initial, decode(newest)) : limitDecider.initial;
}

function toWaitingFor(limit: Limit, { message, holders, until }: LimitRejection, named: boolean): WaitingFor {
  if (until !== null) {
    const next = toTimeAtLeast(until);
    return { reason: "rate", detail: `${message} The next one may start at ${next}.`, until: next };
  }
  // For callers to whom others' jobs do not exist, their number is not shown either.
  const reason = limit.concurrency_key === null ? "concurrency" : "concurrency_key";
  if (!named) return { reason, detail: message };
  const ids = [...holders.keys()];
  const first = ids.slice(0, MAX_NAMED).join(", ");
  const others = ids.length > MAX_NAMED ? ` and ${ids.length - MAX_NAMED} more` : "";
  return { reason, detail: `${message} Held by ${first}${others}.` };
}
