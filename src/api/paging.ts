/** Pages, cursors and positions, as callers send them. */
import { Problem } from "./problems.ts";

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly has_more: boolean;
  readonly next_cursor: string | null;
}

/** Cuts one page out of `limit + 1` rows; the cursor names the last row that is shown. */
export function page<Item>(rows: readonly Item[], limit: number, keyOf: (item: Item) => number): Page<Item> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const has_more = rows.length > limit;
  return { items, has_more, next_cursor: has_more && last !== undefined ? toCursor(keyOf(last)) : null };
}

/** Names a page of a stream's history, which only grows: by its last event, and whether more follow. */
export function etagOfPage(events: readonly { readonly version: number }[], has_more: boolean): string {
  return `"${events.at(-1)?.version ?? 0}${has_more ? "+" : ""}"`;
}

/** What a cursor stands for; `undefined` for none. Throws the problem `invalid_cursor`. */
export function fromCursor(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return undefined;
  const match = /^c(\d{1,15})$/.exec(Buffer.from(cursor, "base64url").toString("latin1"));
  const key = Number(match?.[1]);
  if (!match || toCursor(key) !== cursor)
    throw new Problem("invalid_cursor", "The cursor was not given out by this service.");
  return key;
}

function toCursor(key: number): string {
  return Buffer.from(`c${key}`).toString("base64url");
}

/** The position that a header holds; `undefined` where it is absent. Throws the problem `invalid_cursor`. */
export function positionHeader(request: Request, name: string): number | undefined {
  const value = request.headers.get(name);
  if (value === null || value === "") return undefined;
  if (!/^\d{1,15}$/.test(value)) throw new Problem("invalid_cursor", `The ${name} header does not hold a position.`);
  return Number(value);
}
