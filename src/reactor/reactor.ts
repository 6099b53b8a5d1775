import type { Poison, ResumeOptions, ResumptionOutcome } from "../log/mod.ts";
import { type Checkpoint, readCheckpoints } from "./checkpoint.ts";
import { Positions } from "./positions.ts";
import type { Reaction } from "./reaction.ts";
import { resumeReaction } from "./resume.ts";
import { type ReactionState, Runner, type RunnerOptions } from "./runner.ts";

export interface ReactorOptions extends Pick<RunnerOptions, "sql" | "log" | "bus" | "submitJob" | "since" | "logger"> {
  readonly reactions: readonly Reaction[];
  /** Identifies this process; random by default. */
  readonly instance?: string;
}

/** The status of a reaction, whichever process runs it. */
export interface ReactionStatus {
  readonly name: string;
  readonly version: number;
  /** `standby`: another process runs it, or `fault` says why none does. */
  readonly state: ReactionState;
  /** The last event whose actions are all performed. */
  readonly position: number;
  /** Events behind the log's head. */
  readonly lag: number;
  /** The event at which it stopped, if it did. */
  readonly poison?: Poison;
  /** The error that keeps this process from running it, if there is one. */
  readonly fault?: string;
}

/** The running reactions of this process. */
export interface Reactor {
  /** The status of every reaction. Rejects if the database cannot be reached. */
  status(): Promise<readonly ReactionStatus[]>;
  /**
   * Resumes a stopped reaction, in whichever process runs it, and records that. `undefined`: there is none of this name.
   * Throws what `log.append` throws.
   */
  resume(name: string, resuming: ResumeOptions): Promise<ResumptionOutcome | undefined>;
  /** Finishes the current actions and lets other processes take over. */
  stop(): Promise<void>;
}

/** Runs reactions, each from its own position. Throws if two have the same name; a reaction that cannot run yet is retried. */
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
  // The database shows poison, and that it was cleared, before a runner notices.
  const shown = poison && state !== "stopped" ? "poisoned" : state === "poisoned" ? "running" : state;
  // The head was read a moment before or after the position.
  const lag = checkpoint ? Math.max(0, head - position) : 0;
  return { name, version, state: shown, position, lag, ...(poison && { poison }), ...(fault && { fault }) };
}
