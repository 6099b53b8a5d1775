import { describe, expect, test } from "bun:test";
import { BodyTurns, WAITING_LIMIT_BYTES } from "../../../src/http/request/body_turns.ts";

const SMALL = 1;
const LARGE = 100_000;

/** Whose slices hold one body each, however fast it is parsed. */
function turnsOfOne(): BodyTurns {
  return new BodyTurns({ slice_ms: 0 });
}

describe.each([
  ["small", SMALL],
  ["large", LARGE],
])("bodies that are %s", (_, length) => {
  test("are parsed by caller in turn, whatever one of them sends", async () => {
    const turns = turnsOfOne();
    const done: string[] = [];
    const read = (caller: string) => turns.parse(caller, { length, parse: () => void done.push(caller) });
    await Promise.all([read("a"), read("a"), read("a"), read("b"), read("c"), read("b")]);
    expect(done).toEqual(["a", "a", "b", "c", "a", "b"]);
  });

  test("let the event loop turn between slices", async () => {
    const bodies = turnsOfOne();
    const turns: number[] = [];
    let turn = 0;
    let counting = true;
    const count = () => {
      turn++;
      if (counting) setImmediate(count);
    };
    setImmediate(count);
    const parse = () => turns.push(turn);
    await Promise.all(["a", "b", "b", "c"].map((caller) => bodies.parse(caller, { length, parse })));
    counting = false;
    expect(new Set(turns).size).toBe(turns.length);
  });

  test("are parsed at once if a slice has room", async () => {
    const turns = new BodyTurns({ slice_ms: 60_000 });
    let parsed = 0;
    const parse = () => parsed++;
    const reads = ["a", "a", "b"].map((caller) => turns.parse(caller, { length, parse }));
    expect(parsed).toBe(3);
    await Promise.all(reads);
  });
});

test("small ones never wait for large ones", async () => {
  const turns = turnsOfOne();
  const done: string[] = [];
  const large = ["1", "2"].map((name) => turns.parse("a", { length: LARGE, parse: () => void done.push(name) }));
  const small = turns.parse("a", { length: SMALL, parse: () => void done.push("small") });
  await Promise.all([...large, small]);
  expect(done).toEqual(["1", "small", "2"]);
});

test("waiting ones are limited, per caller and in total, and parsed ones make room", async () => {
  const turns = turnsOfOne();
  const read = (caller: string, length = LARGE) => turns.parse(caller, { length, parse: () => undefined });
  const first = read("first");
  const callers = WAITING_LIMIT_BYTES.all / WAITING_LIMIT_BYTES.caller;
  const waiting = Array.from({ length: callers }, (_, n) => read(`${n}`, WAITING_LIMIT_BYTES.caller));
  const outcomes = await Promise.allSettled([first, ...waiting, read("0"), read("other")]);
  const refused = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? outcome.reason : []));
  expect(refused).toMatchObject([
    { code: "unavailable", detail: expect.stringContaining("of yours") },
    { code: "unavailable", detail: expect.stringContaining("of all callers") },
  ]);
  await Promise.all([read("0", WAITING_LIMIT_BYTES.caller), read("other")]);
});

test.each([SMALL, LARGE])("invalid JSON fails alone", async (length) => {
  const turns = turnsOfOne();
  const parse = () => JSON.parse("{");
  const first = turns.parse("a", { length, parse });
  const second = turns.parse("a", { length, parse });
  const after = turns.parse("a", { length, parse: () => 1 });
  await expect(first).rejects.toThrow(SyntaxError);
  await expect(second).rejects.toThrow(SyntaxError);
  expect(await after).toBe(1);
});
