import { Backoff } from "./backoff.ts";

/** Failures are retried at least this often, unless the work itself is rarer. */
const RETRY_MOST_MS = 5_000;

export interface OutageOptions {
  /** The delay before the first retry; it doubles with each failure in a row, up to `most_ms`. */
  readonly first_ms: number;
  /** 5 s by default, or `first_ms` if that is longer. */
  readonly most_ms?: number;
  /** Called with the first failure in a row. */
  readonly on_fault: (error: unknown) => void;
  /** Called with the first success after it. */
  readonly on_recovery?: (() => void) | undefined;
}

/** Failures in a row: reported once, when they begin, and retried after a delay that grows. */
export class Outage {
  readonly #options: OutageOptions;
  readonly #backoff: Backoff;
  #fault: string | undefined;

  constructor(options: OutageOptions) {
    this.#options = options;
    const { first_ms, most_ms = Math.max(RETRY_MOST_MS, first_ms) } = options;
    this.#backoff = new Backoff(first_ms, most_ms);
  }

  get isOn(): boolean {
    return this.#fault !== undefined;
  }

  /** The message of the latest failure in a row. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** To be called after a failure; returns the milliseconds to wait before the next attempt. */
  failed(error: unknown): number {
    if (!this.isOn) this.#options.on_fault(error);
    this.#fault = error instanceof Error ? error.message : String(error);
    return this.#backoff.next();
  }

  /** To be called after a success. */
  worked(): void {
    this.#backoff.reset();
    if (this.isOn) this.#options.on_recovery?.();
    this.#fault = undefined;
  }
}
