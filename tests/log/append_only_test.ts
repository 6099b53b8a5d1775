import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connect, type Sql } from "../../src/db/mod.ts";
import { mayChangeLog, openLog } from "../../src/log/mod.ts";
import { appendOf } from "../support/events.ts";
import { type TestDatabase, testDatabase } from "../support/postgres.ts";

let database: TestDatabase;
let service: Sql;
let admin: Sql;
beforeAll(async () => {
  database = await testDatabase();
  service = connect(database.url, { max: 1 });
  admin = connect(database.admin_url, { max: 1 });
  const log = openLog({ url: database.url });
  await log.append(appendOf("test-1", 0, 3));
  await log.close();
});
afterAll(async () => {
  await service.end();
  await admin.end();
  await database.drop();
});

const attempts = [
  "update levqor_log.events set data = '{}'",
  "update levqor_log.events_000000 set data = '{}'",
  "delete from levqor_log.events where position = 3",
  "delete from levqor_log.events_000000",
  "truncate levqor_log.events",
  "truncate levqor_log.events_000000",
];

describe("as the service's own role, the log rejects", () => {
  test.each([
    ...attempts,
    "insert into levqor_log.events values (99, 'test-9', 1, 'test.x', 1, '{}', '{}', now())",
    "insert into levqor_log.events_000000 values (99, 'test-9', 1, 'test.x', 1, '{}', '{}', now())",
    "update levqor_log.writers set batch = 0",
    "delete from levqor_log.writers",
    "select * from levqor_log.writers",
    "alter table levqor_log.events disable trigger all",
    "alter table levqor_log.events detach partition levqor_log.events_000000",
    "drop trigger append_only on levqor_log.events",
    "drop table levqor_log.events",
    "create or replace function levqor_log.refuse_change() returns trigger language plpgsql as 'begin return null; end'",
    "create table levqor_log.mine (x int)",
    "set session_replication_role = replica",
    "set role levqor_admin",
  ])("%s", async (statement) => {
    expect(service.unsafe(statement)).rejects.toMatchObject({ code: "42501" });
  });
});

describe("as the owner, triggers reject", () => {
  test.each(attempts)("%s", async (statement) => {
    expect(admin.unsafe(statement)).rejects.toThrow("The log is append-only");
  });
});

describe("it is known whether a role could change the log", () => {
  const say = async (sql: Sql) => expect(await mayChangeLog(sql));
  test("the service's own role, which could not", async () => (await say(service)).toBe(false));
  test("the owner, who could drop the triggers", async () => (await say(admin)).toBe(true));
  test.each([
    ["who was granted a right to one partition", "delete on levqor_log.events_000000"],
    ["who may become the owner", "levqor_admin"],
  ])("one %s", async (_, right) => {
    const own = connect(database.admin_url, { max: 1 });
    const name = `test_${crypto.randomUUID().replaceAll("-", "")}`;
    await own.unsafe(`create role ${name} login password 'x'`);
    await own.unsafe(`grant usage on schema levqor_log to ${name}`);
    const url = new URL(database.url);
    url.username = name;
    url.password = "x";
    const role = connect(url.href, { max: 1 });
    (await say(role)).toBe(false);
    await own.unsafe(`grant ${right} to ${name}`);
    (await say(role)).toBe(true);
    await role.end();
    await own.unsafe(`drop owned by ${name}`);
    await own.unsafe(`drop role ${name}`);
    await own.end();
  });
});

test("after all attempts the log is unchanged", async () => {
  const rows = await service`select position, stream_id, version from levqor_log.events order by position`;
  expect([...rows]).toEqual([1, 2, 3].map((n) => ({ position: n, stream_id: "test-1", version: n })));
});
