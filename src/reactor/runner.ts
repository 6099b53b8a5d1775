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
 * What follows from an event is done before the position passes it: after a crash it is done again, and each action tells by
 * what is on record whether it was. The lease keeps processes out of each other's way; should two lead for a moment, the
 * same holds.
 */
import type { StoredEvent } from "../../events/envelope.ts";
import { decodeOnce, type KnownEvent } from "../../events/mod.ts";
import { reactionStream } from "../../events/reaction.ts";
import { Backoff, DECODED_PER_TURN, Pacer, pause } from "../async/mod.ts";
import { type Bus, follow, untilNews } from "../bus/mod.ts";
import { holdLease, type Sql } from "../db/mod.ts";
import { type EventLog, isTransient } from "../log/mod.ts";
import { type Checkpoint, openCheckpoint, type Poison, readCheckpoints, stopAt } from "./checkpoint.ts";
import { consequenceMeta, perform } from "./perform.ts";
import type { Positions, Term } from "./positions.ts";
import { actionsOf, type Reaction } from "./reaction.ts";

export type ReactionState = "running" | "poisoned" | "standby" | "stopped";

/** Where the reactor reports what happens to it: a pino logger fits. */
export interface ReactorLogger {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface RunnerOptions {
  readonly sql: Sql;
  readonly log: EventLog;
  readonly bus: Bus;
  readonly logger: ReactorLogger;
  /** Tells this process from others. */
  readonly instance: string;
  readonly positions: Positions;
}

/** Events that are held at once, and between two saves of the position at most. */
const BATCH = 500;
/** How long stopping may take. */
const STOP_MS = 5_000;

export class Runner {
  readonly reaction: Reaction;
  readonly #options: RunnerOptions;
  readonly #types: ReadonlySet<string>;
  readonly #stopping = new AbortController();
  readonly #backoff = new Backoff(50, 2_000);
  readonly #pacer = new Pacer(DECODED_PER_TURN);
  #done: Promise<void> | undefined;
  #state: ReactionState = "standby";
  #fault: string | undefined;
  #term: Term | undefined;

  constructor(reaction: Reaction, options: RunnerOptions) {
    this.reaction = reaction;
    this.#options = options;
    this.#types = new Set(reaction.events);
  }

  get state(): ReactionState {
    return this.#state;
  }

  /** Why it does not run, where that is a fault. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** How far it has come, while this process runs it: the database may have an earlier position. */
  get position(): number | undefined {
    return this.#state === "running" ? this.#term?.position : undefined;
  }

  start(): void {
    this.#done ??= this.#run();
  }

  /** Finishes the action in hand, and saves the position. Where the database does not answer, that is not waited for. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    const patience = new AbortController();
    await Promise.race([this.#done, pause(STOP_MS, patience.signal)]);
    patience.abort();
  }

  async #run(): Promise<void> {
    const { sql, instance, logger } = this.#options;
    const { name } = this.reaction;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await openCheckpoint(this.#options, this.reaction);
        await holdLease({ sql, name: `reaction:${name}`, holder: instance, signal }, (held) => this.#lead(held));
        this.#fault = undefined;
      } catch (error) {
        const fault = error instanceof Error ? error.message : String(error);
        if (!signal.aborted && fault !== this.#fault) {
          logger.error({ err: error, reaction: name }, `Cannot run the reaction ${name}; will try again`);
        }
        this.#fault = fault;
      }
      this.#state = "standby";
      this.#term = undefined;
      await pause(this.#backoff.next(), signal);
    }
    this.#state = "stopped";
  }

  /** Runs the reaction until the signal fires, or until it turns out that someone else moved it. */
  async #lead(held: AbortSignal): Promise<void> {
    const { logger } = this.#options;
    const { name, version } = this.reaction;
    while (!held.aborted) {
      const checkpoint = await openCheckpoint(this.#options, this.reaction);
      if (checkpoint.version !== version) {
        throw new Error(`Cannot run version ${version} of the reaction ${name}: version ${checkpoint.version} has run`);
      }
      this.#fault = undefined;
      if (checkpoint.poison) {
        this.#state = "poisoned";
        const { position, message } = checkpoint.poison;
        logger.error({ reaction: name, position }, `The reaction ${name} is stopped by an event: ${message}`);
        await this.#untilResumed(held);
      } else if ((await this.#follow(checkpoint, held)) === "fenced") {
        logger.warn({ reaction: name }, `Someone else moved the reaction ${name}: this process starts again`);
        return;
      }
    }
  }

  async #follow({ position }: Checkpoint, held: AbortSignal): Promise<"fenced" | "ended"> {
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
      this.#backoff.reset();
      if (acted) await positions.save(term);
      else positions.saveLater(term);
    }
    // Where the lease was lost this is fenced by whoever has it now.
    if (!fence.signal.aborted) await positions.save(term);
    return fence.signal.aborted ? "fenced" : "ended";
  }

  /** Reacts to events in order, and moves the term's position with each; until the signal fires. */
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

  /** Does what follows from an event. What may pass is tried again until it has. */
  async #react(stored: StoredEvent, signal: AbortSignal): Promise<"acted" | "nothing" | "aborted" | Poison> {
    const { log, logger } = this.#options;
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
          await perform(action, { log, reaction, event, meta });
        }
        return "acted";
      } catch (error) {
        if (!isTransient(error)) return poisonAt(stored, error);
        if (tries === 0) logger.warn({ err: error, reaction: reaction.name }, "Cannot react for now; trying again");
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

  /** An operator may resume it on another machine: that is on record. */
  async #untilResumed(signal: AbortSignal): Promise<void> {
    const { sql, bus } = this.#options;
    const { name } = this.reaction;
    await untilNews({ bus, stream_id: reactionStream(name), signal }, async () => {
      const [checkpoint] = await readCheckpoints(sql, [name]);
      return checkpoint?.poison ? undefined : true;
    });
  }
}

function poisonAt({ stream_id, version, position, type }: StoredEvent, error: unknown): Poison {
  const cause = error instanceof Error ? error.message : String(error);
  return { position, message: `${type} ${stream_id}@${version} (position ${position}): ${cause}` };
}
