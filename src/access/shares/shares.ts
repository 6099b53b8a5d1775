/** How much of what a process has (streams, waiting claims) it gives in all, and to one caller. */
import type { Caller } from "../mod.ts";

export interface SharesOptions {
  /** In all. */
  readonly max: number;
  /** What one caller may hold of it, from 0 to 1. The operator may hold all of it. */
  readonly share: number;
}

/** Why there is nothing left: for anybody, or for this caller. */
export interface Exhausted {
  readonly whose: "all" | "caller";
  readonly max: number;
}

/** How much of `max` the caller may hold: one at least. */
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

  /** Takes one; returns what gives it back, however often it is called, or why there is none left. */
  take(caller: Pick<Caller, "identity" | "operator">): (() => void) | Exhausted {
    const { identity } = caller;
    const held = this.#held.get(identity) ?? 0;
    const max = shareOf(caller, this.#options);
    if (this.#taken >= this.#options.max) return { whose: "all", max: this.#options.max };
    if (held >= max) return { whose: "caller", max };
    this.#taken++;
    this.#held.set(identity, held + 1);
    let isTaken = true;
    return () => {
      if (isTaken) this.#release(identity);
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
