/** What the tests of leases, leaders and sweeps share. */
import { afterAll, beforeAll } from "bun:test";
import { connect, type Sql } from "../../src/db/mod.ts";
import { type TestDatabase, testDatabase } from "../support/postgres.ts";

/** A database for all tests of a file, with a pool. Its getters are for tests, not for the file's top level. */
export function fileDatabase(): { readonly url: string; readonly sql: Sql } {
  let database: TestDatabase;
  let sql: Sql;
  beforeAll(async () => {
    database = await testDatabase();
    sql = connect(database.url);
  }, 30_000);
  afterAll(async () => {
    await sql.end();
    await database.drop();
  });
  return {
    get url() {
      return database.url;
    },
    get sql() {
      return sql;
    },
  };
}

/** Resolves when the signal fires. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener("abort", () => resolve())));
}
