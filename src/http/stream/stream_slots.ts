/** Limits the open streams of one kind in this process, in total and per caller. */

import type { Caller } from "../../access/mod.ts";
import { Shares, type SharesOptions } from "../../access/shares/shares.ts";
import { Problem } from "../problem.ts";
import { problems } from "../problems.ts";

/** When to retry, in seconds: rejected clients should not all return before others have left. */
const RETRY_AFTER_S = 5;

export class StreamSlots {
  readonly #shares: Shares;

  constructor(options: SharesOptions) {
    this.#shares = new Shares(options);
  }

  /**
   * Acquires a slot; returns a function that releases it, which may be called repeatedly. Throws the problem
   * `too_many_streams`.
   */
  acquire(caller: Caller): () => void {
    const taken = this.#shares.acquire(caller);
    if (typeof taken === "function") return taken;
    const { whose, max } = taken;
    const holder = whose === "all" ? "" : " for one caller";
    const detail = `This process keeps ${max} streams of this kind open${holder}, its maximum.`;
    throw new Problem(problems.too_many_streams, detail, { retry_after_s: RETRY_AFTER_S });
  }
}
