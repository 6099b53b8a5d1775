/** How much of a process's resources (streams, waiting claims) it gives in total, and to one caller. */
import type { Caller } from "../mod.ts";

export interface SharesOptions {
  /** In all. */
  readonly max: number;
  /** The share that one caller may use, from 0 to 1. The operator may use all of it. */
  readonly share: number;
}

/** Which limit is reached: everybody's, or this caller's. */
export interface Exhausted {
  readonly whose: "all" | "caller";
  readonly max: number;
}

/** How much of `max` the caller may use: at least one. */
export function shareOf({ operator }: Pick<Caller, "operator">, { max, share }: SharesOptions): number {
  return operator ? max : Math.max(1, Math.floor(max * share));
}

export class Shares {
  readonly #options: SharesOptions;
  readonly #held = new Map<string, number>();
  #taken = 0;

  constructor(options: SharesOptions) {
    this.#options = options;
  }

  /** Acquires one; returns a function that releases it, which may be called repeatedly, or the limit that is reached. */
  acquire(caller: Pick<Caller, "counted_as" | "operator">): (() => void) | Exhausted {
    const { counted_as } = caller;
    const held = this.#held.get(counted_as) ?? 0;
    const max = shareOf(caller, this.#options);
    if (this.#taken >= this.#options.max) return { whose: "all", max: this.#options.max };
    if (held >= max) return { whose: "caller", max };
    this.#taken++;
    this.#held.set(counted_as, held + 1);
    let isTaken = true;
    return () => {
      if (isTaken) this.#release(counted_as);
      isTaken = false;
    };
  }

  #release(identity: string): void {
    this.#taken--;
    const left = (this.#held.get(identity) ?? 0) - 1;
    if (left > 0) this.#held.set(identity, left);
    else this.#held.delete(identity);
  }
}
