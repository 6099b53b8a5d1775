import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { KnownEvent } from "../../events/mod.ts";
import { type EventLog, handleAll, openLog } from "../../src/log/mod.ts";
import { meta } from "../support/events.ts";
import { type TestDatabase, testDatabase } from "../support/postgres.ts";

let database: TestDatabase;
let log: EventLog;
let other: EventLog;
beforeAll(async () => {
  database = await testDatabase();
  log = openLog({ url: database.url });
  other = openLog({ url: database.url });
});
afterAll(async () => {
  await Promise.all([log.close(), other.close()]);
  await database.drop();
});

/** Counts what happened to a stream. */
const counting = { initial: 0, evolve: (count: number, _: KnownEvent) => count + 1 };
const newStream = () => `test-${Bun.randomUUIDv7()}`;
const one = { events: [{ type: "test.counted", data: {} }], meta };
const nothing = { events: [], meta };
const versionsOf = (streamIds: readonly string[]) =>
  Promise.all(streamIds.map(async (id) => (await log.readStream(id)).length));

/** A ticket for a seat of a train that has so many: one event on the train, one on the ticket. */
function sell(at: EventLog, train: string, ticket: string, limit: number) {
  return handleAll<[number, number], { refused: string }>(at, {
    streams: [
      { stream_id: train, decider: counting },
      { stream_id: ticket, decider: counting },
    ],
    decide: ([{ state: taken }, { state: sold }]) => {
      if (sold > 0) return { refused: "sold" };
      return taken < limit ? [one, one] : { refused: "full" };
    },
  });
}

describe("handleAll", () => {
  test("records the decision on all of the streams in one commit, and returns the positions", async () => {
    const [train, ticket] = [newStream(), newStream()];
    const handled = await sell(log, train, ticket, 1);
    const [[seat], [first]] = await Promise.all([log.readStream(train), log.readStream(ticket)]);
    expect(handled).toMatchObject({ ok: true, positions: [seat?.position, first?.position] });
    expect(first?.recorded_at).toBe(seat?.recorded_at as string);
  });

  test("records nothing on any stream if the decision is a refusal", async () => {
    const [train, ticket] = [newStream(), newStream()];
    const handled = await sell(log, train, ticket, 0);
    expect(handled).toMatchObject({ ok: false, refusal: { refused: "full" } });
    expect(await versionsOf([train, ticket])).toEqual([0, 0]);
  });

  test("decides again when somebody else was faster, in this process or another: no seat is sold twice", async () => {
    const train = newStream();
    const tickets = Array.from({ length: 12 }, newStream);
    const handled = await Promise.all(tickets.map((ticket, i) => sell(i % 2 ? log : other, train, ticket, 7)));
    expect(handled.filter(({ ok }) => ok)).toHaveLength(7);
    expect(await versionsOf([train])).toEqual([7]);
    expect(await versionsOf(tickets)).toEqual(handled.map(({ ok }) => (ok ? 1 : 0)));
  });

  test("a repeated command is decided on what it finds: done once, however often it is requested", async () => {
    const [train, ticket] = [newStream(), newStream()];
    const handled = await Promise.all(Array.from({ length: 6 }, (_, i) => sell(i % 2 ? log : other, train, ticket, 9)));
    expect(handled.filter(({ ok }) => ok)).toHaveLength(1);
    expect(handled.filter((each) => !each.ok && each.refusal.refused === "sold")).toHaveLength(5);
    expect(await versionsOf([train, ticket])).toEqual([1, 1]);
  });

  test("two that name the same streams in different orders do not wait for each other", async () => {
    const [left, right] = [newStream(), newStream()];
    const both = (streamIds: readonly [string, string]) =>
      handleAll<[number, number], never>(log, {
        streams: [
          { stream_id: streamIds[0], decider: counting },
          { stream_id: streamIds[1], decider: counting },
        ],
        decide: () => [one, one],
      });
    await Promise.all(Array.from({ length: 10 }, (_, i) => both(i % 2 ? [left, right] : [right, left])));
    expect(await versionsOf([left, right])).toEqual([10, 10]);
  });

  test("reads again only what has changed", async () => {
    const [moving, still] = [newStream(), newStream()];
    const reads = { moving: 0, still: 0 };
    const handled = await handleAll<[number, number], never>(log, {
      streams: [
        {
          stream_id: moving,
          decider: counting,
          read: async () => {
            const events = await log.readStream(moving);
            if (reads.moving++ === 0) await other.append({ stream_id: moving, expected_version: 0, ...one });
            return events;
          },
        },
        {
          stream_id: still,
          decider: counting,
          read: () => {
            reads.still++;
            return log.readStream(still);
          },
        },
      ],
      decide: () => [one, one],
    });
    expect(handled).toMatchObject({ ok: true, folded: [{ version: 1 }, { version: 0 }] });
    expect(reads).toEqual({ moving: 2, still: 1 });
  });

  test("records nothing on a stream without events, and has no position for it", async () => {
    const [left, right] = [newStream(), newStream()];
    const streams = [
      { stream_id: left, decider: counting },
      { stream_id: right, decider: counting },
    ] as const;
    const half = await handleAll<[number, number], never>(log, { streams, decide: () => [nothing, one] });
    expect(half).toMatchObject({ ok: true, positions: [undefined, expect.any(Number)] });
    const none = await handleAll<[number, number], never>(log, { streams, decide: () => [nothing, nothing] });
    expect(none).toMatchObject({ ok: true, positions: [undefined, undefined] });
    expect(await versionsOf([left, right])).toEqual([0, 1]);
  });
});
