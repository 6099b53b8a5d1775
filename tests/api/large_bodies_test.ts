import { expect, test } from "bun:test";
import { LargeBodies, WAITING_LIMIT_BYTES } from "../../src/api/large_bodies.ts";

/** Parses one large body of a caller's and says so. */
function reader(bodies: LargeBodies, done: string[]) {
  return (caller: string, length = 1) => bodies.parse(caller, { length, parse: () => void done.push(caller) });
}

test("callers take turns, whatever one of them sends", async () => {
  const done: string[] = [];
  const read = reader(new LargeBodies(), done);
  await Promise.all([read("a"), read("a"), read("a"), read("b"), read("c"), read("b")]);
  expect(done).toEqual(["a", "a", "b", "c", "a", "b"]);
});

test("one is parsed at a time, and between two the event loop turns", async () => {
  const bodies = new LargeBodies();
  const turns: number[] = [];
  let turn = 0;
  let counting = true;
  const count = () => {
    turn++;
    if (counting) setImmediate(count);
  };
  setImmediate(count);
  const parse = () => turns.push(turn);
  await Promise.all(["a", "b", "b", "c"].map((caller) => bodies.parse(caller, { length: 1, parse })));
  counting = false;
  expect(new Set(turns).size).toBe(turns.length);
});

test("what may wait is bounded, of one caller and of all, and what was parsed makes room", async () => {
  const bodies = new LargeBodies();
  const read = reader(bodies, []);
  const callers = WAITING_LIMIT_BYTES.all / WAITING_LIMIT_BYTES.caller;
  const waiting = Array.from({ length: callers }, (_, n) => read(`${n}`, WAITING_LIMIT_BYTES.caller));
  const outcomes = await Promise.allSettled([...waiting, read("0"), read("other")]);
  const refused = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? outcome.reason : []));
  expect(refused).toMatchObject([
    { code: "unavailable", detail: expect.stringContaining("of yours") },
    { code: "unavailable", detail: expect.stringContaining("of all callers") },
  ]);
  await Promise.all([read("0", WAITING_LIMIT_BYTES.caller), read("other")]);
});

test("what is no JSON fails alone", async () => {
  const bodies = new LargeBodies();
  const fails = bodies.parse("a", { length: 1, parse: () => JSON.parse("{") });
  const after = bodies.parse("a", { length: 1, parse: () => 1 });
  await expect(fails).rejects.toThrow(SyntaxError);
  expect(await after).toBe(1);
});
