/** How many streams of one kind this process keeps open, in all and for one caller. */

import type { Caller } from "../../access/mod.ts";
import { Shares, type SharesOptions } from "../../access/shares/shares.ts";
import { Problem } from "../problem.ts";
import { problems } from "../problems.ts";

/** When to come back, in seconds: clients that are sent away together should not all come back before others have left. */
const RETRY_AFTER_S = 5;

export class StreamSlots {
  readonly #shares: Shares;

  constructor(options: SharesOptions) {
    this.#shares = new Shares(options);
  }

  /** Takes a slot; returns what gives it back, however often it is called. Throws the problem `too_many_streams`. */
  take(caller: Caller): () => void {
    const taken = this.#shares.take(caller);
    if (typeof taken === "function") return taken;
    const { whose, max } = taken;
    const holder = whose === "all" ? "" : " for one caller";
    const detail = `This process keeps ${max} streams of this kind open${holder}, its maximum.`;
    throw new Problem(problems.too_many_streams, detail, { headers: { "retry-after": String(RETRY_AFTER_S) } });
  }
}
