/** The reach of a caller without limits. */
import { EVERYTHING, type Runs, type Within, within } from "../../src/domain/reach.ts";

export function unlimited<What extends Runs>(what: What): Within<What> {
  return within(EVERYTHING, what) as Within<What>;
}
