/** What is expected, or the check fails. */

export class Failure extends Error {}

/** Fails the check that runs unless `condition` holds; `expected` completes "expected …". */
export function expect(condition: boolean, expected: string, found?: unknown): asserts condition {
  if (condition) return;
  const shown = found === undefined ? "" : `, found ${(JSON.stringify(found) ?? String(found)).slice(0, 300)}`;
  throw new Failure(`expected ${expected}${shown}`);
}
