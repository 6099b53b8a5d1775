/** Gives jobs to external workers: programs that claim them over the API. */
import { accountOf } from "../../../events/account.ts";
import { every } from "../../async/mod.ts";
import type { Within } from "../../domain/reach.ts";
import type { RunnerOptions } from "../options.ts";
import { type ClaimedJob, type ClaimOptions, WorkflowGroup } from "./workflow_group.ts";

/** How many claims may wait in one process. */
const MAX_WAITING = 1_000;
/** How many different sets of workflows are claimed in one process: each has a follower of the log. */
const MAX_GROUPS = 100;
/** A set that nobody has claimed for this long is dropped: more than the longest wait and the delay between two. */
const FORGET_MS = 60_000;

export interface ExternalWorkersOptions extends Pick<RunnerOptions, "log" | "bus" | "sql" | "logger"> {
  /** Fires when the service stops: waiting claims get nothing, and nothing more is claimed. */
  readonly signal: AbortSignal;
  /** {@link MAX_WAITING} by default. */
  readonly max_waiting?: number;
  /** {@link MAX_GROUPS} by default. */
  readonly max_groups?: number;
}

/** More claims wait, or for more different sets of workflows, than one process accepts. */
export class TooManyClaimsError extends Error {
  override readonly name = "TooManyClaimsError";
}

/** A workflow whose jobs a worker claims: those without their own steps. */
export interface ClaimedWorkflow {
  readonly workflow: string;
}

interface ClaimedSet {
  readonly account: string;
  /** By name. */
  readonly workflows: readonly string[];
}

/** Who claims, and how much of what all share they may use. */
export interface Claimant {
  readonly identity: string;
  readonly max_claims: number;
  readonly max_sets: number;
}

/** Identifies a set of an account's workflows, in any order. */
function keyOf({ account, workflows }: ClaimedSet): string {
  return JSON.stringify([account, ...new Set(workflows.toSorted())]);
}

export class ExternalWorkers {
  readonly #options: ExternalWorkersOptions;
  readonly #maxWaiting: number;
  readonly #maxGroups: number;
  /** By the workflows' names, sorted. */
  readonly #groups = new Map<string, WorkflowGroup>();
  #waiting = 0;
  /** How many claims of each caller wait for each set. */
  readonly #sets = new Map<string, Map<string, number>>();

  constructor(options: ExternalWorkersOptions) {
    this.#options = options;
    this.#maxWaiting = options.max_waiting ?? MAX_WAITING;
    this.#maxGroups = options.max_groups ?? MAX_GROUPS;
    options.signal.addEventListener("abort", () => this.#forget(0));
    every(FORGET_MS / 4, () => this.#forget(FORGET_MS), {
      signal: options.signal,
      on_fault: (error) => options.logger.error({ err: error }, "Cannot drop sets of workflows that nobody claims"),
    });
  }

  /** Claims jobs of some workflows. Throws `TooManyClaimsError`, and what `log.append` throws. */
  async claim(
    claimed: readonly Within<ClaimedWorkflow>[],
    { claimant, ...options }: ClaimOptions & { readonly claimant?: Claimant },
  ): Promise<readonly ClaimedJob[]> {
    const set = { account: accountOf(options.meta), workflows: claimed.map(({ workflow }) => workflow) };
    if (this.#options.signal.aborted) return [];
    if (this.#waiting >= this.#maxWaiting) {
      throw new TooManyClaimsError(`${this.#waiting} claims are waiting here already, the maximum`);
    }
    const release = claimant && this.#acquire(claimant, keyOf(set));
    this.#waiting++;
    try {
      return await this.#groupOf(set).claim(options);
    } finally {
      this.#waiting--;
      release?.();
    }
  }

  /** Counts a claim as its caller's; returns a function that releases it. */
  #acquire({ identity, max_claims, max_sets }: Claimant, key: string): () => void {
    const sets = this.#sets.get(identity) ?? new Map<string, number>();
    const claims = sets.values().reduce((sum, count) => sum + count, 0);
    if (claims >= max_claims) {
      throw new TooManyClaimsError(`${claims} claims of this caller are waiting here already, the maximum`);
    }
    if (!sets.has(key) && sets.size >= max_sets) {
      throw new TooManyClaimsError(
        `Claims of this caller are waiting for ${sets.size} different sets of workflows already`,
      );
    }
    this.#sets.set(identity, sets.set(key, (sets.get(key) ?? 0) + 1));
    return () => {
      const left = (sets.get(key) ?? 0) - 1;
      if (left > 0) sets.set(key, left);
      else sets.delete(key);
      if (sets.size === 0) this.#sets.delete(identity);
    };
  }

  #groupOf(set: ClaimedSet): WorkflowGroup {
    const key = keyOf(set);
    const known = this.#groups.get(key);
    if (known) return known;
    if (this.#groups.size >= this.#maxGroups) this.#forgetOne();
    const group = new WorkflowGroup({ ...this.#options, account: set.account, workflows: new Set(set.workflows) });
    this.#groups.set(key, group);
    return group;
  }

  /** Makes room for another set of workflows. */
  #forgetOne(): void {
    const [idlest] = [...this.#groups].toSorted(([, a], [, b]) => b.idleMs - a.idleMs);
    if (!idlest || idlest[1].idleMs === 0) {
      throw new TooManyClaimsError(
        `Workers of ${this.#groups.size} different sets of workflows are waiting here already`,
      );
    }
    this.#close(...idlest);
  }

  #forget(idleMs: number): void {
    for (const [key, group] of this.#groups) if (group.idleMs >= idleMs) this.#close(key, group);
  }

  #close(key: string, group: WorkflowGroup): void {
    this.#groups.delete(key);
    void group.stop();
  }
}
