/** Ends requests that take too long, with one timer for all of them. */
import { contextOf } from "../context.ts";

export interface DeadlinesOptions {
  readonly limit_ms: number;
  /** The response to a request that was not handled in time. */
  readonly late: (request: Request) => Response;
}

interface Awaited {
  readonly request: Request;
  readonly resolve: (response: Response) => void;
}

/** The minimum interval of checks for deadlines. */
const TICK_MS = 1_000;

export class Deadlines {
  readonly #options: DeadlinesOptions;
  /** Oldest first. */
  readonly #awaited = new Set<Awaited>();
  #timer: Timer | undefined;

  constructor(options: DeadlinesOptions) {
    this.#options = options;
  }

  /** The response, or the one for a timeout; a response that comes later is discarded. */
  bound(request: Request, pending: Promise<Response>): Promise<Response> {
    this.#timer ??= setInterval(() => this.#look(), Math.min(TICK_MS, this.#options.limit_ms / 4)).unref();
    return new Promise((resolve, reject) => {
      const awaited = { request, resolve };
      this.#awaited.add(awaited);
      pending.then(
        (response) => {
          if (this.#awaited.delete(awaited) || contextOf(request).hasNoDeadline) resolve(response);
          else void response.body?.cancel();
        },
        (error) => {
          this.#awaited.delete(awaited);
          reject(error);
        },
      );
    });
  }

  #look(): void {
    const due = performance.now() - this.#options.limit_ms;
    for (const awaited of this.#awaited) {
      const { request, resolve } = awaited;
      const { started, hasNoDeadline } = contextOf(request);
      if (started > due) break;
      this.#awaited.delete(awaited);
      if (!hasNoDeadline) resolve(this.#options.late(request));
    }
    if (this.#awaited.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
