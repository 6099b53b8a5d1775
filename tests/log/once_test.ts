import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { KnownEvent } from "../../events/mod.ts";
import { createOnce, type EventLog, handleOnce, openLog } from "../../src/log/mod.ts";
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

const newStream = () => `test-${Bun.randomUUIDv7()}`;

describe("what a request creates", () => {
  const create = (stream_id: string, ...all: readonly object[]) =>
    createOnce(log, { stream_id, events: all.map((data) => ({ type: "test.made", data })), meta });

  test("is recorded once: a repetition gets what is recorded", async () => {
    const stream_id = newStream();
    const first = await create(stream_id, { name: "a", size: { w: 1, h: 2 } });
    const [recorded] = await log.readStream(stream_id);
    expect(first).toEqual({ ok: true, replayed: false, position: recorded?.position as number });
    const again = await create(stream_id, { size: { h: 2.0, w: 1 }, name: "a", note: undefined });
    expect(again).toMatchObject({ ok: true, replayed: true, position: recorded?.position });
    expect(again).toHaveProperty("event.data", { name: "a", size: { w: 1, h: 2 } });
    expect(await log.readStream(stream_id)).toHaveLength(1);
  });

  test.each([
    ["another value", [{ name: "b" }]],
    ["a member more", [{ name: "a", size: 1 }]],
    ["a member less", [{}]],
    ["an event more", [{ name: "a" }, { name: "b" }]],
  ])("is not taken for that of a request with %s", async (_, other) => {
    const stream_id = newStream();
    await create(stream_id, { name: "a" });
    expect(await create(stream_id, ...other)).toEqual({ ok: false, reason: "key_reused" });
    expect(await log.readStream(stream_id)).toHaveLength(1);
  });

  test("is not that of an event of another type", async () => {
    const stream_id = newStream();
    await create(stream_id, { name: "a" });
    const other = await createOnce(log, { stream_id, events: [{ type: "test.found", data: { name: "a" } }], meta });
    expect(other.ok).toBe(false);
  });

  test("is compared as text that was recorded, however it is written", async () => {
    const stream_id = newStream();
    const written = (data_json: string) =>
      createOnce(log, { stream_id, events: [{ type: "test.made", data_json }], meta });
    await written('{"n": 1, "text": "\\u0061"}');
    expect(await written('{"text":"a","n":1.0}')).toMatchObject({ ok: true, replayed: true });
    expect(await written('{"text":"a","n":2}')).toMatchObject({ ok: false });
  });

  test("is compared apart from what the request does not determine", async () => {
    const stream_id = newStream();
    const secret = (name: string, hash: string) =>
      createOnce(log, {
        stream_id,
        events: [{ type: "test.made", data: { name, hash } }],
        meta,
        apart_from: ["hash"],
      });
    await secret("a", "1");
    expect(await secret("a", "2")).toHaveProperty("event.data", { name: "a", hash: "1" });
    expect((await secret("b", "1")).ok).toBe(false);
  });
});

describe("a change that a request makes", () => {
  interface Seat {
    readonly row: number;
    readonly ticket: number;
  }
  /** Sells one seat after another, up to three. */
  const seats = {
    initial: 0,
    evolve: (sold: number, _: KnownEvent) => sold + 1,
    decide: (seat: Seat, sold: number) => (sold >= 3 ? { full: sold } : [{ type: "test.seat_sold", data: seat }]),
  };
  let tickets = 0;
  const sell = (stream_id: string, row: number, { causation_id = "request-1", to = log } = {}) =>
    handleOnce(to, {
      stream_id,
      decider: seats,
      command: { row, ticket: ++tickets },
      meta: { ...meta, causation_id },
      asked: { row },
      apart_from: ["ticket"],
    });

  test("is made once: a repetition gets what is recorded, whatever has happened since", async () => {
    const stream_id = newStream();
    const first = await sell(stream_id, 7);
    const [recorded] = await log.readStream(stream_id);
    expect(first).toEqual({ ok: true, replayed: false, position: recorded?.position as number });
    for (const n of [2, 3]) await sell(stream_id, 7, { causation_id: `request-${n}` });
    expect(await sell(stream_id, 7, { causation_id: "request-4" })).toEqual({
      ok: false,
      reason: "refused",
      refusal: { full: 3 },
    });
    expect(await sell(stream_id, 7)).toMatchObject({
      ok: true,
      replayed: true,
      position: recorded?.position,
      event: { version: 1 },
    });
    expect(await log.readStream(stream_id)).toHaveLength(3);
  });

  test("is not taken for that of a request for something else", async () => {
    const stream_id = newStream();
    await sell(stream_id, 7);
    expect(await sell(stream_id, 8)).toEqual({ ok: false, reason: "key_reused" });
    expect(await log.readStream(stream_id)).toHaveLength(1);
  });

  test("is made each time if nothing identifies the request", async () => {
    const stream_id = newStream();
    for (const _ of [1, 2]) {
      const sold = await handleOnce(log, {
        stream_id,
        decider: seats,
        command: { row: 7, ticket: 1 },
        meta,
        asked: {},
      });
      expect(sold).toMatchObject({ ok: true, replayed: false });
    }
    expect(await log.readStream(stream_id)).toHaveLength(2);
  });

  test("is a different one if another actor asks for it", async () => {
    const stream_id = newStream();
    await sell(stream_id, 7);
    const of_another = { ...meta, actor: "another", causation_id: "request-1" };
    const sold = await handleOnce(log, {
      stream_id,
      decider: seats,
      command: { row: 7, ticket: 0 },
      meta: of_another,
    });
    expect(sold).toMatchObject({ ok: true, replayed: false });
  });

  test("is not compared if the key identifies it completely", async () => {
    const stream_id = newStream();
    await sell(stream_id, 7);
    const again = {
      stream_id,
      decider: seats,
      command: { row: 8, ticket: 0 },
      meta: { ...meta, causation_id: "request-1" },
    };
    expect(await handleOnce(log, again)).toMatchObject({ ok: true, replayed: true, event: { version: 1 } });
  });

  test("is made once by requests at the same time, in several processes", async () => {
    const stream_id = newStream();
    const other = openLog({ url: database.url });
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, n) => sell(stream_id, 7, { to: n % 2 ? log : other })),
    );
    await other.close();
    expect(outcomes.every(({ ok }) => ok)).toBe(true);
    expect(outcomes.filter((outcome) => outcome.ok && !outcome.replayed)).toHaveLength(1);
    expect(await log.readStream(stream_id)).toHaveLength(1);
  });
});
