import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { connect, type Migration, MigrationError, migrate, type Sql } from "../../src/db/mod.ts";
import { migrations } from "../../src/migrations.ts";
import { type TestDatabase, testDatabase } from "../support/postgres.ts";

let database: TestDatabase;
let admin: Sql;
beforeAll(async () => {
  database = await testDatabase();
  admin = connect(database.admin_url);
}, 30_000);
afterAll(async () => {
  await admin.end();
  await database.drop();
});
beforeEach(async () => {
  await admin`drop schema if exists rooms cascade`;
  await admin`truncate levqor_ops.migrations`;
});

const role = "levqor";
const first: Migration = { name: "rooms/1", sql: () => "create schema rooms; create table rooms.a (n int)" };
const second: Migration = {
  name: "rooms/2",
  sql: (to) => `grant usage on schema rooms to ${to}; create table rooms.b ()`,
};

describe("migrate", () => {
  test("runs each migration once, in order", async () => {
    expect(await migrate(admin, { role, migrations: [first] })).toEqual(["rooms/1"]);
    expect(await migrate(admin, { role, migrations: [first, second] })).toEqual(["rooms/2"]);
    expect(await migrate(admin, { role, migrations: [first, second] })).toEqual([]);
  });

  test("runs them once when several processes start together", async () => {
    const pools = Array.from({ length: 4 }, () => connect(database.admin_url, { max: 1 }));
    const ran = await Promise.all(pools.map((pool) => migrate(pool, { role, migrations: [first, second] })));
    await Promise.all(pools.map((pool) => pool.end()));
    expect(ran.flat()).toEqual(["rooms/1", "rooms/2"]);
  });

  test("leaves nothing behind when one of them fails", async () => {
    const broken: Migration = { name: "rooms/2", sql: () => "create table rooms.b (n nonsense)" };
    await expect(migrate(admin, { role, migrations: [first, broken] })).rejects.toThrow(
      'Cannot run the migration rooms/2: type "nonsense" does not exist',
    );
    expect(await migrate(admin, { role, migrations: [first] })).toEqual(["rooms/1"]);
  });

  test("rejects a database that a newer build has changed, and lists the unknown migrations", async () => {
    await migrate(admin, { role, migrations: [first, second] });
    const older = migrate(admin, { role, migrations: [first] });
    await expect(older).rejects.toThrow(MigrationError);
    await expect(older).rejects.toThrow("a newer Levqor has changed it (rooms/2)");
  });

  test("needs no permission to create if there is nothing to do", async () => {
    await migrate(admin, { role, migrations: [first] });
    const service = connect(database.url, { max: 1 });
    expect(await migrate(service, { role, migrations: [first] })).toEqual([]);
    await service.end();
  });

  test("quotes the role", async () => {
    const asks: Migration = { name: "asks", sql: (to) => `create schema rooms; comment on schema rooms is '${to}'` };
    await migrate(admin, { role: 'odd"role', migrations: [asks] });
    const [row] = await admin`select obj_description('rooms'::regnamespace, 'pg_namespace') as quoted`;
    expect(row?.quoted).toBe('"odd""role"');
  });
});

test("the names of this build's migrations are unique", () => {
  const names = migrations.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

test("the service's role can neither change the record of migrations nor create schemas", async () => {
  const sql = connect(database.url, { max: 1 });
  await expect((async () => await sql`delete from levqor_ops.migrations`)()).rejects.toThrow("permission denied");
  await expect((async () => await sql`create schema mine`)()).rejects.toThrow("permission denied");
  await sql.end();
});
