/**
 * Runs one reaction in one process.
 *
 * ```text
 *   standby ──lease──▶ running ──cannot react──▶ poisoned ──resume──▶ running
 *      ▲                  │                         │
 *      ╰─── lease or fence lost, fault of the database
 *   any ──stop──▶ stopped
 * ```
 *
 * Actions are performed before the position moves past their event. After a crash they are attempted again, and each finds
 * in the log whether it was performed. The lease lets one process at a time run a reaction; if two do for a moment, each
 * action is still performed only once.
 */
import type { StoredEvent } from "../../events/envelope.ts";
import { decodeOnce, type KnownEvent } from "../../events/mod.ts";
import { reactionStream } from "../../events/reaction.ts";
import { Backoff, DECODED_PER_TURN, Pacer, pause, type Repeating } from "../async/mod.ts";
import { type Bus, follow, untilNews } from "../bus/mod.ts";
import { lead, type Sql } from "../db/mod.ts";
import { type EventLog, isTransient, type Poison, poisonAt } from "../log/mod.ts";
import { type Checkpoint, openCheckpoint, readCheckpoints, stopAt } from "./checkpoint.ts";
import { consequenceMeta, perform, type SubmitJob } from "./perform.ts";
import type { Positions, Term } from "./positions.ts";
import { actionsOf, type Reaction } from "./reaction.ts";

export type ReactionState = "running" | "poisoned" | "standby" | "stopped";

/** Where the reactor logs to: a pino logger fits. */
export interface ReactorLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface RunnerOptions {
  readonly sql: Sql;
  readonly log: EventLog;
  readonly bus: Bus;
  readonly submitJob: SubmitJob;
  /**
   * The log's head before this process serves anybody: a new reaction starts after it, even if it cannot run yet. By
   * default, it starts with what is recorded once it can.
   */
  readonly since?: number;
  readonly logger: ReactorLogger;
  /** Identifies this process. */
  readonly instance: string;
  readonly positions: Positions;
}

/** Maximum number of events in memory, and between two saves of the position. */
const BATCH = 500;
/** How long `stop` waits for the current action. */
const STOP_MS = 5_000;

export class Runner {
  readonly reaction: Reaction;
  readonly #options: RunnerOptions;
  readonly #types: ReadonlySet<string>;
  readonly #pacer = new Pacer(DECODED_PER_TURN);
  #leading: Repeating | undefined;
  #state: ReactionState = "standby";
  #term: Term | undefined;

  constructor(reaction: Reaction, options: RunnerOptions) {
    this.reaction = reaction;
    this.#options = options;
    this.#types = new Set(reaction.events);
  }

  get state(): ReactionState {
    return this.#state;
  }

  /** The error that keeps it from running, if there is one. */
  get fault(): string | undefined {
    return this.#state === "standby" ? this.#leading?.fault : undefined;
  }

  /** Its position while this process runs it; the saved one may be earlier. */
  get position(): number | undefined {
    return this.#state === "running" ? this.#term?.position : undefined;
  }

