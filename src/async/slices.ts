/**
 * Long work in slices, with everything else in the process in between. Of all work that is sliced at the same time, one
 * slice runs per turn of the event loop.
 */

/** How long one slice may take. */
const SLICE_MS = 5;

const waiting: (() => void)[] = [];
/** What sliced work has taken since the event loop last turned, whoever did it. */
let used_ms = 0;
let isTurnComing = false;

/** Resolves when the event loop has turned, and earlier callers have had their slices. */
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

/** Does something with each item, in order, starting with the rest of the current slice. */
export async function inSlices<Item>(items: Iterable<Item>, work: (item: Item) => void): Promise<void> {
  for (const item of items) {
    if (used_ms > SLICE_MS) await nextTurn();
    counted(() => work(item));
  }
}

/**
 * Does one piece of such work. `before_others`: it completes what another slice began, whose results stay in memory
 * until then.
 */
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
