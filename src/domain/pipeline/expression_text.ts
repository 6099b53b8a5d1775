/**
 * Texts in expressions: measured in code points, cut between them, and searched in linear time.
 *
 * The runtime's own `indexOf` takes time proportional to the product of both lengths (200 s for texts of a payload's
 * size), so long texts are searched with the algorithm of Knuth, Morris and Pratt.
 */
import type { Meter } from "./expression_cost.ts";

/** In UTF-16 units: up to here the runtime's own search is fast for any text. */
const SHORT = 16;

/** In code points. */
export function sizeOf(text: string): number {
  let size = text.length;
  for (let at = 1; at < text.length; at++) if (!isBoundary(text, at)) size--;
  return size;
}

/** The index in UTF-16 units of an index in code points; `undefined` beyond the end. */
export function offsetOf(text: string, index: number): number | undefined {
  let at = 0;
  for (let passed = 0; passed < index; passed++) {
    if (at >= text.length) return undefined;
    at += isBoundary(text, at + 1) ? 1 : 2;
  }
  return at;
}

/** Whether a text may be cut before this UTF-16 unit: not within a surrogate pair. */
function isBoundary(text: string, at: number): boolean {
  if (at <= 0 || at >= text.length) return true;
  const unit = text.charCodeAt(at);
  if (unit < 0xdc00 || unit > 0xdfff) return true;
  const before = text.charCodeAt(at - 1);
  return before < 0xd800 || before > 0xdbff;
}

/** Whether the part occurs at an index, and begins and ends between code points. */
export function occursAt(text: string, part: string, at: number): boolean {
  return at >= 0 && isBoundary(text, at) && isBoundary(text, at + part.length) && text.startsWith(part, at);
}

/** Where the part first occurs, in UTF-16 units from `from` on; -1: nowhere. */
export function find(text: string, part: string, { from = 0, meter }: { from?: number; meter: Meter }): number {
  return occurrences(text, part, { from, meter }).next().value ?? -1;
}

/** Where the part last occurs, not beyond `from`, in UTF-16 units; -1: nowhere. */
export function findLast(text: string, part: string, { from, meter }: { from: number; meter: Meter }): number {
  let last = -1;
  for (const at of occurrences(text.slice(0, from + part.length), part, { from: 0, meter })) last = at;
  return last;
}

/** The parts between separators: at most `limit`, the rest in the last; a negative limit is no limit. */
export function split(text: string, separator: string, { limit, meter }: { limit: number; meter: Meter }): string[] {
  const parts: string[] = [];
  if (limit === 0 || (text === "" && separator === "")) return parts;
  let from = 0;
  for (const at of separator === "" ? seams(text) : occurrences(text, separator, { from: 0, meter })) {
    if (parts.length === limit - 1) break;
    // It overlaps the separator before it: "aa" occurs twice in "aaa".
    if (at < from) continue;
    meter.spend(2);
    parts.push(text.slice(from, at));
    from = at + separator.length;
  }
  parts.push(text.slice(from));
  return parts;
}

/** Between all code points. */
function* seams(text: string): Generator<number> {
  for (let at = 1; at < text.length; at++) if (isBoundary(text, at)) yield at;
}

/** Every index at which a part occurs between code points, in order; they may overlap. */
function* occurrences(text: string, part: string, { from, meter }: Search): Generator<number, undefined> {
  meter.text(text.length - from + part.length);
  const next = part.length <= SHORT ? nativeSearch(text, part, meter) : linearSearch(text, part, { from, meter });
  for (let at = next(from); at !== -1; at = next(at + 1)) {
    meter.spend(1);
    if (isBoundary(text, at) && isBoundary(text, at + part.length)) yield at;
    // Otherwise an empty part would be found at the end forever.
    if (at === text.length) return;
  }
}

interface Search {
  /** In UTF-16 units. */
  readonly from: number;
  readonly meter: Meter;
}

/** The next occurrence from an index on; -1: there is none. */
type Next = (from: number) => number;

function nativeSearch(text: string, part: string, meter: Meter): Next {
  if (part.length > 1) meter.text(text.length * 4);
  return (from) => text.indexOf(part, from);
}

/** The search of Knuth, Morris and Pratt. It continues where it stopped. */
function linearSearch(text: string, part: string, { from, meter }: Search): Next {
  // A unit at a time.
  meter.text((text.length - from + part.length) * 8);
  const borders = bordersOf(part);
  let matched = 0;
  let at = from;
  return () => {
    while (at < text.length) {
      const unit = text.charCodeAt(at++);
      while (matched > 0 && part.charCodeAt(matched) !== unit) matched = borders[matched - 1] as number;
      if (part.charCodeAt(matched) === unit) matched++;
      if (matched < part.length) continue;
      matched = borders[matched - 1] as number;
      return at - part.length;
    }
    return -1;
  };
}

/** For each prefix of a part: the length of its longest proper suffix that is also a prefix. */
function bordersOf(part: string): Int32Array {
  const borders = new Int32Array(part.length);
  let matched = 0;
  for (let at = 1; at < part.length; at++) {
    while (matched > 0 && part.charCodeAt(matched) !== part.charCodeAt(at)) matched = borders[matched - 1] ?? 0;
    if (part.charCodeAt(matched) === part.charCodeAt(at)) matched++;
    borders[at] = matched;
  }
  return borders;
}

/** Compares two texts by code points: below 0, 0, above 0. */
export function compareTexts(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    const unit = left.charCodeAt(at);
    const other = right.charCodeAt(at);
    if (unit !== other) return rank(unit) - rank(other);
  }
  return left.length - right.length;
}

/** Surrogates stand for code points beyond all others. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
