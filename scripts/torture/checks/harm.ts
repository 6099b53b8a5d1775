/** What one user may do to others: nothing that they would notice. */
import type { Check } from "../evidence.ts";

/** Below this, in milliseconds, a time is the noise of two cores that a dozen processes share. */
const FLOOR_MS = 150;
/** Of fewer requests no hundredth can be told. */
const FEWEST = 200;

export const politeUnharmed: Check = {
  name: "no other user's p99 more than doubles while one means harm",
  run: ({ polite: { calm, harmed } }) => {
    const [without, beside] = [percentile(calm, 0.99), percentile(harmed, 0.99)];
    const looked_at = `${calm.length} requests without, p99 ${Math.round(without)} ms; ${harmed.length} beside it, p99 ${Math.round(beside)} ms`;
    if (Math.min(calm.length, harmed.length) < FEWEST)
      return { looked_at: `${looked_at}; too few to tell`, faults: [] };
    const allowed = Math.max(FLOOR_MS, 2 * without);
    if (beside <= allowed) return { looked_at, faults: [] };
    const fault = `a polite user's p99 is ${Math.round(beside)} ms beside the harm and ${Math.round(without)} ms without it; ${Math.round(allowed)} ms are allowed`;
    return { looked_at, faults: [fault] };
  },
};

/** The least time that so large a share of them does not exceed; 0 of none. */
function percentile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] ?? 0;
}
