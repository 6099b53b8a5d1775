import { afterAll, beforeAll, expect, test } from "bun:test";
import fc from "fast-check";
import { type Append, type AppendResult, type EventLog, openLog } from "../../src/log/mod.ts";
import { appendOf, faultsOf } from "../support/events.ts";
import { type TestDatabase, testDatabase } from "../support/postgres.ts";

let database: TestDatabase;
let logs: EventLog[];
beforeAll(async () => {
  database = await testDatabase();
  logs = [openLog({ url: database.url }), openLog({ url: database.url }), openLog({ url: database.url })];
});
afterAll(async () => {
  await Promise.all(logs.map((log) => log.close()));
  await database.drop();
});

/** Which log appends, to which of a few streams, how many events, how far off its guess of the version is, and how long it waits first. */
const step = fc.record({
  writer: fc.nat(2),
  stream: fc.nat(4),
  count: fc.integer({ min: 1, max: 4 }),
  off: fc.constantFrom(0, 0, 0, 0, 1, -1),
  turns: fc.nat(3),
});

test("any interleaving of appends leaves dense versions, dense positions, everything acknowledged and nothing else", async () => {
  const answers: { append: Append; result: AppendResult }[] = [];
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 60 }), async (steps) => {
      const streams = Array.from({ length: 5 }, (_, i) => `test-${run}.${i}`);
      run++;
      const guesses = new Map(streams.map((stream) => [stream, 0]));
      await Promise.all(
        steps.map(async ({ writer, stream, count, off, turns }) => {
          for (let turn = 0; turn < turns; turn++) await Bun.sleep(0);
          const name = streams[stream] as string;
          const guess = guesses.get(name) ?? 0;
          const append = appendOf(name, Math.max(0, guess + off), count);
          const result = await (logs[writer] as EventLog).append(append);
          guesses.set(name, Math.max(guesses.get(name) ?? 0, result.ok ? result.version : result.actual_version));
          answers.push({ append, result });
        }),
      );
      const faults = await faultsOf(logs[0] as EventLog, answers);
      expect(faults).toEqual([]);
    }),
    { numRuns: 40 },
  );
  // The property would hold of a log that refuses everything, too.
  expect(answers.some(({ result }) => result.ok)).toBe(true);
  expect(answers.some(({ result }) => !result.ok)).toBe(true);
}, 60_000);
