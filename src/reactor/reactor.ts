import type { Recorded, Resuming } from "../log/mod.ts";
import { type Checkpoint, type Poison, readCheckpoints } from "./checkpoint.ts";
import { Positions } from "./positions.ts";
import type { Reaction } from "./reaction.ts";
import { resumeReaction } from "./resume.ts";
import { type ReactionState, Runner, type RunnerOptions } from "./runner.ts";

export interface ReactorOptions extends Pick<RunnerOptions, "sql" | "log" | "bus" | "logger"> {
  readonly reactions: readonly Reaction[];
  /** Tells this process from others; random by default. */
  readonly instance?: string;
}

/** Where a reaction stands, whichever process runs it. */
export interface ReactionStatus {
  readonly name: string;
  readonly version: number;
  /** `standby`: another process runs it, or `fault` says why none does. */
  readonly state: ReactionState;
  /** What follows from the events up to here is done. */
  readonly position: number;
  /** Events behind the log's head. */
  readonly lag: number;
  /** The event at which it stopped, where one did. */
  readonly poison?: Poison;
  /** Why this process cannot run it, where that is a fault. */
  readonly fault?: string;
}

/** The running reactions of this process. */
export interface Reactor {
  /** Where every reaction stands. Rejects if the database cannot be reached. */
  status(): Promise<readonly ReactionStatus[]>;
  /**
   * Lets a stopped reaction go on, in whichever process runs it, and puts that on record. `undefined`: there is none of this
   * name. Throws what `log.append` throws.
   */
  resume(name: string, resuming: Resuming): Promise<Recorded | undefined>;
  /** Finishes the actions in hand and lets other processes take over. */
  stop(): Promise<void>;
}

/** Runs reactions, each from its own position. Throws where two have one name; else what cannot run yet is tried again. */
export function startReactor(options: ReactorOptions): Reactor {
  const { sql, log, reactions, instance = crypto.randomUUID() } = options;
  const positions = new Positions(sql);
  const runners = new Map<string, Runner>();
  for (const reaction of reactions) {
    if (runners.has(reaction.name)) throw new Error(`Cannot run reactions: two are named "${reaction.name}"`);
    runners.set(reaction.name, new Runner(reaction, { ...options, instance, positions }));
  }
  for (const runner of runners.values()) runner.start();

  return {
    async status() {
      if (runners.size === 0) return [];
      const [head, checkpoints] = await Promise.all([log.head(), readCheckpoints(sql, [...runners.keys()])]);
      const known = new Map(checkpoints.map((checkpoint) => [checkpoint.name, checkpoint]));
      return [...runners.values()].map((runner) =>
        statusOf(runner, { head, checkpoint: known.get(runner.reaction.name) }),
      );
    },
    async resume(name, resuming) {
      const runner = runners.get(name);
      return runner && (await resumeReaction({ sql, log }, runner.reaction, resuming));
    },
    async stop() {
      await Promise.all([...runners.values()].map((runner) => runner.stop()));
    },
  };
}

function statusOf(
  { reaction: { name, version }, state, fault, position: running }: Runner,
  { head, checkpoint }: { head: number; checkpoint: Checkpoint | undefined },
): ReactionStatus {
  const { poison } = checkpoint ?? {};
  const position = Math.max(checkpoint?.position ?? 0, running ?? 0);
  // The database knows of poison, and of its end, before a runner does.
  const told = poison && state !== "stopped" ? "poisoned" : state === "poisoned" ? "running" : state;
  // The head was read a moment before or after the position.
  const lag = checkpoint ? Math.max(0, head - position) : 0;
  return { name, version, state: told, position, lag, ...(poison && { poison }), ...(fault && { fault }) };
}
