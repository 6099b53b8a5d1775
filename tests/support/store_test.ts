import { expect, test } from "bun:test";
import { appendOf } from "./events.ts";
import { openStore, type Store } from "./store.ts";

const databaseOf = async ({ sql }: Store) => {
  const [row] = await sql<{ name: string }[]>`select current_database()::text as name`;
  return row?.name;
};

const countOf = async ({ sql }: Store, table: string) => {
  const [row] = await sql.unsafe<{ count: number }[]>(`select count(*)::int as count from ${table}`);
  return row?.count;
};

/** Leaves something in a table of each kind, closes the store and opens the next. */
async function next(store: Store): Promise<Store> {
  expect(await store.log.append(appendOf("test-left", 0))).toMatchObject({ ok: true, position: 1 });
  await store.sql`update levqor_ops.projections set position = 1`;
  await store.sql`insert into levqor_ops.leases values ('left', 'nobody', now() + interval '1 hour')`;
  await store.close();
  return await openStore();
}

test("the next store has the same database, as it was at first", async () => {
  const first = await openStore();
  const database = await databaseOf(first);
  const salt = await first.sql`select salt from levqor_ops.rate_salt`;
  const second = await next(first);
  expect(await databaseOf(second)).toBe(database);
  expect([await second.log.head(), await second.log.readStream("test-left")]).toEqual([0, []]);
  expect(await countOf(second, "levqor_ops.leases")).toBe(0);
  const positions = await second.sql<{ position: number }[]>`select position from levqor_ops.projections`;
  expect(positions.length).toBeGreaterThan(0);
  expect(positions.every(({ position }) => position === 0)).toBe(true);
  expect(await second.sql`select salt from levqor_ops.rate_salt`).toEqual(salt);
  expect(await second.log.append(appendOf("test-left", 0))).toMatchObject({ ok: true, position: 1 });
  await second.close();
});

test("a log that is closed accepts nothing more from its user", async () => {
  const store = await openStore();
  await store.close();
  await expect(store.log.append(appendOf("test-late", 0))).rejects.toThrow("Cannot append: the log is closed");
  // Closed twice, it is still one.
  await store.close();
  const [one, other] = [await openStore(), await openStore()];
  expect(await databaseOf(one)).not.toBe(await databaseOf(other));
  expect([await one.log.head(), await other.log.head()]).toEqual([0, 0]);
  for (const each of [one, other]) await each.close();
});

test("two at once have a database each", async () => {
  const [one, other] = [await openStore(), await openStore()];
  expect(await databaseOf(one)).not.toBe(await databaseOf(other));
  for (const each of [one, other]) await each.close();
});

test.each<[string, (store: Store) => unknown]>([
  ["whose address somebody knows", (store) => store.url()],
  ["whose owner's address somebody knows", (store) => store.admin_url()],
  ["with another table", (store) => store.sql`create table levqor_read.more (n int)`],
  ["without one of its views", (store) => store.sql`drop view levqor_read.keys`],
])("a database %s is not used again", async (_, change) => {
  const store = await openStore();
  const database = await databaseOf(store);
  await change(store);
  const after = await next(store);
  expect(await databaseOf(after)).not.toBe(database);
  await after.close();
});

test("neither is one with many events", async () => {
  const store = await openStore();
  const database = await databaseOf(store);
  await store.log.append(appendOf("test-many", 0, 2_000));
  await store.log.append(appendOf("test-more", 0));
  await store.close();
  const after = await openStore();
  expect(await databaseOf(after)).not.toBe(database);
  await after.close();
});

test("a database whose pool somebody ended is not used again", async () => {
  const store = await openStore();
  const database = await databaseOf(store);
  await store.sql.end();
  await store.close();
  const next = await openStore();
  expect(await databaseOf(next)).not.toBe(database);
  await next.close();
});
