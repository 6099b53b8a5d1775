/**
 * Group commit: gathers the appends of all concurrent callers and writes them with one call in one
 * commit, while the next batch gathers. One batch in flight: measured as good as two or four.
 *
 * A batch whose connection breaks is sent again under the same number. The database remembers each
 * writer's last batch, so whichever copy arrives first is applied and the other is not.
 */
import postgres from "postgres";
import { chargedTo } from "../../events/account.ts";
import { type EventMeta, MAX_VERSION, type StoredEvent } from "../../events/envelope.ts";
import { schemaVersion } from "../../events/mod.ts";
import { alarm } from "../async/mod.ts";
import { connect, connectionFault, type Sql } from "../db/mod.ts";
import { decodeJson, isDeeperThan, writeJson } from "../json/mod.ts";
import { Backlog, MAX_BATCH_EVENTS, type Pending } from "./backlog.ts";
import { AppendInDoubtError, AppendRefusedError, isRefusal, LogBusyError, LogUnavailableError } from "./errors.ts";
import { eventFault } from "./event_check.ts";
import { PARTITION_SPAN, SEPARATOR } from "./schema.ts";
import {
  type Append,
  type AppendAllResult,
  type AppendResult,
  type Commit,
  EVENT_DEPTH_LIMIT,
  type WrittenBatch,
} from "./types.ts";

/** The maximum length of one append, in UTF-16 units of JSON, including each event's meta. */
const MAX_APPEND_LENGTH = 16_000_000;
/**
 * Callers who have just got their response often come back at once. Without waiting for them every other batch has only
 * half of them: with a millisecond's wait 64 callers append 19 % more, and get their response sooner.
 */
const GATHER_MS = 1;
/** From this many appends in a batch on, the next one waits for more. */
const GATHER_FROM = 8;

/** Events of up to this many UTF-16 units are passed on parsed, if they came so. */
const KEPT_PARSED_LENGTH = 4_096;

const STREAM_ID = /^[a-z][a-z_]{0,63}-[!-~]{1,200}$/;
const EVENT_TYPE = /^[a-z][a-z_]{0,63}\.[a-z][a-z_]{0,63}$/;
/** UTF-16 units of an actor's name, or of a correlation id: an index of a read model contains it. */
const MAX_NAME_LENGTH = 300;

/** Appends of one caller, to be accepted all or none: usually one. */
interface Waiting extends Pending {
  readonly parts: readonly Part[];
  /** By the local monotonic clock. */
  readonly since: number;
  resolve(results: readonly AppendResult[]): void;
  reject(error: Error): void;
}

/** One append with its events as JSON text. */
interface Part {
  readonly append: Append;
  readonly datas: readonly string[];
  /** Of each event. */
  readonly metas: readonly string[];
}

/** The database's response to a batch. */
interface Outcome {
  first_position: number;
  recorded_at: string;
  conflicts: string | null;
}

export interface AppenderOptions {
  readonly url: string;
  /** How long an append may wait for the database before its caller is told. */
  readonly timeout_ms: number;
  /** A batch without a response after this long is sent again on a new connection. */
  readonly attempt_timeout_ms: number;
  readonly on_commit: (commit: Commit) => void;
  /** Whether anybody listens to commits: if not, they need not be built. */
  readonly has_listeners: () => boolean;
  /** Called for each batch that was sent, with its outcome. */
  readonly on_batch?: (batch: WrittenBatch) => void;
}

export class Appender {
  readonly #options: AppenderOptions;
  readonly #writer: string = crypto.randomUUID();
  readonly #sql: Sql;
  #batchNumber = 0;
  readonly #backlog = new Backlog<Waiting>();
  /** Ends the wait for a large append's turn. */
  #wake: () => void = () => {};
  #pumping: Promise<void> | undefined;
  #closed = false;
  #partitionsCheckedAt = -1;

