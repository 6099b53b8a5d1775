/**
 * A process's capacity to run jobs, shared between callers by the rule of dynamic thresholds with which switches share
 * their buffers (Choudhury and Hahne, 1998): a caller may use {@link TIMES} times as much as is free. So one alone gets
 * three quarters, several get equal shares, and something is free for the next. A caller without any may take whatever
 * is free. The operator shares with nobody.
 */
const TIMES = 3;

export class Slots {
  readonly #max: number;
  #taken = 0;
  readonly #held = new Map<string, number>();

  constructor(max: number) {
    this.#max = max;
  }

  get taken(): number {
    return this.#taken;
  }

  get free(): number {
    return this.#max - this.#taken;
  }

  /** Whether a caller may acquire a free one; the operator always may. */
  mayAcquire(caller: string | null): boolean {
    const held = caller === null ? 0 : (this.#held.get(caller) ?? 0);
    return held === 0 || held + 1 <= TIMES * (this.free - 1);
  }

  acquire(caller: string | null): void {
    this.#taken++;
    if (caller !== null) this.#held.set(caller, (this.#held.get(caller) ?? 0) + 1);
  }

  release(caller: string | null): void {
    this.#taken--;
    if (caller === null) return;
    const left = (this.#held.get(caller) ?? 0) - 1;
    if (left > 0) this.#held.set(caller, left);
    else this.#held.delete(caller);
  }
}
