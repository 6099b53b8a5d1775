/** Pages, cursors and positions, as callers send them. */

import { MAX_VERSION } from "../../events/envelope.ts";
import type { EventLog } from "../log/types.ts";
import { Problem } from "./problem.ts";
import { problems } from "./problems.ts";

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly has_more: boolean;
  readonly next_cursor: string | null;
}

/** The content of a list's cursors. A cursor is valid only for its list. */
export interface CursorKind {
  /** Of the list: lower-case letters and `_`. */
  readonly list: string;
  /** The greatest key that its rows can have. */
  readonly max: number;
}

/** For a list whose rows are ordered by their position in the log. */
export function byPosition(list: string): CursorKind {
  return { list, max: Number.MAX_SAFE_INTEGER };
}

/** For a list of one stream's events, ordered by their version. */
export function byVersion(list: string): CursorKind {
  return { list, max: MAX_VERSION };
}

/** Cuts one page out of `limit + 1` rows; the cursor refers to the last row shown. */
export function page<Item>(
  rows: readonly Item[],
  limit: number,
  { kind, keyOf }: { kind: CursorKind; keyOf: (item: Item) => number },
): Page<Item> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const has_more = rows.length > limit;
  return { items, has_more, next_cursor: has_more && last !== undefined ? toCursor(kind, keyOf(last)) : null };
}

/** An ETag for a page of a stream's history, which only grows: by its last event, and whether more follow. */
export function etagOfPage(events: readonly { readonly version: number }[], has_more: boolean): string {
  return `"${events.at(-1)?.version ?? 0}${has_more ? "+" : ""}"`;
}

/** Decodes a cursor; `undefined` for none. Throws the problem `invalid_cursor`. */
export function fromCursor(cursor: string | undefined, kind: CursorKind): number | undefined {
  if (cursor === undefined) return undefined;
  const [list, digits = ""] = Buffer.from(cursor, "base64url").toString("latin1").split(":");
  const key = integerOf(digits);
  if (list !== kind.list || key === undefined || key > kind.max || toCursor(kind, key) !== cursor) {
    throw new Problem(problems.invalid_cursor, "The cursor does not belong to this list.");
  }
  return key;
}

/** A cursor for a row of a list, by its key. */
export function toCursor({ list }: CursorKind, key: number): string {
  return Buffer.from(`${list}:${key}`).toString("base64url");
}

/** The position in a header; `undefined` if absent. Throws the problem `invalid_cursor`. */
export function positionHeader(request: Request, name: string): number | undefined {
  const value = request.headers.get(name);
  if (value === null || value === "") return undefined;
  const position = integerOf(value);
  if (position === undefined) throw new Problem(problems.invalid_cursor, `The ${name} header is not a position.`);
  return position;
}

/**
 * Throws the problem `invalid_cursor` for a query parameter with a position that no double represents exactly: that is
 * beyond the end of every log, and is reported as it was sent.
 */
export function checkExactPosition(query: string, name: string): void {
  const text = new URLSearchParams(query).get(name) ?? "";
  if (/^[1-9]\d*$/.test(text) && !Number.isSafeInteger(Number(text))) throw beyondEnd(BigInt(text));
}

/** Throws the problem `invalid_cursor` for a position beyond the log's end: its successors may never come. */
export async function checkReached(log: Pick<EventLog, "head">, position: number): Promise<void> {
  if (position === 0 || position <= (await log.head())) return;
  throw beyondEnd(position);
}

/** The problem `invalid_cursor`. */
export function beyondEnd(position: number | bigint): Problem {
  return new Problem(
    problems.invalid_cursor,
    `No event has the position ${position}: it is beyond the end of the log.`,
  );
}

/** A whole number in canonical form that a double represents exactly; `undefined` for anything else. */
function integerOf(text: string): number | undefined {
  const value = /^(?:0|[1-9]\d{0,15})$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}
