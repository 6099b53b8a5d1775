/** Properties that are true for any input, and a search for an input for which they are not. */
import fc from "fast-check";
import { MAX_TIMER_MS } from "../../src/async/mod.ts";

/** A part of the service that parses untrusted input. */
export interface FuzzTarget {
  readonly name: string;
  /**
   * By what each of them states. A property that calls `fc.pre` often takes long to fail: generate valid input instead.
   */
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

/** Tries each property of a target. Resolves to how many inputs were tried, and the first for which one is false. */
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