  start(): void {
    const { sql, instance: holder, logger } = this.#options;
    const { name } = this.reaction;
    const task = `run the reaction ${name}`;
    const prepare = () => openCheckpoint(this.#options, this.reaction);
    this.#leading ??= lead({ sql, name: `reaction:${name}`, holder, task, logger, prepare }, (held, worked) =>
      this.#lead(held, worked).finally(() => {
        this.#state = "standby";
        this.#term = undefined;
      }),
    );
  }

  /** Finishes the current action and saves the position. Waits at most {@linkcode STOP_MS} for the database. */
  async stop(): Promise<void> {
    const patience = new AbortController();
    const stopped = this.#leading?.stop().then(() => {
      this.#state = "stopped";
    });
    await Promise.race([stopped, pause(STOP_MS, patience.signal)]);
    patience.abort();
  }

  /** Runs the reaction until the signal fires, or until another process has moved its position. */
  async #lead(held: AbortSignal, worked: () => void): Promise<void> {
    const { logger } = this.#options;
    const { name, version } = this.reaction;
    while (!held.aborted) {
      const checkpoint = await openCheckpoint(this.#options, this.reaction);
      if (checkpoint.version !== version) {
        throw new Error(`Cannot run version ${version} of the reaction ${name}: version ${checkpoint.version} has run`);
      }
      if (checkpoint.poison) {
        this.#state = "poisoned";
        const { position, message } = checkpoint.poison;
        logger.error({ reaction: name, position }, `The reaction ${name} stopped at an event: ${message}`);
        await this.#untilResumed(held);
      } else if ((await this.#follow(checkpoint, { held, worked })) === "fenced") {
        logger.warn({ reaction: name }, `Another process moved the position of the reaction ${name}; starting again`);
        return;
      }
    }
  }

  async #follow(
    { position }: Checkpoint,
    { held, worked }: { held: AbortSignal; worked: () => void },
  ): Promise<"fenced" | "ended"> {
    const { log, bus, logger, positions } = this.#options;
    const { name, version } = this.reaction;
    const fence = new AbortController();
    const term: Term = { name, version, saved: position, position, fenced: () => fence.abort() };
    const signal = AbortSignal.any([held, fence.signal]);
    const on_fault = (error: unknown) => logger.warn({ err: error, reaction: name }, "Cannot read the log");
    this.#term = term;
    this.#state = "running";
    for await (const events of follow({ log, bus, after: position, signal, on_fault, batch: BATCH })) {
      const { acted, poison } = await this.#take(events, { term, signal });
      if (poison) return await this.#stopAt(term, poison);
      if (signal.aborted) break;
      worked();
      if (acted) await positions.save(term);
      else positions.saveLater(term);
    }
    // If the lease was lost, the new holder's position fences this.
    if (!fence.signal.aborted) await positions.save(term);
    return fence.signal.aborted ? "fenced" : "ended";
  }

  /** Reacts to events in order until the signal fires, and moves the term's position past each. */
  async #take(
    events: readonly StoredEvent[],
    { term, signal }: { term: Term; signal: AbortSignal },
  ): Promise<{ acted: boolean; poison?: Poison }> {
    let acted = false;
    for (const event of events) {
      if (signal.aborted) break;
      if (this.#types.has(event.type)) {
        const outcome = await this.#react(event, signal);
        if (outcome === "aborted") break;
        if (typeof outcome === "object") return { acted, poison: outcome };
        acted ||= outcome === "acted";
        if (this.#pacer.did(event.data_json.length)) await this.#pacer.turn();
      }
      term.position = event.position;
    }
    return { acted };
  }

  /** Performs the actions that follow from an event. Transient errors are retried until the signal fires. */
  async #react(stored: StoredEvent, signal: AbortSignal): Promise<"acted" | "nothing" | "aborted" | Poison> {
    const { log, submitJob, logger } = this.#options;
    const { reaction } = this;
    const backoff = new Backoff(50, 5_000);
    for (let tries = 0; !signal.aborted; tries++) {
      try {
        const event: KnownEvent = decodeOnce(stored);
        const actions = actionsOf(reaction, event);
        if (actions.length === 0) return "nothing";
        const meta = await consequenceMeta({ log, reaction, event });
        for (const action of actions) {
          if (signal.aborted) return "aborted";
          await perform(action, { log, submitJob, reaction, event, meta });
        }
        return "acted";
      } catch (error) {
        if (!isTransient(error)) return poisonAt(stored, error);
        if (tries === 0) logger.warn({ err: error, reaction: reaction.name }, "Cannot react for now; will try again");
        await pause(backoff.next(), signal);
      }
    }
    return "aborted";
  }

  async #stopAt(term: Term, poison: Poison): Promise<"fenced" | "ended"> {
    const { sql, positions } = this.#options;
    await positions.save(term);
    const { name, version, saved: from } = term;
    return (await stopAt(sql, { name, version, from, to: poison.position - 1, poison })) ? "ended" : "fenced";
  }

  /** An operator may resume it through another process, which records an event. */
  async #untilResumed(signal: AbortSignal): Promise<void> {
    const { sql, bus } = this.#options;
    const { name } = this.reaction;
    await untilNews({ bus, stream_id: reactionStream(name), signal }, async () => {
      const [checkpoint] = await readCheckpoints(sql, [name]);
      return checkpoint?.poison ? undefined : true;
    });
  }
}
