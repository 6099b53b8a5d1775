/** Queries of read models, which follow the log and may not exist yet in a service's first moments. */

import { isUndefinedTable } from "../../db/mod.ts";
import type { EventLog } from "../../log/types.ts";
import type { Projector } from "../../projector/mod.ts";
import { PAGE_LIMIT_DEFAULT, READ_MODEL_WAIT_MS } from "../limits.ts";
import { byPosition, checkReached, fromCursor, type Page, page, positionHeader } from "../paging.ts";
import { Problem } from "../problem.ts";
import { problems } from "../problems.ts";

const POLL_MS = 25;

/** Runs a query on a read model; waits while the model has never been built. Throws the problem `read_model_behind`. */
export async function onceBuilt<Rows>(query: () => PromiseLike<Rows>, wait_ms = READ_MODEL_WAIT_MS): Promise<Rows> {
  for (const deadline = performance.now() + wait_ms; ; await Bun.sleep(POLL_MS)) {
    try {
      return await query();
    } catch (error) {
      if (!isUndefinedTable(error)) throw error;
      if (performance.now() > deadline) throw behind("The read model has not been built yet.");
    }
  }
}

interface Reached {
  readonly names: readonly string[];
  readonly position: number;
  readonly wait_ms?: number | undefined;
  /** Where to look whether the position, which a caller names, is recorded; absent: it is. */
  readonly log?: Pick<EventLog, "head">;
}

/**
 * Runs a query on read models that include what was recorded at `position`, even if Postgres crashes meanwhile. Throws the
 * problem `read_model_behind`.
 */
export async function readAt<Rows>(
  projector: Pick<Projector, "readAt" | "waitFor">,
  { names, position, wait_ms = READ_MODEL_WAIT_MS, log }: Reached,
  query: () => PromiseLike<Rows>,
): Promise<Rows> {
  for (const name of log ? names : []) {
    if (await projector.waitFor(name, position, 0)) continue;
    // What is not recorded yet may never be: nothing waits for that.
    await checkReached(log as NonNullable<typeof log>, position);
  }
  const read = await projector.readAt({ names, position, timeout_ms: wait_ms }, () => onceBuilt(query, wait_ms));
  if (!read.ok) throw behind(`The read model is behind: ${read.detail}.`);
  return read.rows;
}

/** What monitors learn of a read model, besides its figures. */
interface ReadModelHealth {
  /** Whether it is running. */
  readonly ok: boolean;
  /** Up to here, at least, the figures include everything. */
  readonly position: number;
}

/** The health of what a read model shows, and figures from it. Throws the problem `read_model_behind`. */
export async function healthOf<Figures extends object>(
  projector: Pick<Projector, "status">,
  { name, figures, wait_ms }: { name: string; figures: () => PromiseLike<Figures>; wait_ms?: number | undefined },
): Promise<ReadModelHealth & Figures> {
  const read = async () => (await projector.status()).find((one) => one.name === name && one.live);
  let status = await read();
  if (!status) {
    // It is live as soon as its figures can be read.
    await onceBuilt(figures, wait_ms);
    status = await read();
  }
  const shown = await onceBuilt(figures, wait_ms);
  return { ok: status !== undefined && !status.poison, position: status?.position ?? 0, ...shown };
}

interface Asked {
  readonly request: Request;
  readonly log: Pick<EventLog, "head">;
  readonly projector: Pick<Projector, "readAt" | "waitFor">;
  readonly wait_ms?: number | undefined;
}

/**
 * The requested page of a read model, no older than its `Levqor-Min-Position`. `select` returns up to `take` rows after
 * the one at `position`, or from the beginning of the list if there is none. Throws the problems `invalid_cursor` and
 * `read_model_behind`.
 */
export async function readPage<Row extends { readonly position: number }>(
  { request, log, projector, wait_ms }: Asked,
  {
    name,
    limit = PAGE_LIMIT_DEFAULT,
    cursor,
    select,
    joined = [],
  }: {
    name: string;
    /** Other read models that `select` reads. */
    joined?: readonly string[];
    limit?: number;
    cursor?: string;
    select: (position: number | undefined, take: number) => PromiseLike<readonly Row[]>;
  },
): Promise<Page<Row>> {
  const kind = byPosition(name);
  const from = fromCursor(cursor, kind);
  const position = positionHeader(request, "levqor-min-position");
  const query = () => select(from, limit + 1);
  const read = async () => {
    if (position === undefined) return await onceBuilt(query, wait_ms);
    return await readAt(projector, { names: [name, ...joined], position, wait_ms, log }, query);
  };
  return page(await read(), limit, { kind, keyOf: (row) => row.position });
}

function behind(detail: string): Problem {
  return new Problem(problems.read_model_behind, detail, { retry_after_s: 1 });
}
