/**
 * W3C Trace Context: the header with which services continue each other's traces. https://www.w3.org/TR/trace-context/
 */

/** `00-<trace id>-<span id>-<flags>`; later versions may have more after it. */
const SYNTAX = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?=$|-)/;
const LENGTH = 55;
const SAMPLED = 1;

export interface TraceParent {
  /** 32 hex digits. */
  readonly trace_id: string;
  /** Of the caller's span; 16 hex digits. */
  readonly span_id: string;
  /** Whether the caller records its part. */
  readonly sampled: boolean;
}

/** Parses a header; `undefined` if it is missing or invalid: then it counts as absent. */
export function parseTraceparent(text: string | undefined): TraceParent | undefined {
  const [, version, trace_id, span_id, flags] = SYNTAX.exec(text ?? "") ?? [];
  if (!trace_id || !span_id || !flags) return undefined;
  if (version === "00" && text?.length !== LENGTH) return undefined;
  return { trace_id, span_id, sampled: (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED };
}

/** A header in version 00, which everybody understands; `undefined` if it is invalid. */
export function validTraceparent(text: string): string | undefined {
  const parsed = parseTraceparent(text);
  return parsed && formatTraceparent(parsed);
}

/** In version 00. */
export function formatTraceparent({ trace_id, span_id, sampled }: TraceParent): string {
  return `00-${trace_id}-${span_id}-${sampled ? "01" : "00"}`;
}
