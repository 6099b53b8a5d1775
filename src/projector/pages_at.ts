import type { Projector } from "./projector.ts";

export interface PagesAtOptions {
  readonly names: readonly string[];
  /** What is recorded up to here is included. */
  readonly position: number;
  /** Rows that are read at once. */
  readonly page: number;
}

/** How long to wait for a read model. */
const WAIT_MS = 30_000;

/**
 * Rows of read models in order of position, in non-empty pages. `select` returns up to `take` rows after a position; a row that
 * is still selected afterwards does not come again. Throws if a read model does not reach the position in time.
 */
export async function* pagesAt<Row extends { readonly position: number }>(
  projector: Pick<Projector, "readAt">,
  { names, position, page }: PagesAtOptions,
  select: (after: number, take: number) => PromiseLike<readonly Row[]>,
): AsyncGenerator<readonly Row[]> {
  for (let after = 0; ; ) {
    const read = await projector.readAt({ names, position, timeout_ms: WAIT_MS }, () => select(after, page));
    if (!read.ok) throw new Error(`Cannot read all of ${names.join(", ")}: ${read.detail}`);
    const last = read.rows.at(-1);
    if (!last) return;
    yield read.rows;
    if (read.rows.length < page) return;
    after = last.position;
  }
}