  constructor(options: AppenderOptions) {
    const { url, attempt_timeout_ms } = options;
    this.#options = options;
    this.#sql = connect(url, {
      max: 1,
      application_name: "levqor-appender",
      answer_timeout_ms: attempt_timeout_ms,
      // An attempt that was not even sent must end with that knowledge.
      connect_timeout_ms: attempt_timeout_ms / 2,
    });
  }

  async append(append: Append): Promise<AppendResult> {
    const [result] = await this.#enqueue([append]);
    return result as AppendResult;
  }

  async appendAll(appends: readonly Append[]): Promise<AppendAllResult> {
    const results = await this.#enqueue(appends);
    const actual_versions = results.flatMap((result) => (result.ok ? [] : result.actual_version));
    if (actual_versions.length > 0) return { ok: false, reason: "conflict", actual_versions };
    const appended = results as readonly (AppendResult & { ok: true })[];
    return { ok: true, appended, recorded_at: appended[0]?.recorded_at ?? "" };
  }

  #enqueue(appends: readonly Append[]): Promise<readonly AppendResult[]> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw new LogUnavailableError(`Cannot append to ${namesOf(appends)}: the log is closed`);
      const { parts, count, length } = checked(appends);
      const since = performance.now();
      const deadline = since + this.#options.timeout_ms;
      if (!this.#backlog.add({ parts, count, length, caller: callerOf(appends), since, deadline, resolve, reject })) {
        const { size } = this.#backlog;
        throw new LogBusyError(
          `Cannot append to ${namesOf(appends)}: ${size} appends are waiting, and there is no room for more`,
        );
      }
      this.#wake();
      this.#pumping ??= this.#pump();
    });
  }

  /** Waits for what was accepted, then closes the connection. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wake();
    await this.#pumping;
    await this.#sql.end({ timeout: 1 });
  }

  async #pump(): Promise<void> {
    // One turn of the event loop: everything else that is being handled right now joins the first batch.
    await Promise.resolve();
    while (this.#backlog.size > 0) {
      this.#expire();
      // There is nobody left to wait for.
      const batch = this.#backlog.takeBatch(this.#closed ? Number.POSITIVE_INFINITY : performance.now());
      if (batch.length === 0) await this.#lull();
      else await this.#writeTimed(batch);
      if (batch.length >= GATHER_FROM) await this.#gather(batch.length);
    }
    this.#pumping = undefined;
  }

  /** Resolves when the next append comes, or it is the turn of a waiting one. */
  async #lull(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const stop = alarm(this.#backlog.restsFor(performance.now()), resolve);
    this.#wake = resolve;
    await promise;
    this.#wake = () => {};
    stop();
  }

  /** Lets the event loop turn until as many wait as just got their response, or {@link GATHER_MS} have passed. */
  async #gather(count: number): Promise<void> {
    const until = performance.now() + GATHER_MS;
    while (this.#backlog.size < count && performance.now() < until) await new Promise(setImmediate);
  }

  /** Rejects those whose time ran out before they were sent: nothing of theirs was recorded. */
  #expire(): void {
    for (const { parts, reject } of this.#backlog.expired(performance.now())) {
      reject(new LogUnavailableError(`Cannot append to ${streamsOf(parts)}: the database did not answer in time`));
    }
  }

  async #writeTimed(batch: readonly Waiting[]): Promise<void> {
    const from = performance.now();
    await this.#write(batch);
    this.#backlog.took(batch, { from, to: performance.now() });
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    const sent_at = performance.now();
    let outcome: Outcome;
    try {
      outcome = await this.#send(batch);
    } catch (error) {
      this.#options.on_batch?.({ appends: batch, sent_at, failed: true, events: 0, conflicts: 0 });
      if (error instanceof postgres.PostgresError && batch.length > 1) {
        // One append that the database rejects must not fail the others.
        const middle = batch.length >> 1;
        await this.#write(batch.slice(0, middle));
        await this.#write(batch.slice(middle));
      } else {
        for (const { parts, reject } of batch) reject(toFault(error as Error, parts));
      }
      return;
    }
    const counts = this.#answer(batch, outcome);
    this.#options.on_batch?.({ appends: batch, sent_at, failed: false, ...counts });
  }

  /** Returns how many events were recorded, and how many appends were not. */
  #answer(batch: readonly Waiting[], outcome: Outcome): { events: number; conflicts: number } {
    const { recorded_at } = outcome;
    const conflicts = parseConflicts(outcome.conflicts);
    const events: StoredEvent[] | undefined = this.#options.has_listeners() ? [] : undefined;
    let position = Number(outcome.first_position);
    let row = 1;
    for (const { parts, resolve } of batch) {
      const results: AppendResult[] = [];
      for (const part of parts) {
        const { append, datas } = part;
        const actual_version = conflicts?.get(row);
        row += datas.length;
        if (actual_version !== undefined) {
          results.push({ ok: false, reason: "conflict", actual_version });
          continue;
        }
        results.push({ ok: true, position, version: append.expected_version + datas.length, recorded_at });
        events?.push(...recorded(part, position, recorded_at));
        position += datas.length;
      }
      resolve(results);
    }
    const last = position - 1;
    if (events && events.length > 0) this.#options.on_commit({ last, events });
    if (Math.floor(last / PARTITION_CHECK_EVERY) !== this.#partitionsCheckedAt) this.#ensurePartitions(last);
    return { events: position - Number(outcome.first_position), conflicts: conflicts?.size ?? 0 };
  }

  /**
   * Resolves once it is known that the batch was applied; throws if it was not, or if that cannot be determined in
   * time.
   */
  async #send(batch: readonly Waiting[]): Promise<Outcome> {
    const columns = columnsOf(batch);
    const number = ++this.#batchNumber;
    // Tried for at least one attempt's time, if its youngest has that long: it must not fail with the oldest.
    const deadlines = batch.map(({ deadline }) => deadline).sort((a, b) => a - b);
    const oneAttempt = performance.now() + this.#options.attempt_timeout_ms;
    const deadline = Math.min(Math.max(deadlines[0] as number, oneAttempt), deadlines.at(-1) as number);
    let sent = false;
    for (let attempt = 0; ; attempt++) {
      try {
        const [row] = await this.#sql<[Outcome]>`
          select first_position, recorded_at, conflicts from levqor_log.append(
            ${this.#writer}, ${number}, ${columns.stream_ids}, ${columns.expected_versions}, ${columns.versions},
            ${columns.types}, ${columns.schema_versions}, ${columns.datas}, ${columns.metas}, ${columns.together})`;
        return row;
      } catch (error) {
        const fault = connectionFault(error);
        if (!fault) throw error;
        sent ||= fault === "broken_off";
        if (performance.now() >= deadline) throw givenUp(error, sent);
        await Bun.sleep(Math.min(50 * 2 ** attempt, 500));
      }
    }
  }

  /** In the background: the partition after the next is far away. */
  #ensurePartitions(position: number): void {
    this.#partitionsCheckedAt = Math.floor(position / PARTITION_CHECK_EVERY);
    this.#sql`select levqor_log.ensure_partitions(${position})`.catch(() => {
      this.#partitionsCheckedAt = -1;
    });
  }
}

/** In whose turn they go: for appends that belong together, the first one's caller's. */
function callerOf([first]: readonly Append[]): string | null {
  if (!first) return null;
  return first.charged_to === undefined ? chargedTo(first.meta) : first.charged_to;
}

/**
 * What the callers of a batch are told. Postgres quotes what it rejects, which may contain secrets: only its code and
 * message are passed on.
 */
function toFault(error: Error, parts: readonly Part[]): Error {
  if (!(error instanceof postgres.PostgresError)) return error;
  const cause = new Error(`${error.code}: ${error.message}`);
  return isRefusal(error)
    ? new AppendRefusedError(streamsOf(parts), "the database refused it", { cause })
    : new LogUnavailableError(`Cannot append to ${streamsOf(parts)}: the database failed`, { cause });
}

const PARTITION_CHECK_EVERY = PARTITION_SPAN / 100;

/** For messages. */
function streamsOf(parts: readonly Part[]): string {
  return namesOf(parts.map(({ append }) => append));
}

function namesOf(appends: readonly Append[]): string {
  return appends.map(({ stream_id }) => stream_id).join(", ");
}

/** An append's events as readers will read them. */
function recorded({ append, datas, metas }: Part, position: number, recorded_at: string): StoredEvent[] {
  return datas.map((data_json, index) => {
    const event = append.events[index] as Append["events"][number];
    const { type, meta = append.meta } = event;
    return {
      position: position + index,
      stream_id: append.stream_id,
      version: append.expected_version + 1 + index,
      type,
      schema_version: schemaVersion(type),
      data_json,
      meta_json: metas[index] as string,
      recorded_at,
      // Readers may keep events for a while, and a large one takes many times the memory of its text.
      ...("data_json" in event &&
        event.data !== undefined &&
        data_json.length <= KEPT_PARSED_LENGTH && { parsed: { data: event.data, meta } }),
    };
  });
}

/**
 * Rejects what Postgres would reject, before it is in a batch with others: there it would fail them all, and cost each
 * a second attempt. And what does not match its schema, on which readers rely. Throws `AppendRefusedError`.
 */
function checked(appends: readonly Append[]): { parts: Part[]; count: number; length: number } {
  let count = 0;
  let length = 0;
  const parts = appends.map((append) => {
    const part = checkedPart(append);
    count += part.datas.length;
    for (const json of part.metas) length += json.length;
    for (const json of part.datas) length += json.length;
    return part;
  });
  if (
    appends.length !== 1 &&
    (appends.length === 0 || new Set(appends.map((one) => one.stream_id)).size < appends.length)
  ) {
    throw new AppendRefusedError(`[${namesOf(appends)}]`, "each stream is named once, and one at least");
  }
  if (count > MAX_BATCH_EVENTS) {
    throw new AppendRefusedError(namesOf(appends), `it is ${count} events; an append holds 1 to ${MAX_BATCH_EVENTS}`);
  }
  if (length > MAX_APPEND_LENGTH) {
    throw new AppendRefusedError(
      namesOf(appends),
      `it is ${length} characters of JSON; an append holds at most ${MAX_APPEND_LENGTH}`,
    );
  }
  return { parts, count, length };
}

function checkedPart(append: Append): Part {
  const { stream_id, expected_version, events, meta } = append;
  const refuse = (reason: string): never => {
    throw new AppendRefusedError(STREAM_ID.test(stream_id) ? stream_id : JSON.stringify(stream_id), reason);
  };
  if (!STREAM_ID.test(stream_id)) refuse("a stream id is <category>-<id> in visible ASCII");
  if (!Number.isSafeInteger(expected_version) || expected_version < 0) {
    refuse(`expected version ${expected_version} is not a whole number from 0`);
  }
  if (events.length === 0) refuse(`it is 0 events; an append holds 1 to ${MAX_BATCH_EVENTS}`);
  if (expected_version + events.length > MAX_VERSION) {
    refuse(`it ends at version ${expected_version + events.length}; a stream ends at ${MAX_VERSION}`);
  }
  const datas = events.map((event) => {
    if (!EVENT_TYPE.test(event.type)) refuse(`${JSON.stringify(event.type)} is no type: <category>.<name>`);
    const what = `the data of ${event.type}`;
    const data_json = "data_json" in event ? event.data_json : written(event.data ?? null, what, refuse);
    refuseDepth(data_json, what, refuse);
    if ("data_json" in event && data_json.includes(SEPARATOR)) refuse(`${what} is not valid JSON`);
    // With the value beside it, the text has been parsed.
    const fault = eventFault(event.type, event.data === undefined ? parsed(data_json, what, refuse) : event.data);
    if (fault !== undefined) refuse(`${what} does not fit its schema at ${fault}`);
    return data_json;
  });
  const meta_json = checkedMeta(meta, refuse);
  const metas = events.map((event) => (event.meta === undefined ? meta_json : checkedMeta(event.meta, refuse)));
  return { append, datas, metas };
}

/** As JSON. The service writes it itself, so only what read models rely on is checked. */
function checkedMeta(meta: EventMeta, refuse: Refuse): string {
  if (!isName(meta?.actor) || !isName(meta.correlation_id)) refuse("the meta names no actor or no correlation id");
  const json = written(meta, "the meta", refuse);
  refuseDepth(json, "the meta", refuse);
  return json;
}

function isName(value: unknown): boolean {
  return typeof value === "string" && value.length <= MAX_NAME_LENGTH;
}

type Refuse = (reason: string) => never;

/** A value as JSON text that the log can store. */
function written(value: unknown, what: string, refuse: Refuse): string {
  let json: string | undefined;
  try {
    json = writeJson(value);
  } catch {
    // A cycle, too many levels, or an error from a toJSON, which may contain anything.
    return refuse(`${what} cannot be written as JSON`);
  }
  return json ?? refuse(`${what} is no JSON value`);
}

function parsed(json: string, what: string, refuse: Refuse): unknown {
  try {
    return decodeJson(json);
  } catch {
    // The parser's own message quotes the text.
    return refuse(`${what} is not valid JSON`);
  }
}

function refuseDepth(json: string, what: string, refuse: Refuse): void {
  if (isDeeperThan(EVENT_DEPTH_LIMIT, json)) refuse(`${what} nests deeper than ${EVENT_DEPTH_LIMIT} levels`);
}

function columnsOf(batch: readonly Waiting[]) {
  const stream_ids: string[] = [];
  const expected_versions: number[] = [];
  const versions: number[] = [];
  const types: string[] = [];
  const schema_versions: number[] = [];
  const datas: string[] = [];
  const metas: string[] = [];
  const together: string[] = [];
  for (const [index, { parts }] of batch.entries()) {
    const group = parts.length > 1 ? String(index) : "";
    for (const { append, datas: json, metas: meta_json } of parts) {
      for (let i = 0; i < json.length; i++) {
        const { type } = append.events[i] as { type: string };
        stream_ids.push(append.stream_id);
        expected_versions.push(append.expected_version);
        versions.push(append.expected_version + 1 + i);
        types.push(type);
        schema_versions.push(schemaVersion(type));
        datas.push(json[i] as string);
        metas.push(meta_json[i] as string);
        together.push(group);
      }
    }
  }
  return {
    stream_ids: stream_ids.join(SEPARATOR),
    expected_versions: expected_versions.join(SEPARATOR),
    versions: versions.join(SEPARATOR),
    types: types.join(SEPARATOR),
    schema_versions: schema_versions.join(SEPARATOR),
    datas: datas.join(SEPARATOR),
    metas: metas.join(SEPARATOR),
    together: together.every((group) => group === "") ? null : together.join(SEPARATOR),
  };
}

/** `"3:7,9:1"`: rows 3 and 9 met versions 7 and 1. */
function parseConflicts(text: string | null): Map<number, number> | undefined {
  if (text === null) return undefined;
  const conflicts = new Map<number, number>();
  for (const pair of text.split(",")) {
    const colon = pair.indexOf(":");
    conflicts.set(Number(pair.slice(0, colon)), Number(pair.slice(colon + 1)));
  }
  return conflicts;
}

function givenUp(cause: unknown, sent: boolean): Error {
  return sent
    ? new AppendInDoubtError(
        "Cannot tell whether the append was recorded: the connection broke and did not come back",
        { cause },
      )
    : new LogUnavailableError("Cannot append: the database cannot be reached", { cause });
}
