import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "../../src/db/mod.ts";
import { type TestDatabase, testDatabase } from "./postgres.ts";

let databases: TestDatabase[];
beforeAll(async () => {
  databases = await Promise.all([testDatabase(), testDatabase()]);
});
afterAll(async () => {
  await Promise.all(databases.map((database) => database.drop()));
});

test("every test database is migrated and separate from the others", async () => {
  for (const { url } of databases) {
    const sql = connect(url, { max: 1 });
    expect(Array.from(await sql`select current_user::text as role, count(*) as count from levqor_log.events`)).toEqual([
      { role: "levqor", count: 0 },
    ]);
    await sql`create table levqor_read.mine (n int)`;
    await sql.end();
  }
});

test("the Postgres and the folder of a killed test process are removed with it", async () => {
  const script = `
    const { testDatabase } = await import(${JSON.stringify(join(import.meta.dir, "postgres.ts"))});
    const { connect } = await import(${JSON.stringify(join(import.meta.dir, "../../src/db/mod.ts"))});
    const { admin_url } = await testDatabase();
    const sql = connect(admin_url, { max: 1 });
    const [row] = await sql\`select current_setting('data_directory') as dir\`;
    console.log(row.dir);
    setInterval(() => {}, 1000);`;
  const child = Bun.spawn([process.execPath, "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
    // A separate run, even if this one has workers.
    env: { ...process.env, BUN_TEST_WORKER_ID: undefined },
  });
  const { value } = await child.stdout.getReader().read();
  const data = new TextDecoder().decode(value).trim();
  expect(existsSync(data)).toBe(true);
  child.kill("SIGKILL");
  await child.exited;
  for (const end = performance.now() + 20_000; existsSync(data) && performance.now() < end; await Bun.sleep(20));
  expect(existsSync(data)).toBe(false);
}, 60_000);

test("a test that takes too long leaves the database to those that follow", async () => {
  const dir = mkdtempSync(join(tmpdir(), "levqor-late-"));
  const support = JSON.stringify(join(import.meta.dir, "postgres.ts"));
  const db = JSON.stringify(join(import.meta.dir, "../../src/db/mod.ts"));
  await Bun.write(
    join(dir, "late_test.ts"),
    `
    import { expect, test } from "bun:test";
    import { testDatabase } from ${support};
    import { connect } from ${db};
    test("late", async () => {
      await testDatabase();
      await new Promise(() => {});
    }, 5_000);
    test("next", async () => {
      const sql = connect((await testDatabase()).url, { max: 1 });
      expect([...(await sql\`select 2 as n\`)]).toEqual([{ n: 2 }]);
    });`,
  );
  const run = Bun.spawn([process.execPath, "test"], { cwd: dir, stdout: "ignore", stderr: "pipe" });
  const said = await new Response(run.stderr).text();
  rmSync(dir, { recursive: true });
  expect(said).toContain("(fail) late");
  expect(said).toContain("(pass) next");
}, 60_000);
