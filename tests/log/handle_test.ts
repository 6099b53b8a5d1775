import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { KnownEvent } from "../../events/mod.ts";
import { type EventLog, handle, openLog, yieldToPrecedence } from "../../src/log/mod.ts";
import { meta } from "../support/events.ts";
import { type TestDatabase, testDatabase } from "../support/postgres.ts";

let database: TestDatabase;
let log: EventLog;
beforeAll(async () => {
  database = await testDatabase();
  log = openLog({ url: database.url });
});
afterAll(async () => {
  await log.close();
  await database.drop();
});

/** Takes seats up to a limit. */
const seats = {
  initial: 0,
  evolve: (taken: number, _: KnownEvent) => taken + 1,
  decide(command: { limit: number; seats?: number }, taken: number) {
    const wanted = command.seats ?? 1;
    if (taken + wanted > command.limit) return { full: command.limit };
    return Array.from({ length: wanted }, () => ({ type: "test.seat_taken", data: {} }));
  },
};
const newStream = () => `test-${Bun.randomUUIDv7()}`;

describe("handle", () => {
  test("records the decision on the stream's current state", async () => {
    const stream_id = newStream();
    for (const version of [1, 2]) {
      const handled = await handle(log, { stream_id, decider: seats, command: { limit: 2 }, meta });
      expect(handled).toMatchObject({ ok: true, state: version - 1, version });
    }
    const refused = await handle(log, { stream_id, decider: seats, command: { limit: 2 }, meta });
    expect(refused).toEqual({ ok: false, refusal: { full: 2 }, state: 2, version: 2 });
    expect(await log.readStream(stream_id)).toHaveLength(2);
  });

  test("returns the position of the last event it recorded, and none if there was nothing to do", async () => {
    const stream_id = newStream();
    const handled = await handle(log, { stream_id, decider: seats, command: { limit: 9, seats: 3 }, meta });
    expect(handled).toMatchObject({ ok: true, position: (await log.readStream(stream_id)).at(-1)?.position });
    const nothing = await handle(log, { stream_id, decider: seats, command: { limit: 9, seats: 0 }, meta });
    expect(nothing).toMatchObject({ ok: true, events: [], version: 3, position: undefined });
  });

  test("decides again when somebody else was faster: no seat is sold twice", async () => {
    const stream_id = newStream();
    const other = openLog({ url: database.url });
    const attempts = await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        handle(i % 2 ? log : other, { stream_id, decider: seats, command: { limit: 7 }, meta }),
      ),
    );
    await other.close();
    expect(attempts.filter((attempt) => attempt.ok)).toHaveLength(7);
    expect(await log.readStream(stream_id)).toHaveLength(7);
  });

  describe("of a stream whose state is expected", () => {
    /** Counts reads. */
    const countingReads = () => {
      const reads: string[] = [];
      const readStream: EventLog["readStream"] = (id, options) => {
        reads.push(id);
        return log.readStream(id, options);
      };
      return { reads, counting: { append: (append) => log.append(append), readStream } as EventLog };
    };
    const taken = async (stream_id: string, count: number) => {
      await handle(log, { stream_id, decider: seats, command: { limit: count, seats: count }, meta });
    };

    test("reads nothing if it is as expected", async () => {
      const stream_id = newStream();
      await taken(stream_id, 2);
      const { reads, counting } = countingReads();
      const expected = { state: 2, version: 2 };
      const handled = await handle(counting, { stream_id, decider: seats, command: { limit: 3 }, meta, expected });
      expect([handled.ok, handled.version, reads]).toEqual([true, 3, []]);
    });

    test("decides again, with the new events, if it has changed", async () => {
      const stream_id = newStream();
      await taken(stream_id, 3);
      const expected = { state: 2, version: 2 };
      const refused = await handle(log, { stream_id, decider: seats, command: { limit: 3 }, meta, expected });
      expect(refused).toEqual({ ok: false, refusal: { full: 3 }, state: 3, version: 3 });
      const handled = await handle(log, { stream_id, decider: seats, command: { limit: 4 }, meta, expected });
      expect(handled).toMatchObject({ ok: true, state: 3, version: 4 });
    });

    test("reads the log before it refuses or finds nothing to do", async () => {
      const stream_id = newStream();
      const back = {
        ...seats,
        evolve: (count: number, { data }: KnownEvent) => ((data as { back?: true }).back ? 0 : count + 1),
      };
      await taken(stream_id, 2);
      const events = [{ type: "test.seat_taken", data: { back: true } }];
      await log.append({ stream_id, expected_version: 2, events, meta });
      const expected = { state: 2, version: 2 };
      const handled = await handle(log, { stream_id, decider: back, command: { limit: 2 }, meta, expected });
      expect(handled).toMatchObject({ ok: true, state: 0, version: 4 });
      const nothing = { limit: 9, seats: 0 };
      const found = await handle(log, { stream_id, decider: back, command: nothing, meta, expected });
      expect(found).toMatchObject({ ok: true, events: [], state: 1, version: 4 });
    });
  });

  test("takes precedence once it was overtaken, ahead of those that append without end", async () => {
    const stream_id = newStream();
    let isOver = false;
    let version = 0;
    const endless = (async () => {
      while (!isOver) {
        await yieldToPrecedence(log, stream_id);
        const events = [{ type: "test.seat_taken", data: {} }];
        const result = await log.append({ stream_id, expected_version: version, events, meta });
        version = result.ok ? result.version : result.actual_version;
      }
    })();
    const tries: number[] = [];
    for (let command = 0; command < 20; command++) {
      let decided = 0;
      const counting = {
        ...seats,
        decide(given: { limit: number }, taken: number) {
          decided++;
          return seats.decide(given, taken);
        },
      };
      const handled = await handle(log, { stream_id, decider: counting, command: { limit: 1e9 }, meta });
      expect(handled.ok).toBe(true);
      tries.push(decided);
    }
    isOver = true;
    await endless;
    // One that was overtaken, one for the append that was under way then, and its own.
    expect(Math.max(...tries)).toBeLessThanOrEqual(3);
  });
});
