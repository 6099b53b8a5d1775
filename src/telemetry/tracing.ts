/**
 * Spans of distributed traces. What begins in a span names it as its parent by its `traceparent`, a text that goes into
 * headers and events: nothing is kept in the background for it.
 *
 * Where no collector is configured nothing of OpenTelemetry is loaded, and a span is just its parent's `traceparent`
 * handed on.
 */

export type SpanKind = "internal" | "server" | "client" | "consumer";
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

export interface SpanOptions {
  readonly kind?: SpanKind;
  /** The `traceparent` of what it belongs to; without it a trace begins. */
  readonly parent?: string | undefined;
  /** When it began, by `performance.now()`; now by default. */
  readonly started?: number;
  /** Nothing secret, nothing of a person. */
  readonly attributes?: Attributes;
}

export interface SpanEnd {
  /** In place of the name that it began with. */
  readonly name?: string;
  /** What went wrong, as a code. */
  readonly error?: string | undefined;
  readonly attributes?: Attributes;
}

export interface Span {
  /** For whatever goes on with the trace; `undefined` where there is none. */
  readonly traceparent: string | undefined;
  /** Once. */
  end(result?: SpanEnd): void;
}

export interface Tracing {
  /** Whether spans go anywhere. */
  readonly active: boolean;
  /** Begins a span. */
  start(name: string, options?: SpanOptions): Span;
  /** Sends what has ended, within a limit, and ends. */
  close(): Promise<void>;
}

function nothing(): void {}

/** Hands on the traces of others. */
export const noTracing: Tracing = {
  active: false,
  start: (_name, { parent } = {}) => ({ traceparent: parent, end: nothing }),
  close: async () => {},
};
