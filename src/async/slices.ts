/**
 * Long work in slices: after each, all else in the process has its turn. Of all that is sliced at the same time, one has
 * its slice between two turns of the event loop.
 */

/** How long one slice may take. */
const SLICE_MS = 5;

const waiting: (() => void)[] = [];
/** What sliced work has taken since the event loop last went round, whoever's it was. */
let used_ms = 0;
let isTurnComing = false;

/** Resolves when the event loop has gone round, and those that came before have had their slices. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => wait(resolve));
}

function wait(resolve: () => void, { before_others = false } = {}): void {
  if (before_others) waiting.unshift(resolve);
  else waiting.push(resolve);
  expectTurn();
}

function expectTurn(): void {
  if (isTurnComing) return;
  isTurnComing = true;
  setImmediate(() => {
    isTurnComing = false;
    used_ms = 0;
    waiting.shift()?.();
    if (waiting.length > 0) expectTurn();
  });
}

/** Does something with each item, in order; what is left of the current slice is used at once. */
export async function inSlices<Item>(items: Iterable<Item>, work: (item: Item) => void): Promise<void> {
  for (const item of items) {
    if (used_ms > SLICE_MS) await nextTurn();
    counted(() => work(item));
  }
}

/** Does one piece of such work. `before_others`: it ends what another slice has begun, and what that one made is held until then. */
export async function inSlice<Result>(work: () => Result, { before_others = false } = {}): Promise<Result> {
  if (used_ms > SLICE_MS) await new Promise<void>((resolve) => wait(resolve, { before_others }));
  return counted(work);
}

function counted<Result>(work: () => Result): Result {
  const began = performance.now();
  try {
    return work();
  } finally {
    used_ms += performance.now() - began;
    expectTurn();
  }
}
