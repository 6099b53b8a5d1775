/** What a connector is: one thing that can be done outside. */
import type { Static, TSchema } from "@sinclair/typebox";

/**
 * `fetch` to external services: only to public addresses and those that the configuration allows, without following
 * redirects, each request sent once. A body is decompressed as it is read, and its reader sets the limit; the headers
 * stay those of the compressed body. Throws, and fails bodies with, a `ConnectorError`: `address_refused` if the host
 * is a forbidden address, `connection_failed` if it is a name that resolves to no allowed one, `malformed_answer` if
 * the response cannot be read; otherwise the signal's reason, or an error with a `code`.
 */
export type OutboundFetch = (url: string, init?: OutboundInit) => Promise<Response>;

export interface OutboundInit extends RequestInit {
  /** Called when the connection stands. If it throws, nothing is sent, and the call rejects with what it threw. */
  readonly before_sending?: () => void;
}

/** What a connector gets besides its input. */
export interface ConnectorContext {
  /** Fires when the attempt must stop: the job was cancelled, its time is up, or the worker is stopping. */
  readonly signal: AbortSignal;
  /**
   * The same when a job runs again because its worker was lost: pass it on if the external service supports idempotency
   * keys.
   */
  readonly idempotency_key: string;
  /** The only way out; its calls end when the signal fires, even if the signal is not passed on. */
  readonly fetch: OutboundFetch;
}

/**
 * An expected failure of the external service, which becomes the job's `error`. Anything else that is thrown is a
 * fault.
 */
export class ConnectorError extends Error {
  override readonly name = "ConnectorError";
  constructor(
    /** Stable, snake_case. */
    readonly code: string,
    message: string,
    readonly options: {
      readonly detail?: unknown;
      readonly cause?: unknown;
      /** How many seconds the external service asks us to wait, as with `Retry-After`. */
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
  /** Checked before `run` is called; a job with an invalid payload fails with `invalid_payload`. */
  readonly input: Input;
  readonly output: Output;
  /** Defaults for its jobs; if absent, the service's own. */
  readonly retry?: {
    /** Attempts per job; 1: it must not be repeated. */
    readonly max_attempts?: number;
    /** Seconds before the second attempt, the factor by which each delay grows, and the longest delay. */
    readonly backoff?: { readonly initial_seconds?: number; readonly factor?: number; readonly max_seconds?: number };
  };
  run(input: Static<Input>, context: ConnectorContext): Promise<Static<Output>>;
}
