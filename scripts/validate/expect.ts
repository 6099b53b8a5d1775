/** An expectation, which fails the check if it is not met. */

export class Failure extends Error {}

/** Fails the current check unless `condition` is true; `expected` completes "expected …". */
export function expect(condition: boolean, expected: string, found?: unknown): asserts condition {
  if (condition) return;
  const shown = found === undefined ? "" : `, found ${(JSON.stringify(found) ?? String(found)).slice(0, 300)}`;
  throw new Failure(`expected ${expected}${shown}`);
}
