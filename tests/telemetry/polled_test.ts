import { expect, test } from "bun:test";
import { polled } from "../../src/telemetry/polled.ts";
import { eventually } from "../support/service.ts";

test("however often and however many ask, queries are rare", async () => {
  let asked = 0;
  const look = polled(async () => ++asked, { fresh_ms: 60_000 });
  const looks = await Promise.all(Array.from({ length: 100 }, look));
  for (let i = 0; i < 100; i++) looks.push(await look());
  expect(new Set(looks)).toEqual(new Set([1]));
  expect(asked).toBe(1);
});

test("a stale figure is queried again", async () => {
  let asked = 0;
  const look = polled(async () => ++asked, { fresh_ms: 1 });
  expect(await look()).toBe(1);
  // How soon depends on how long the first query took.
  await eventually(async () => (await look()) === 2);
});

test("slow figures are queried more rarely", async () => {
  let asked = 0;
  const ask = async () => {
    await Bun.sleep(100);
    return ++asked;
  };
  const look = polled(ask, { fresh_ms: 0 });
  expect(await look()).toBe(1);
  // A fiftieth of the time: not within the next 5 s, however slow this machine is.
  await Bun.sleep(200);
  expect(await look()).toBe(1);
});

test("a reader waits a while for a new figure, and then gets the last one", async () => {
  const answers = [Promise.resolve(1), new Promise<number>(() => {})];
  let asked = 0;
  const look = polled(() => answers[asked++] as Promise<number>, { fresh_ms: 0, patience_ms: 10 });
  expect(await look()).toBe(1);
  await eventually(async () => {
    expect(await look()).toBe(1);
    return asked === 2;
  });
  expect(await look()).toBe(1);
  expect(asked).toBe(2);
});

test("a figure that fails is none, and one that is too old is dropped", async () => {
  const failing = polled(() => Promise.reject(new Error("the database is away")));
  expect(await failing()).toBeUndefined();

  let fails = false;
  const ask = async () => {
    if (fails) throw new Error("the database is away");
    return 7;
  };
  const look = polled(ask, { fresh_ms: 0, stale_ms: 300 });
  expect(await look()).toBe(7);
  fails = true;
  await Bun.sleep(400);
  expect(await look()).toBeUndefined();
});
