/** What jobs use beside their workflow, as a column: lists for a key that is limited to some workflows ask for it. */
import { type Step, usesOf } from "../events/pipeline.ts";

/** One connector a line; `null` where there are no steps, or none uses a connector. No name has a line's end in it. */
export function usesColumn(steps: readonly Step[] | undefined): string | null {
  return usesOf(steps).join("\n") || null;
}
