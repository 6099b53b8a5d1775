import { expect, test } from "bun:test";
import { alarm, pause } from "../../src/async/mod.ts";

/** Thirty days: more than a timer of the runtime can wait for, which would fire at once. */
const LONG_MS = 30 * 86_400_000;

test("a wait of more than 2^31 ms does not end at once", async () => {
  const stop = new AbortController();
  let rang = false;
  const callOff = alarm(LONG_MS, () => {
    rang = true;
  });
  const forever = pause(Number.POSITIVE_INFINITY, stop.signal);
  const long = pause(LONG_MS, stop.signal);
  await Bun.sleep(50);
  stop.abort();
  expect([rang, await forever, await long]).toEqual([false, false, false]);
  callOff();
});

test("an alarm rings once, when it is time, and not if it is cancelled", async () => {
  const rung: string[] = [];
  alarm(20, () => rung.push("kept"));
  alarm(10, () => rung.push("called off"))();
  await pause(40, new AbortController().signal);
  expect(rung).toEqual(["kept"]);
});
