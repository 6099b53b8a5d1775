/**
 * Spans of distributed traces. A span's children name it as their parent by its `traceparent`, a text that goes into
 * headers and events: there is no implicit context.
 *
 * Without a collector nothing of OpenTelemetry is loaded, and a span just passes on its parent's `traceparent`.
 */

export type SpanKind = "internal" | "server" | "client" | "consumer";
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

export interface SpanOptions {
  readonly kind?: SpanKind;
  /** The parent's `traceparent`; without it a new trace begins. */
  readonly parent?: string | undefined;
  /** When it began, by `performance.now()`; now by default. */
  readonly started?: number;
  /** Nothing secret, nothing personal. */
  readonly attributes?: Attributes;
}

export interface SpanEnd {
  /** Replaces the name that it began with. */
  readonly name?: string;
  /** What went wrong, as a code. */
  readonly error?: string | undefined;
  readonly attributes?: Attributes;
}

export interface Span {
  /** For the span's children; `undefined` if there is no trace. */
  readonly traceparent: string | undefined;
  /** Once. */
  end(result?: SpanEnd): void;
}

export interface Tracing {
  /** Whether spans are exported. */
  readonly active: boolean;
  /** Begins a span. */
  start(name: string, options?: SpanOptions): Span;
  /** Sends finished spans, within a time limit, and ends. */
  close(): Promise<void>;
}

function nothing(): void {}

/** Passes on the traces of others. */
export const noTracing: Tracing = {
  active: false,
  start: (_name, { parent } = {}) => ({ traceparent: parent, end: nothing }),
  close: async () => {},
};
