import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { SLOT_MS, slotAt, Usage, WINDOW_MS } from "../../src/rate/usage.ts";

/** The start of a slot, as long ago as 2026. */
const START = slotAt(Date.UTC(2026, 0, 1)) * SLOT_MS;

/** Sends at each instant what fits; returns the instants at which one was admitted. */
function admit(usage: Usage, instants: readonly number[], quota: number): number[] {
  return instants.filter((now) => {
    if (usage.used(now) >= quota) return false;
    usage.add(now);
    return true;
  });
}

/** The most that any window of this length holds; it includes its end, not its start. */
function most(instants: readonly number[], window_ms: number): number {
  return Math.max(0, ...instants.map((end) => instants.filter((at) => at > end - window_ms && at <= end).length));
}

/** Ascending instants within five minutes: floods, trickles and pauses. */
const arrivals = fc
  .array(fc.tuple(fc.oneof(fc.nat(50), fc.nat(3_000), fc.nat(70_000)), fc.integer({ min: 1, max: 40 })), {
    minLength: 1,
    maxLength: 40,
  })
  .map((bursts) => {
    let now = START + 3_217;
    return bursts.flatMap(([gap, count]) => {
      now += gap;
      return Array.from({ length: count }, (_, index) => now + index);
    });
  });

describe("whatever the pattern", () => {
  const quotas = fc.integer({ min: 1, max: 30 });

  test("no 50 seconds admit more than the quota, and no 60 more than twice", () => {
    fc.assert(
      fc.property(arrivals, quotas, (instants, quota) => {
        const admitted = admit(new Usage(), instants, quota);
        expect(most(admitted, WINDOW_MS - SLOT_MS)).toBeLessThanOrEqual(quota);
        expect(most(admitted, WINDOW_MS)).toBeLessThanOrEqual(2 * quota);
      }),
      { numRuns: 500 },
    );
  });

  test("70 seconds after the last one the quota is whole again", () => {
    fc.assert(
      fc.property(arrivals, quotas, (instants, quota) => {
        const usage = new Usage();
        const admitted = admit(usage, instants, quota);
        const last = admitted.at(-1) as number;
        const whole = last + usage.emptyIn(last);
        expect(whole - last).toBeLessThanOrEqual(WINDOW_MS + SLOT_MS);
        expect(usage.used(whole - 1)).toBeGreaterThan(0);
        expect(usage.used(whole)).toBe(0);
        expect(admit(usage, new Array(2 * quota).fill(whole), quota)).toHaveLength(quota);
      }),
    );
  });

  test("room is available when predicted, and not a tenth of a second sooner", () => {
    fc.assert(
      fc.property(arrivals, quotas, fc.nat(SLOT_MS), (instants, quota, later) => {
        const usage = new Usage();
        admit(usage, instants, quota);
        const now = (instants.at(-1) as number) + later;
        const wait = usage.roomIn(now, quota);
        if (usage.used(now) < quota) return expect(wait).toBe(0);
        expect(usage.used(now + wait + 1)).toBeLessThan(quota);
        const sooner = new Usage();
        admit(sooner, instants, quota);
        if (wait > 100) expect(sooner.used(now + wait - 100)).toBeGreaterThanOrEqual(quota - 1e-5);
      }),
    );
  });

  test("the numbers of the others count like one's own", () => {
    fc.assert(
      fc.property(arrivals, quotas, fc.nat(60_000), (instants, quota, later) => {
        const [alone, one, other] = [new Usage(), new Usage(), new Usage()];
        admit(alone, instants, quota);
        const admitted = admit(new Usage(), instants, quota);
        for (const [index, at] of admitted.entries()) (index % 2 === 0 ? one : other).add(at);
        const now = (instants.at(-1) as number) + later;
        one.learn(now, other.own(now));
        expect(one.used(now)).toBeCloseTo(alone.used(now), 9);
      }),
    );
  });
});

