/**
 * Long work in slices: after each, all else in the process has its turn. Of all that is sliced at the same time, one has
 * its slice between two turns of the event loop.
 */

/** How long one slice may take. */
const SLICE_MS = 5;

const waiting: (() => void)[] = [];

/** Resolves when the event loop has gone round, and those that came before have had their slices. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (waiting.push(resolve) === 1) setImmediate(release);
  });
}

function release(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(release);
}

/** Does something with each item, in order; what takes no longer than a slice is done at once. */
export async function inSlices<Item>(items: Iterable<Item>, work: (item: Item) => void): Promise<void> {
  let began = performance.now();
  for (const item of items) {
    if (performance.now() - began > SLICE_MS) {
      await nextTurn();
      began = performance.now();
    }
    work(item);
  }
}
