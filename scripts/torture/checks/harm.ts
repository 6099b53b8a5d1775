/** What one user may do to others: nothing that they would notice. */
import { percentile } from "../../../bench/support/statistics.ts";
import type { Check } from "../evidence.ts";

/** Below this, in milliseconds, a difference is the noise of two cores that a dozen processes share. */
const FLOOR_MS = 150;
/** With fewer requests a hundredth is meaningless. */
const FEWEST = 200;

export const politeUnharmed: Check = {
  name: "no other user's p99 more than doubles while one is malicious",
  run: ({ polite: { calm, harmed } }) => {
    const [without, beside] = [p99(calm), p99(harmed)];
    const looked_at = `${calm.length} requests without, p99 ${Math.round(without)} ms; ${harmed.length} beside it, p99 ${Math.round(beside)} ms`;
    if (Math.min(calm.length, harmed.length) < FEWEST)
      return { looked_at: `${looked_at}; too few to tell`, faults: [] };
    const allowed = Math.max(FLOOR_MS, 2 * without);
    if (beside <= allowed) return { looked_at, faults: [] };
    const fault = `a polite user's p99 is ${Math.round(beside)} ms beside the malicious one and ${Math.round(without)} ms without; ${Math.round(allowed)} ms are allowed`;
    return { looked_at, faults: [fault] };
  },
};

function p99(times: readonly number[]): number {
  return times.length === 0 ? 0 : percentile(times, 0.99);
}