test("processes that report to each other every 100 ms admit a quota each at first, and in later minutes one more each", () => {
  const quota = 20;
  const minutes = 30;
  for (const processes of [2, 3, 8]) {
    const usages = Array.from({ length: processes }, () => new Usage());
    let admitted = 0;
    for (let now = START + 1; now < START + minutes * WINDOW_MS; now += 100) {
      // A flood of all of them, for the whole of the time.
      for (const usage of usages) admitted += admit(usage, new Array(quota).fill(now), quota).length;
      const told = usages.map((usage) => usage.own(now));
      for (const [index, usage] of usages.entries()) {
        usage.learn(
          now,
          told.flatMap((counts, other) => (other === index ? [] : counts)),
        );
      }
    }
    expect(admitted).toBeGreaterThanOrEqual(quota * minutes);
    expect(admitted).toBeLessThanOrEqual(quota * processes + (minutes - 1) * (quota + processes - 1));
  }
});

test("a caller who spreads the quota evenly is never refused", () => {
  for (const quota of [1, 2, 7, 20, 59, 60, 61, 600, 6000]) {
    // In the very millisecond in which a slot begins, one of a minute ago still counts.
    for (const offset of [1, 3_333, 4_999, 9_999]) {
      const instants = Array.from({ length: 6 * quota }, (_, index) => START + offset + (index * WINDOW_MS) / quota);
      expect(admit(new Usage(), instants, quota)).toHaveLength(instants.length);
    }
  }
});

test("the worst pattern: twice the quota within 60 seconds, and the second half spread over ten", () => {
  const usage = new Usage();
  const burst = START + SLOT_MS - 1;
  const instants = [...new Array(20).fill(burst), ...Array.from({ length: 60_000 }, (_, index) => burst + 1 + index)];
  const admitted = admit(usage, instants, 20).filter((at) => at < burst + WINDOW_MS);
  expect(admitted).toHaveLength(40);
  expect((admitted[20] as number) - burst).toBeGreaterThanOrEqual(WINDOW_MS - SLOT_MS);
  const gaps = admitted.slice(21).map((at, index) => at - (admitted[20 + index] as number));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(499);
});

test("a clock that is set back keeps counting in the newest slot; one that jumps ahead starts again", () => {
  const usage = new Usage();
  for (let index = 0; index < 5; index++) usage.add(START + 25_000);
  usage.add(START + 3_000);
  expect(usage.used(START + 3_000)).toBe(6);
  expect(usage.used(START + 25_000)).toBe(6);
  expect(usage.used(START + 3_600_000)).toBe(0);
});

describe("what was counted under a wrong time", () => {
  const counted = () => {
    const usage = new Usage();
    for (const at of [0, 0, 25_000, 41_000, 41_500, 59_000]) usage.add(START + at);
    usage.learn(START + 59_000, [[slotAt(START) + 3, 4]]);
    return usage;
  };

  test.each([-1_000_003, -31, -7, -1, 1, 6, 30, 1_000_003])(
    "moves along, and fades as it would have: %i slots",
    (slots) => {
      const [right, wrong] = [counted(), counted()];
      wrong.shift(slots);
      const by_ms = slots * SLOT_MS;
      for (let now = START + 59_000; now < START + 140_000; now += 500) {
        expect(wrong.used(now + by_ms)).toBeCloseTo(right.used(now), 5);
        expect(wrong.roomIn(now + by_ms, 3)).toBeCloseTo(right.roomIn(now, 3), 3);
        expect(wrong.emptyIn(now + by_ms)).toBe(right.emptyIn(now));
        expect(wrong.own(now + by_ms)).toEqual(right.own(now).map(([slot, count]) => [slot + slots, count]));
      }
    },
  );

  test("is nothing where nothing was counted", () => {
    const usage = new Usage();
    usage.shift(-30);
    usage.add(START);
    expect(usage.used(START)).toBe(1);
    expect(usage.own(START)).toEqual([[slotAt(START), 1]]);
  });
});

test("counts of slots that are still to come are none", () => {
  const usage = new Usage();
  usage.learn(START, [
    [slotAt(START) + 2, 5],
    [slotAt(START) + 30, 50],
    [slotAt(START), 1],
  ]);
  expect(usage.used(START)).toBe(1);
});

test("counts of a process whose clock is slightly fast count in the current slot", () => {
  const usage = new Usage();
  usage.learn(START + 9_990, [
    [slotAt(START), 3],
    [slotAt(START) + 1, 4],
    [slotAt(START) - 7, 50],
  ]);
  expect(usage.used(START + 9_990)).toBe(7);
});
