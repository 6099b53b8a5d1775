import { expect, test } from "bun:test";
import { describeFault, faultScript, LEASE_SECONDS } from "../../../scripts/torture/fault_script.ts";

const MINUTE = 60_000;

test("the same seed gives the same faults at the same times, another seed others", () => {
  expect(faultScript(42, 3 * MINUTE)).toEqual(faultScript(42, 3 * MINUTE));
  expect(faultScript(42, 3 * MINUTE)).not.toEqual(faultScript(43, 3 * MINUTE));
});

test("a longer run begins as a shorter one of its seed", () => {
  const short = faultScript(7, MINUTE);
  expect(short.length).toBeGreaterThan(10);
  expect(faultScript(7, 10 * MINUTE).slice(0, short.length)).toEqual(short);
});

test("three minutes include every kind of fault, whatever the seed", () => {
  const kinds = (seed: number) => new Set(faultScript(seed, 3 * MINUTE).map(({ fault }) => fault.kind));
  const all = new Set(Array.from({ length: 50 }, (_, seed) => [...kinds(seed)]).flat());
  expect(all.size).toBe(12);
  for (let seed = 0; seed < 50; seed++) expect(kinds(seed)).toEqual(all);
});

test("faults come in order and within the time, and freezes outlast leases", () => {
  const script = faultScript(1, 5 * MINUTE);
  const times = script.map(({ at_ms }) => at_ms);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(times.at(-1)).toBeLessThan(5 * MINUTE);
  for (const { fault } of script) {
    if (fault.kind === "freeze") expect(fault.seconds).toBeGreaterThan(LEASE_SECONDS);
    expect(describeFault(fault)).not.toContain("undefined");
  }
});
