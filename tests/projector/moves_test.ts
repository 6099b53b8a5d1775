/** Checkpoints of read models that a batch did not change: they move together, each only from where it was read. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { CheckpointMoves } from "../../src/projector/moves.ts";
import { type House, openHouse } from "./support.ts";

let house: House;
let moves: CheckpointMoves;
beforeEach(async () => {
  house = await openHouse();
  moves = new CheckpointMoves(house.sql);
  await house.sql`delete from levqor_ops.projections`;
  await house.sql`
    insert into levqor_ops.projections (name, version, live, position, generation)
    values ('one', 1, true, 5, 0), ('two', 1, true, 5, 3), ('two', 2, false, 2, 0)`;
});
afterEach(() => house[Symbol.asyncDispose]());

const at = (name: string, position: number, { version = 1, generation = 0 } = {}) =>
  ({ name, version, live: true, position, generation }) as const;

/** Where each is, and how many statements put them there: `now()` is the time of a statement's transaction. */
async function checkpoints() {
  const rows = await house.sql<{ key: string; position: number; updated_at: string }[]>`
    select name || '_v' || version as key, position, updated_at::text from levqor_ops.projections order by 1`;
  return {
    positions: Object.fromEntries(rows.map(({ key, position }) => [key, position])),
    times: (...keys: string[]) =>
      new Set(rows.filter(({ key }) => keys.includes(key)).map(({ updated_at }) => updated_at)).size,
  };
}

test("those that ask in one turn move in one statement, each version by itself", async () => {
  const asked = [
    moves.move(at("one", 5), 9),
    moves.move(at("two", 5, { generation: 3 }), 8),
    moves.move(at("two", 2, { version: 2 }), 7),
  ];
  expect(await Promise.all(asked)).toEqual([true, true, true]);
  const { positions, times } = await checkpoints();
  expect(positions).toEqual({ one_v1: 9, two_v1: 8, two_v2: 7 });
  expect(times("one_v1", "two_v1", "two_v2")).toBe(1);
});

test("those that ask while others move are next", async () => {
  const first = moves.move(at("one", 5), 6);
  const second = first.then(() => moves.move(at("one", 6), 7));
  const other = Bun.sleep(1).then(() => moves.move(at("two", 5, { generation: 3 }), 6));
  expect(await Promise.all([first, second, other])).toEqual([true, true, true]);
  expect((await checkpoints()).positions).toMatchObject({ one_v1: 7, two_v1: 6 });
});

test.each([
  ["another process has moved", at("one", 4)],
  ["was rebuilt", at("two", 5, { generation: 2 })],
  ["is not there", at("three", 5)],
])("one that %s stays, and the others move", async (_, stale) => {
  expect(await Promise.all([moves.move(stale, 9), moves.move(at("two", 2, { version: 2 }), 9)])).toEqual([false, true]);
  expect((await checkpoints()).positions).toEqual({ one_v1: 5, two_v1: 5, two_v2: 9 });
});

test("one that an event has stopped stays", async () => {
  await house.sql`update levqor_ops.projections set poison_position = 6, poison_message = 'No' where name = 'one'`;
  expect(await moves.move(at("one", 5), 9)).toBe(false);
});

test("one that a rebuild has locked stays, and the others do not wait for it", async () => {
  const { promise: locked, resolve: release } = Promise.withResolvers<void>();
  const holding = Promise.withResolvers<void>();
  const rebuild = house.sql.begin(async (sql) => {
    await sql`select 1 from levqor_ops.projections where name = 'one' for update`;
    holding.resolve();
    await locked;
  });
  await holding.promise;
  const asked = [moves.move(at("one", 5), 9), moves.move(at("two", 5, { generation: 3 }), 9)];
  expect(await Promise.all(asked)).toEqual([false, true]);
  release();
  await rebuild;
  expect(await moves.move(at("one", 5), 9)).toBe(true);
});

test("without the database all of them are told, and it works again afterwards", async () => {
  let up = false;
  const sql = new Proxy(house.sql, {
    get: (target, name) =>
      name === "unsafe" && !up ? () => Promise.reject(new Error("It is away")) : Reflect.get(target, name),
  });
  moves = new CheckpointMoves(sql);
  const asked = [moves.move(at("one", 5), 9), moves.move(at("two", 5, { generation: 3 }), 9)];
  expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  up = true;
  expect(await moves.move(at("one", 5), 9)).toBe(true);
});
