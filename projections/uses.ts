/** What jobs use besides their workflow, as a column, for the lists of keys that are limited to some workflows. */
import { type Step, usesOf } from "../events/pipeline.ts";

/** One connector per line; `null` if there are no steps, or none uses a connector. No name contains a line break. */
export function usesColumn(steps: readonly Step[] | undefined): string | null {
  return usesOf(steps).join("\n") || null;
}
