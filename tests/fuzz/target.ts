/** Properties that hold whatever the input is, and what looks for an input for which they do not. */
import fc from "fast-check";

/** A part of the service that reads what anybody may have written. */
export interface FuzzTarget {
  readonly name: string;
  /** By what each of them says. A property that calls `fc.pre` often takes long to fail: generate what fits instead. */
  readonly properties: Readonly<Record<string, fc.IRawProperty<unknown>>>;
}

export interface Finding {
  readonly property: string;
  /** With it the same input comes first again. */
  readonly seed: number;
  /** The smallest that was found, as an expression. */
  readonly input: string;
  readonly fault: string;
}

export interface FuzzOptions {
  readonly seed: number;
  /** Inputs for each property. */
  readonly runs: number;
  /** When to stop, by `performance.now()`. */
  readonly until?: number;
}

/** Tries each property of a target. Resolves to how many inputs were tried, and the first for which one does not hold. */
export async function fuzz(
  { properties }: FuzzTarget,
  { seed, runs, until = Number.POSITIVE_INFINITY }: FuzzOptions,
): Promise<{ tried: number; finding?: Finding }> {
  let tried = 0;
  for (const [name, property] of Object.entries(properties)) {
    const left = Math.min(until - performance.now(), MAX_TIMER_MS);
    if (left <= 0) break;
    const { failed, counterexample, errorInstance, numRuns } = await fc.check(property, {
      seed,
      numRuns: runs,
      interruptAfterTimeLimit: left,
    });
    tried += numRuns;
    // One that was interrupted before it failed has no counterexample.
    if (!failed || counterexample === null) continue;
    const fault = errorInstance instanceof Error ? `${errorInstance.name}: ${errorInstance.message}` : "it is false";
    return { tried, finding: { property: name, seed, input: fc.stringify(counterexample), fault } };
  }
  return { tried };
}

const MAX_TIMER_MS = 2 ** 31 - 1;
