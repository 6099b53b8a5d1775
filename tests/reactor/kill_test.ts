// Slow: each kill is followed by the end of a lease, of 4 s, unless another process stands by.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import type { Subprocess } from "bun";
import { type House, openHouse, until } from "../projector/support.ts";
import { ask, effects } from "./support.ts";

const QUESTIONS = 300;

let house: House;
const processes: Subprocess[] = [];
beforeAll(async () => {
  house = await openHouse({ read_models: true });
});
afterAll(async () => {
  for (const each of processes) each.kill("SIGKILL");
  await house[Symbol.asyncDispose]();
});

function spawn(instance: string): Subprocess {
  const script = join(import.meta.dir, "reactor_process.ts");
  const started = Bun.spawn([process.execPath, script, house.url, instance], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  processes.push(started);
  return started;
}

test("killed at any point, again and again, a reactor loses nothing and does nothing twice", async () => {
  const questions = (from: number) =>
    Array.from({ length: QUESTIONS / 6 }, (_, n) => ({ jobs: 1, count: `${(from + n) % 5}` }));
  let position = 0;
  for (let round = 0; round < 6; round++) {
    const done = (await effects(house.log)).answers.size;
    const running = [spawn(`${round}-a`), spawn(`${round}-b`)];
    ({ position } = await ask(house.log, ...questions(round * 50)));
    // Somewhere in the work: perhaps between an action and the position, as each has one of its own.
    await until(async () => (await effects(house.log)).answers.size > done + 7 * round);
    for (const one of running) one.kill("SIGKILL");
    // So that the next need not wait for the leases of the dead.
    if (round % 2 === 0) await house.sql`delete from levqor_ops.leases`;
  }
  spawn("last");
  await until(async () => {
    const [row] = await house.sql`select position from levqor_ops.reactions`;
    return row?.position >= position;
  });
  const { counted, answers } = await effects(house.log);
  expect([...counted.values()].reduce((a, b) => a + b)).toBe(QUESTIONS);
  expect(answers.size).toBe(QUESTIONS);
  expect([...answers.values()].every((times) => times === 1)).toBe(true);
}, 120_000);
