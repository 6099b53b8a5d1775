/** What every connector is: one thing that can be done outside. */
import type { Static, TSchema } from "@sinclair/typebox";

/**
 * `fetch` to external services: to public addresses and those that configuration allows, redirects not followed, each
 * request sent once. A body is unpacked as it is read, and its reader bounds it; the headers stay those of the packed one.
 * Throws, and lets bodies fail with, a `ConnectorError` `address_refused` where the host is another address,
 * `connection_failed` where it is a name without such an address, or without any, and
 * `malformed_answer` where the answer cannot be read; otherwise the signal's reason, or an error with a `code`.
 */
export type OutboundFetch = (url: string, init?: RequestInit) => Promise<Response>;

/** What a connector is given beside its input. */
export interface ConnectorContext {
  /** Fires when the attempt must stop: the job was cancelled, its time is up, or the worker is stopping. */
  readonly signal: AbortSignal;
  /** The same when a job is run again because its worker was lost: pass it on where the external service takes an idempotency key. */
  readonly idempotency_key: string;
  /** The only way out; its calls end when the signal fires, passed on or not. */
  readonly fetch: OutboundFetch;
}

/** An expected failure of the external service: it becomes the job's `error`. Anything else that is thrown is a fault. */
export class ConnectorError extends Error {
  override readonly name = "ConnectorError";
  constructor(
    /** Stable, snake_case. */
    readonly code: string,
    message: string,
    readonly options: {
      readonly detail?: unknown;
      readonly cause?: unknown;
      /** The external service asks to be left alone for so many seconds, as with `Retry-After`. */
      readonly retry_after?: number;
    } = {},
  ) {
    super(message, { cause: options.cause });
  }
}

export interface Connector<Input extends TSchema = TSchema, Output extends TSchema = TSchema> {
  /** The workflow name that runs it. */
  readonly name: string;
  /** One line: what it does. */
  readonly summary: string;
  /** Validated before `run` is called; a job whose payload does not fit fails with `invalid_payload`. */
  readonly input: Input;
  readonly output: Output;
  /** What holds for its jobs that name nothing else; the service's own defaults where absent. */
  readonly retry?: {
    /** Attempts of a job; 1: what it does must not be done again. */
    readonly max_attempts?: number;
    /** Seconds before the second attempt, how much longer each pause is than the one before, and the longest pause. */
    readonly backoff?: { readonly initial_seconds?: number; readonly factor?: number; readonly max_seconds?: number };
  };
  run(input: Static<Input>, context: ConnectorContext): Promise<Static<Output>>;
}
